import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { blockSolved } from "@gopool/bus";
import { BlockOutcome } from "@gopool/proto";
import { waitFor } from "@gopool/testing";
import {
  firstFound,
  foundOn,
  openTestBus,
  openTo,
  solve,
  startNode,
  withSubmitter,
} from "./fixture.ts";
import { BURIED_DEPTH } from "./limits.ts";

Deno.test("a solved block reaches every node, and block.found tells each one's answer", async () => {
  await using bus = await openTestBus();
  await using a = await startNode();
  await using b = await startNode();
  await using nodes = openTo(a, b);
  await bus.publish(blockSolved, [await solve(nodes)]);
  await withSubmitter(bus, nodes, () => firstFound(bus));
  const [found] = await foundOn(bus);
  assertEquals(found!.outcome, BlockOutcome.ACCEPTED);
  assertEquals(found!.attempts.map(({ node }) => node), [a.name, b.name]);
  assertEquals([a.height, b.height], [101, 101]);
});

Deno.test("a block delivered twice, and again after a restart, is found once", async () => {
  await using bus = await openTestBus();
  await using node = await startNode();
  await using nodes = openTo(node);
  const first = await solve(nodes);
  await bus.publish(blockSolved, [first, first]);
  await withSubmitter(bus, nodes, () => firstFound(bus));
  const second = await solve(nodes);
  await bus.publish(blockSolved, [first, second]);
  await withSubmitter(
    bus,
    nodes,
    () => waitFor(async () => (await foundOn(bus)).length === 2, "the second block"),
  );
  assertEquals((await foundOn(bus)).map(({ outcome }) => outcome), [
    BlockOutcome.ACCEPTED,
    BlockOutcome.ACCEPTED,
  ]);
  const hashes = (await foundOn(bus)).map(({ facts }) => facts!.hash);
  assertEquals(hashes, [first.key!, second.key!]);
  assertEquals(node.submissions.length, 2);
});

Deno.test("a block that a node had already is accepted: duplicate is success", async () => {
  await using bus = await openTestBus();
  await using node = await startNode();
  await using nodes = openTo(node);
  const solved = await solve(nodes);
  await bus.publish(blockSolved, [solved]);
  await withSubmitter(bus, nodes, () => firstFound(bus));
  await using other = await openTestBus(); // a second blocksubmit that knows nothing of the first
  await other.publish(blockSolved, [solved]);
  await withSubmitter(other, nodes, () => firstFound(other));
  assertEquals((await foundOn(other))[0]!.outcome, BlockOutcome.ACCEPTED);
});

Deno.test("a block is tried again while its only node is away, and accepted when it is back", async () => {
  await using bus = await openTestBus();
  await using node = await startNode();
  await using nodes = openTo(node);
  const solved = await solve(nodes);
  node.warmingUp(true);
  await bus.publish(blockSolved, [solved]);
  await withSubmitter(bus, nodes, async (_, board) => {
    await waitFor(() => board.all().some((p) => p.health === "degraded"), "the wait to be told");
    assertEquals(await foundOn(bus), []);
    node.warmingUp(false);
    await firstFound(bus);
  });
  const [found] = await foundOn(bus);
  assertEquals(found!.outcome, BlockOutcome.ACCEPTED);
  assertMatch(found!.attempts[0]!.answer, /\S/);
});

Deno.test("a block that every node refuses is lost, with their words", async () => {
  await using bus = await openTestBus();
  await using node = await startNode();
  await using nodes = openTo(node);
  await bus.publish(blockSolved, [await solve(nodes, { overpay: 1n })]);
  await withSubmitter(bus, nodes, () => firstFound(bus));
  const [found] = await foundOn(bus);
  assertEquals(found!.outcome, BlockOutcome.LOST);
  assertStringIncludes(found!.reason, "bad-cb-amount");
});

Deno.test("a block that another chain has buried is lost", async () => {
  await using bus = await openTestBus();
  await using node = await startNode();
  await using nodes = openTo(node);
  const solved = await solve(nodes);
  for (let i = 0; i <= BURIED_DEPTH; i++) node.mineBlock();
  await bus.publish(blockSolved, [solved]);
  await withSubmitter(bus, nodes, () => firstFound(bus));
  const [found] = await foundOn(bus);
  assertEquals(found!.outcome, BlockOutcome.LOST);
  assertStringIncludes(found!.reason, "Buried");
});
