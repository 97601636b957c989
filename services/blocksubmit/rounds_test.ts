import { assertEquals, assertStringIncludes } from "@std/assert";
import { blockFound, blockSolved, type Bus, NotWritten } from "@gopool/bus";
import { toHex } from "@gopool/chain";
import {
  type BlockFound,
  BlockOutcome,
  BlockSolvedSchema,
  fromBinary,
  SubmitVerdict,
} from "@gopool/proto";
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

Deno.test("a node that stalls does not delay the news of a block that another has, and is given it all the same", async () => {
  await using bus = await openTestBus();
  await using quick = await startNode();
  await using slow = await startNode();
  await using nodes = openTo(slow, quick);
  const solved = await solve(nodes);
  slow.stall(true);
  await bus.publish(blockSolved, [solved]);
  await withSubmitter(bus, nodes, async () => {
    await firstFound(bus);
    assertEquals(slow.height, quick.height - 1);
    slow.stall(false);
    await waitFor(() => slow.height === quick.height, "the slow node to take the block");
  });
  const [found, ...more] = await foundOn(bus);
  assertEquals([found!.outcome, more], [BlockOutcome.ACCEPTED, []]);
  const verdicts = found!.attempts.map(({ node, verdict }) => [node, verdict]);
  assertEquals(verdicts, [
    [quick.name, SubmitVerdict.ACCEPTED],
    [slow.name, SubmitVerdict.UNREACHABLE],
  ]);
});

Deno.test("a node that stalls does not delay the news of a block that another had already", async () => {
  await using bus = await openTestBus();
  await using quick = await startNode();
  await using slow = await startNode();
  await using alone = openTo(quick);
  await using nodes = openTo(slow, quick);
  const solved = await solve(alone);
  await alone.list[0]!.submit(fromBinary(BlockSolvedSchema, solved.value).block);
  slow.stall(true);
  await bus.publish(blockSolved, [solved]);
  await withSubmitter(bus, nodes, async () => {
    await firstFound(bus);
    slow.stall(false);
  });
  assertEquals((await foundOn(bus))[0]!.outcome, BlockOutcome.ACCEPTED);
});

Deno.test("a block that one node refuses is not lost while another one is away", async () => {
  await using bus = await openTestBus();
  await using strict = await startNode();
  await using away = await startNode();
  await using nodes = openTo(strict, away);
  const solved = await solve(nodes, { overpay: 1n });
  away.warmingUp(true);
  await bus.publish(blockSolved, [solved]);
  await withSubmitter(bus, nodes, async (submitter, board) => {
    await waitFor(() => strict.submissions.length > 8, "more refusals than a lost block needs");
    assertEquals(submitter.counts, { accepted: 0, lost: 0 });
    assertStringIncludes(board.all()[0]!.detail, `${strict.name} said "bad-cb-amount"`);
    assertEquals(await foundOn(bus), []);
    away.warmingUp(false);
    await firstFound(bus);
  });
  const [found] = await foundOn(bus);
  assertEquals(found!.outcome, BlockOutcome.LOST);
  assertStringIncludes(found!.reason, `${away.name} said "bad-cb-amount"`);
});

Deno.test("a block beside the best chain is watched, and accepted when the chain turns to it", async () => {
  await using bus = await openTestBus();
  await using node = await startNode();
  await using other = await startNode();
  await using nodes = openTo(node);
  await using others = openTo(other);
  const solved = await solve(nodes);
  const { block } = fromBinary(BlockSolvedSchema, solved.value);
  node.mineBlock(); // a competitor of the same height, seen first
  await bus.publish(blockSolved, [solved]);
  await withSubmitter(bus, nodes, async (_, board) => {
    const beside = () => board.all().some(({ detail }) => detail.includes("beside their best"));
    await waitFor(beside, "the watch to be told");
    const submitted = node.submissions.length;
    assertEquals(await foundOn(bus), []);
    await others.list[0]!.submit(block);
    other.mineBlock();
    const child = [...other.blocks()].at(-1)!;
    assertEquals(node.submissions.length, submitted, "a node that has it needs it no second time");
    await nodes.list[0]!.submit(child);
    await firstFound(bus);
  });
  const [found] = await foundOn(bus);
  assertEquals(found!.outcome, BlockOutcome.ACCEPTED);
  assertEquals(found!.attempts[0]!.verdict, SubmitVerdict.INCONCLUSIVE);
});

/** A bus whose publishes to block.found do what `next` says. */
function withFound(bus: Bus, publish: (publish: () => Promise<unknown>) => Promise<unknown>): Bus {
  return new Proxy(bus, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name !== "publish") return typeof value === "function" ? value.bind(target) : value;
      return (...args: Parameters<Bus["publish"]>) =>
        args[0] === blockFound ? publish(() => target.publish(...args)) : target.publish(...args);
    },
  });
}

Deno.test("an outcome that cannot be published is told, and published when the bus is back", async () => {
  await using bus = await openTestBus();
  await using node = await startNode();
  await using nodes = openTo(node);
  await bus.publish(blockSolved, [await solve(nodes)]);
  let away = true;
  const flaky = withFound(bus, (publish) => {
    return away ? Promise.reject(new NotWritten("the broker is away")) : publish();
  });
  await withSubmitter(flaky, nodes, async (submitter, board) => {
    const told = () => board.all().some(({ detail }) => detail.includes("the broker is away"));
    await waitFor(told, "the trouble");
    assertEquals(submitter.counts.accepted, 0);
    away = false;
    await waitFor(() => submitter.counts.accepted === 1, "the news");
    await waitFor(() => board.all().length === 0, "the board to be clear");
  });
  assertEquals((await foundOn(bus)).length, 1);
  assertEquals(node.submissions.length, 1);
});

Deno.test("an end in the middle of a fight loses nothing: the next start goes on with it", async () => {
  await using bus = await openTestBus();
  await using node = await startNode();
  await using nodes = openTo(node);
  const stalled = await solve(nodes);
  await bus.publish(blockSolved, [stalled]);
  node.stall(true);
  await withSubmitter(
    bus,
    nodes,
    () => waitFor(() => node.callsInHand > 0, "the block on its way"),
  );
  node.stall(false);
  assertEquals(await foundOn(bus), []);
  // This end comes when the block is accepted and a bus that is away has not taken the news.
  const publishing = Promise.withResolvers<void>();
  const silent = withFound(bus, () => {
    publishing.resolve();
    return new Promise(() => {});
  });
  await withSubmitter(silent, nodes, () => publishing.promise);
  assertEquals(await foundOn(bus), []);
  await withSubmitter(bus, nodes, () => firstFound(bus));
  assertEquals((await foundOn(bus)).map(({ outcome }) => outcome), [BlockOutcome.ACCEPTED]);
});

Deno.test("a listener that throws has the outcome said once none the less", async () => {
  await using bus = await openTestBus();
  await using node = await startNode();
  await using nodes = openTo(node);
  await bus.publish(blockSolved, [await solve(nodes)]);
  const heard: string[] = [];
  const onFound = ({ facts }: BlockFound) => {
    heard.push(toHex(facts!.hash));
    throw new Error("a listener's own");
  };
  await withSubmitter(bus, nodes, async (submitter) => {
    await waitFor(() => submitter.counts.accepted === 1, "the news");
    await bus.publish(blockSolved, [await solve(nodes)]);
    await waitFor(() => submitter.counts.accepted === 2, "the next block");
  }, onFound);
  assertEquals(new Set(heard).size, 2);
  assertEquals((await foundOn(bus)).length, 2);
});
