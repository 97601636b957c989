import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { blockFound, blockSolved, type Bus, encodeRecord, openBus } from "@gopool/bus";
import {
  assembleBlock,
  coinbasePrefix,
  coinbaseSuffix,
  coinbaseWithWitness,
  concat,
  encodeHeader,
  type Hash,
  headerHash,
  meetsTarget,
  type Sats,
  sha256d,
  targetFromBits,
  type UnixSeconds,
} from "@gopool/chain";
import { type Nodes, openNodes } from "@gopool/node";
import { type SimulatedNode, startSimulatedNode } from "@gopool/node/simulated";
import { type BlockFound, BlockFoundSchema, BlockOutcome, fromBinary } from "@gopool/proto";
import {
  createStatusBoard,
  seededRandom,
  silent,
  type StatusBoard,
  systemClock,
} from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { BURIED_DEPTH } from "./limits.ts";
import { type Blocksubmit, createBlocksubmit } from "./service.ts";

const random = seededRandom(7);
const clock = { ...systemClock, sleep: (_: number, s?: AbortSignal) => systemClock.sleep(5, s) };

function startNode(): Promise<SimulatedNode> {
  return startSimulatedNode({
    memory: true,
    port: 0,
    user: "pool",
    password: "x",
    difficulty: { fixedBits: 0x207fffff },
    transactionsPerBlock: 0,
    clock: systemClock,
    random,
  });
}

/** A block on the tip of `nodes`, as block.solved carries it. */
async function solve(nodes: Nodes, change: { overpay?: bigint } = {}) {
  const template = await nodes.list[0]!.template();
  const { height, nbits } = template;
  const value = (template.coinbaseValue + (change.overpay ?? 0n)) as Sats;
  const script = Uint8Array.from([0x00, 0x14, ...new Array(20).fill(5)]);
  const recipe = {
    id: 0,
    name: "pool",
    snapshotId: new Uint8Array(),
    outputs: [{ amount: { kind: "remainder" }, payee: { kind: "script", script } }],
  } as const;
  const coinbase = concat(
    coinbasePrefix({ height, jobId: "0000000100000000", tag: "/t/" }),
    new Uint8Array(12),
    coinbaseSuffix({
      recipe,
      coinbaseValue: value,
      accountScript: null,
      witnessCommitment: new Uint8Array(),
      scriptSigTail: new Uint8Array(),
      height,
    }),
  );
  for (let nonce = 0;; nonce++) {
    const header = encodeHeader({
      version: template.version,
      previousHash: template.previousHash,
      merkleRoot: sha256d(coinbase),
      time: Math.max(template.curtime, template.mintime) as UnixSeconds,
      nbits,
      nonce,
    });
    const hash: Hash = headerHash(header);
    if (!meetsTarget(hash, targetFromBits(nbits))) continue;
    const block = assembleBlock(header, coinbaseWithWitness(coinbase, false), []);
    const facts = { pool: "test", jobId: "0000000100000000", header, hash, height };
    return encodeRecord(blockSolved, { facts, block }, { key: hash });
  }
}

async function foundOn(bus: Bus): Promise<BlockFound[]> {
  const found: BlockFound[] = [];
  for await (const { messages } of bus.read(blockFound, 0, 0)) {
    for (const { value } of messages) found.push(fromBinary(BlockFoundSchema, value));
  }
  return found;
}

async function withSubmitter(
  bus: Bus,
  nodes: Nodes,
  work: (submitter: Blocksubmit, board: StatusBoard) => Promise<unknown>,
): Promise<void> {
  const stop = new AbortController();
  const board = createStatusBoard(clock);
  const submitter = createBlocksubmit({ bus, nodes, clock, random, log: silent, board });
  const running = submitter.run(stop.signal);
  try {
    await work(submitter, board);
  } finally {
    stop.abort();
    await running;
  }
}

const openTestBus = () => openBus("memory:", { clock: systemClock });
const openTo = (...nodes: { url: string }[]) =>
  openNodes({ nodes: nodes.map(({ url }) => ({ url: new URL(url) })) }, { clock: systemClock });
const firstFound = (bus: Bus) => waitFor(async () => (await foundOn(bus))[0], "block.found");

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
