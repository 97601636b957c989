import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { FakeClock, settle } from "@gopool/testing";
import { joinNodes, openNodes } from "./nodes.ts";
import { openTable, shown } from "./nodes_fixture.ts";
import { ScriptedNode, tipOf } from "./node_fixture.ts";

Deno.test("network() asks until a node answers, and says what it waits for, once", async () => {
  await using table = openTable();
  const { a, b, nodes, clock, troubles } = table;
  a.away("a is starting");
  b.away("b is away");
  const asked = nodes.network();
  await clock.advance(60_000);
  assertEquals(troubles, ["No node answers yet, waiting: a is starting; b is away"]);
  a.away("a is syncing");
  await clock.advance(5_000);
  assertEquals(troubles.length, 2);
  b.network = "signet";
  b.back();
  await clock.advance(1_000);
  assertEquals(await asked, "signet");
});

Deno.test("network() ends with the reason of an aborted signal", async () => {
  await using table = openTable();
  table.a.away();
  table.b.away();
  const stop = new AbortController();
  const asked = table.nodes.network(stop.signal);
  await table.clock.advance(1_500);
  stop.abort(new Error("enough"));
  await assertRejects(() => asked, Error, "enough");
});

Deno.test("nothing is asked of any node before the first watch", async () => {
  await using table = openTable();
  await table.clock.advance(60_000);
  assertEquals([table.a.chainCalls, table.b.chainCalls], [0, 0]);
  assertEquals(table.nodes.best(), null);
});

Deno.test("the first to notice a block wins, and the preferred node is asked once it has it too", async () => {
  await using table = openTable();
  const { a, b, nodes, told } = table;
  table.read();
  a.tell(tipOf("one", 1));
  b.tell(tipOf("one", 1));
  await settle();
  assertEquals(told, ["one from a"]);
  b.tell(tipOf("two", 2));
  await settle();
  assertEquals(told, ["one from a", "two from b"]);
  assertEquals(nodes.best(), b);
  a.tell(tipOf("two", 2));
  await settle();
  assertEquals(told.length, 2);
  assertEquals(nodes.best(), a);
});

Deno.test("at equal height the first seen is kept, and work comes from the node that has it", async () => {
  await using table = openTable();
  const { a, b, nodes, told, clock } = table;
  table.read();
  b.tell(tipOf("theirs", 7));
  await settle();
  a.tell(tipOf("ours", 7));
  await clock.advance(120_000);
  assertEquals(told, ["theirs from b"]);
  assertEquals(nodes.best(), b);
});

Deno.test("the first healthy node at the tip is worked from; the next one when it falls ill", async () => {
  await using table = openTable();
  const { a, b, nodes, told, clock } = table;
  table.read();
  a.tell(tipOf("one", 1));
  b.tell(tipOf("one", 1));
  await settle();
  a.away();
  assertEquals(nodes.best(), b);
  b.away();
  assertEquals(nodes.best(), null);
  await clock.advance(300_000);
  a.back();
  assertEquals(nodes.best(), a);
  assertEquals(told, ["one from a"]);
  assertEquals(table.troubles, []);
});

Deno.test("a node that comes back with a shorter chain does not lower the tip for 30 s", async () => {
  await using table = openTable();
  const { a, b, told, clock, nodes, troubles } = table;
  table.read();
  a.tell(tipOf("nine", 9));
  b.tell(tipOf("nine", 9));
  await settle();
  a.away();
  a.tell(tipOf("three", 3));
  a.back();
  await clock.advance(600_000);
  assertEquals(told, ["nine from a"]);
  assertEquals(nodes.best(), b);

  b.away();
  await clock.advance(29_000);
  assertEquals(told.length, 1);
  assertEquals(nodes.best(), null);
  await clock.advance(3_000);
  assertEquals(told, ["nine from a", "three from a"]);
  assertEquals(troubles.length, 1);
  assertMatch(troubles[0]!, /at height 9 has been gone .* for 30 s: going back to .* at height 3$/);

  // The other one had kept it.
  b.back();
  await clock.advance(1_000);
  assertEquals(told.at(-1), "nine from b");
});

Deno.test("tips of a node that is not healthy are not taken until it is", async () => {
  await using table = openTable();
  const { a, b, told, clock } = table;
  table.read();
  a.tell(tipOf("one", 1));
  b.tell(tipOf("one", 1));
  await settle();
  b.away("b is syncing");
  b.tell(tipOf("fifty", 50));
  await clock.advance(10_000);
  assertEquals(told, ["one from a"]);
  b.back();
  await clock.advance(1_000);
  assertEquals(told, ["one from a", "fifty from b"]);
});

Deno.test("a node of another network is left out, loudly, and taken in once it is put right", async () => {
  await using table = openTable();
  const { a, b, nodes, told, clock, troubles } = table;
  b.network = "main";
  table.read();
  a.tell(tipOf("one", 1));
  b.tell(tipOf("high", 900_000));
  await clock.advance(60_000);
  assertEquals(told, ["one from a"]);
  assertEquals(troubles, ["b:8332 is on main, but the pool mines on regtest"]);
  assertEquals(nodes.health().map(({ name, ok }) => [name, ok]), [["a:8332", true], [
    "b:8332",
    false,
  ]]);
  b.network = "regtest";
  b.tell(tipOf("two", 2));
  await clock.advance(11_000);
  assertEquals(told, ["one from a", "two from b"]);
  assertEquals(nodes.health()[1]!.ok, true);
});

Deno.test("several readers are told everything; a late one begins with the tip as it is", async () => {
  await using table = openTable();
  const { a, nodes, told } = table;
  table.read();
  a.tell(tipOf("one", 1));
  await settle();
  const stop = new AbortController();
  const late = nodes.watch(stop.signal)[Symbol.asyncIterator]();
  assertEquals(shown((await late.next()).value!), "one from a");
  a.tell(tipOf("two", 2));
  assertEquals(shown((await late.next()).value!), "two from a");
  await settle();
  assertEquals(told, ["one from a", "two from a"]);
  stop.abort();
  assertEquals((await late.next()).done, true);
});

Deno.test("a slow reader gets the newest tip, not a queue of old ones", async () => {
  await using table = openTable();
  const { a, nodes } = table;
  const stop = new AbortController();
  const slow = nodes.watch(stop.signal)[Symbol.asyncIterator]();
  const first = slow.next();
  a.tell(tipOf("one", 1));
  assertEquals(shown((await first).value!), "one from a");
  for (let height = 2; height <= 5; height++) {
    a.tell(tipOf(`tip ${height}`, height));
    await settle();
  }
  assertEquals(shown((await slow.next()).value!), "tip 5 from a");
  stop.abort();
  await slow.next();
});

Deno.test("a fault in a node's watch ends the readers with it, not in silence", async () => {
  const clock = new FakeClock();
  const a = new ScriptedNode("a:8332");
  const watch = a.watch.bind(a);
  a.watch = async function* () {
    yield tipOf("one", 1);
    throw new TypeError("a fault of ours");
  };
  await using nodes = joinNodes([a], { clock });
  const stop = new AbortController();
  await assertRejects(
    async () => {
      for await (const _ of nodes.watch(stop.signal));
    },
    TypeError,
    "a fault of ours",
  );

  // Whoever watches again, as a restarted service does, begins anew.
  a.watch = watch;
  a.tell(tipOf("two", 2));
  const again = nodes.watch(stop.signal)[Symbol.asyncIterator]();
  await settle();
  assertEquals(shown((await again.next()).value!), "one from a");
  assertEquals(shown((await again.next()).value!), "two from a");
  stop.abort();
  await again.next();
});

Deno.test("openNodes() refuses settings that cannot be used, without a secret in the sentence", () => {
  const deps = { clock: new FakeClock() };
  assertThrows(() => openNodes({ nodes: [] }, deps), RangeError, "No node is named");
  assertThrows(
    () => openNodes({ nodes: [{ url: new URL("tcp://u:hidden@host:1") }] }, deps),
    RangeError,
    "Cannot reach a node by tcp://: must be http:// or https://",
  );
  const error = assertThrows(
    () => openNodes({ nodes: [{ url: new URL("http://u:hid%den@host:1") }] }, deps),
    RangeError,
  );
  assertEquals(error.message.includes("den"), true); // "credentials"
  assertEquals(error.message.includes("hid"), false);
});
