import { assertEquals } from "@std/assert";
import { tipOf } from "./node_fixture.ts";
import { openTable } from "./nodes_fixture.ts";

Deno.test("a preferred node gives the work while it is well and at the tip; the tip is not moved for it", async () => {
  await using table = openTable();
  const { a, b, nodes, clock, told, read } = table;
  read();
  a.tell(tipOf("one", 1));
  await clock.advance(1);
  b.tell(tipOf("other", 1));
  await clock.advance(1);
  nodes.prefer(b.name, 60_000);
  assertEquals(nodes.best(), a); // b is on the other side of a fork
  b.tell(tipOf("one", 1));
  await clock.advance(1);
  assertEquals(nodes.best(), b);
  b.away();
  assertEquals(nodes.best(), a);
  b.back();
  assertEquals(nodes.best(), b);
  assertEquals(nodes.preference?.node, b.name);
  a.tell(tipOf("two", 2));
  await clock.advance(1);
  b.tell(tipOf("two", 2));
  await clock.advance(1);
  assertEquals(nodes.best(), b);
  await clock.advance(60_000);
  assertEquals([nodes.best(), nodes.preference], [a, null]);
  assertEquals(told, ["one from a", "two from a"]);
});

Deno.test("standings() says of each node what it told, and which gives work", async () => {
  await using table = openTable();
  const { a, b, nodes, clock, read } = table;
  const shown = () =>
    nodes.standings().map(({ name, ok, tip, told, isAtTip, givesWork, record }) => [
      ...[name, ok, tip?.height ?? null, told?.atMs ?? null, isAtTip, givesWork, record],
    ]);
  assertEquals(shown(), [
    ["a:8332", true, null, null, false, false, null],
    ["b:8332", true, null, null, false, false, null],
  ]);
  assertEquals(nodes.chosen, null);
  read();
  await clock.advance(1);
  const two = tipOf("two", 2);
  b.tell(two);
  await clock.advance(3);
  const firstMs = clock.now() - 3;
  a.tell(tipOf("one", 1));
  await clock.advance(1);
  assertEquals(shown().map((one) => [one[2], one[4], one[5]]), [[1, false, false], [
    2,
    true,
    true,
  ]]);
  a.tell(two);
  await clock.advance(1);
  assertEquals(shown().map((one) => [one[2], one[4], one[5]]), [[2, true, true], [2, true, false]]);
  assertEquals(nodes.chosen, two);
  assertEquals(nodes.tellings(two.hash).map(({ node }) => node), ["b:8332", "a:8332"]);
  assertEquals(nodes.tellings(two.hash)[0]!.atMs, firstMs);
});
