import { assertEquals } from "@std/assert";
import { stateOptionsOf } from "./mod.ts";

Deno.test("settings left alone say nothing to the Redis", () => {
  assertEquals(stateOptionsOf({}), {});
});

Deno.test("certificates are read, the Sentinels' own name and password passed on", () => {
  const options = stateOptionsOf({
    stateCa: "/ca.pem",
    stateCert: "/cert.pem",
    stateKey: "/key.pem",
    stateSentinelUser: "pool",
    stateSentinelPassword: "word",
  }, (path) => `contents of ${path}`);
  assertEquals(options, {
    ca: "contents of /ca.pem",
    cert: "contents of /cert.pem",
    key: "contents of /key.pem",
    sentinelUsername: "pool",
    sentinelPassword: "word",
  });
});
