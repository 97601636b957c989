import { assertEquals } from "@std/assert";
import { directRoad } from "./roads.ts";

Deno.test("within one process the second road is a call, and a refusal says why", async () => {
  const taken: string[] = [];
  const road = directRoad("shareproc", (what: string) => {
    if (what === "bad") throw new Error("it is not the header that its hash says");
    taken.push(what);
  });
  const { signal } = new AbortController();
  assertEquals(await road.give("good", signal), [{ to: "shareproc", trouble: null }]);
  assertEquals(await road.give("bad", signal), [
    { to: "shareproc", trouble: "it is not the header that its hash says" },
  ]);
  assertEquals(taken, ["good"]);
});
