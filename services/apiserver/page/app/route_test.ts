import { assertEquals } from "@std/assert";
import { isRoute } from "../routes.ts";
import { minerPath, routeOf } from "./route.ts";

const ADDRESS = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";

Deno.test("each path shows its page, with or without a slash at its end", () => {
  assertEquals(routeOf("/"), { page: "overview" });
  assertEquals(routeOf("/blocks"), { page: "blocks" });
  assertEquals(routeOf("/blocks/"), { page: "blocks" });
  assertEquals(routeOf("/blocks/00ff"), { page: "block", hash: "00ff" });
  assertEquals(routeOf("/payouts"), { page: "payouts" });
  assertEquals(routeOf("/connect"), { page: "connect" });
  assertEquals(routeOf(minerPath(ADDRESS)), { page: "miner", address: ADDRESS });
});

Deno.test("what is no page is said to be none", () => {
  for (const path of ["/x", "/miner", "/blocks/a/b", "/miner/a%2Fb", `/miner/${"x".repeat(101)}`]) {
    assertEquals(routeOf(path), { page: "nothing" }, path);
  }
});

Deno.test("server and browser know the same routes", () => {
  const paths = [
    ...["/", "/blocks", "/blocks/", "/blocks/00ff", "/miner", "/miner/", "/miner/bc1q"],
    ...["/miner/a/b", "/miner/a.b", "/payouts", "/connect", "/connect/x", "/api", "/Blocks"],
  ];
  for (const path of paths) assertEquals(isRoute(path), routeOf(path).page !== "nothing", path);
});
