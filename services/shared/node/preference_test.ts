import { assertEquals, assertThrows } from "@std/assert";
import { FakeClock } from "@gopool/testing";
import { Preference } from "./preference.ts";

const NODES = ["a:1", "b:1", "c:1"].map((name) => ({ name }));

function preference() {
  const clock = new FakeClock();
  const made = new Preference(NODES.map(({ name }) => name), clock);
  return { clock, made, order: () => made.inOrder(NODES).map(({ name }) => name).join(" ") };
}

Deno.test("without a preference the settings' order holds, and with one the others keep theirs", () => {
  const { made, order } = preference();
  assertEquals([order(), made.current()], ["a:1 b:1 c:1", null]);
  made.set("c:1", 1_000);
  assertEquals(order(), "c:1 a:1 b:1");
  made.set("b:1", 1_000);
  assertEquals(order(), "b:1 a:1 c:1");
  made.set(null, 0);
  assertEquals([order(), made.current()], ["a:1 b:1 c:1", null]);
});

Deno.test("a preference ends by the clock of spans, and says when by the wall's", async () => {
  const { clock, made, order } = preference();
  const fromMs = clock.now();
  made.set("b:1", 60_000);
  assertEquals(made.current(), { node: "b:1", expiresAtMs: fromMs + 60_000 });
  await clock.advance(59_999);
  assertEquals(order(), "b:1 a:1 c:1");
  await clock.advance(1);
  assertEquals([order(), made.current()], ["a:1 b:1 c:1", null]);
});

Deno.test("a name that no node has is refused with the names there are, and changes nothing", () => {
  const { made, order } = preference();
  made.set("b:1", 1_000);
  const sentence = 'No node is named "d:1": there are a:1, b:1, c:1';
  assertThrows(() => made.set("d:1", 1_000), RangeError, sentence);
  assertEquals(order(), "b:1 a:1 c:1");
});
