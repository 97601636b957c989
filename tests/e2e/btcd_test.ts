/**
 * The pool against a real node on regtest, from end to end: found over TCP, taken by the node, judged once more by
 * Bitcoin Core's kernel. At this difficulty every second hash is a block.
 *
 * @module
 */
import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { blockFound } from "@gopool/bus";
import { canonicalAddress, decodeBlock, displayHash, fromHex, type Hash } from "@gopool/chain";
import { type BlockFound, BlockFoundSchema, BlockOutcome, fromBinary } from "@gopool/proto";
import { systemClock } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { findKernel, startKernel } from "../real/kernel.ts";
import { nodeKinds, type RealNode } from "../real/node.ts";
import { TestMiner } from "./miner.ts";
import { ANYBODY, payFrom, rivalBlocks } from "./rival.ts";
import { type RunningPool, startPool } from "./pool.ts";

const kernel = await findKernel();

const POOL_ADDRESS = canonicalAddress(ANYBODY, "regtest")!;
const MINER_SCRIPT = fromHex(`0014${"44".repeat(20)}`);
const MINER = {
  username: `${canonicalAddress(MINER_SCRIPT, "regtest")!}.rig`,
  userAgent: "cpuminer-opt/24.5",
};

function start(node: RealNode, more: Record<string, string> = {}): Promise<RunningPool> {
  return startPool({ ...node.settings, GOPOOL_POOL_ADDRESS: POOL_ADDRESS, ...more });
}

async function bestHash(node: RealNode): Promise<string> {
  return String(await node.call("getbestblockhash"));
}

/** Finds one block on the node's tip and waits until the node has it as its best. Gives its hash. */
async function findBlock(node: RealNode, miner: TestMiner): Promise<string> {
  await miner.workOn(await bestHash(node));
  const share = (await miner.share())!;
  assert(share.answer.accepted, JSON.stringify(share.answer.error));
  await waitFor(async () => await bestHash(node) === share.hash, `block ${share.hash} on the node`);
  return share.hash;
}

for (const { name, start: startNode } of await nodeKinds()) {
  const test = (sentence: string, fn: (node: RealNode) => Promise<void>) =>
    Deno.test({
      name: `${name}: ${sentence}`,
      ignore: startNode === null,
      async fn() {
        await using node = await startNode!();
        await fn(node);
      },
    });

  test("a hundred blocks in a row found over TCP, then judged by Bitcoin Core's kernel", async (node) => {
    {
      await using pool = await start(node);
      await using miner = await TestMiner.connect(pool.port, MINER);
      for (let i = 0; i < BLOCKS + 2; i++) await findBlock(node, miner);
      assertEquals(await node.call("getblockcount"), BLOCKS + 2);
      // The oldest rewards are ripe: payments out of them go into the pool's next block but one at the latest.
      const payments = [await payFrom(node, 1), await payFrom(node, 2), await payFrom(node, 3)];
      // A template made just now may be without them still; the next tip's has them.
      await findBlock(node, miner);
      await miner.workOn(await bestHash(node));
      await waitFor(() => miner.connection.notify!.branches.length > 0, "work with transactions");
      const last = await findBlock(node, miner);
      const { tx } = await node.call("getblock", last, 1) as { tx: string[] };
      assertEquals(tx.slice(1).toSorted(), payments.toSorted());
      await waitFor(() => pool.view.blocks().accepted === BLOCKS + 4, "the last outcome");
      assertEquals(pool.view.blocks().lost, 0);
      assertEquals(pool.view.judged().disagreements, 0);
      assertEquals(await accepted(pool), await chainOf(node));
    }
    if (kernel === null) return;
    await using judge = await startKernel(kernel);
    for (const hash of await chainOf(node)) {
      const { reason, detail } = await judge.judge(await rawBlock(node, hash));
      assertEquals({ reason, detail }, { reason: null, detail: "" });
    }
    assertEquals(await judge.tip(), { height: BLOCKS + 4, hash: await bestHash(node) });
  });

  test("a solo block pays its finder, and the pool its fee", async (node) => {
    await using pool = await start(node, {
      GOPOOL_STRATUM_VARIANT: "solo",
      GOPOOL_JOBMANAGER_SOLO_FEE_BASIS_POINTS: "150",
    });
    await using miner = await TestMiner.connect(pool.port, MINER);
    for (let i = 0; i < 3; i++) {
      const { transactions } = decodeBlock(await rawBlock(node, await findBlock(node, miner)));
      // 50 BTC; 1.5 % of them.
      assertEquals(transactions[0]!.outputs.slice(0, 2).map(({ sats, script }) => [sats, script]), [
        [4_925_000_000n, MINER_SCRIPT],
        [75_000_000n, ANYBODY],
      ]);
    }
  });

  test("after a reorganisation the pool mines on the new tip, up or down", async (node) => {
    await using pool = await start(node, { GOPOOL_NODE_GONE_AFTER: "2s" });
    await using miner = await TestMiner.connect(pool.port, MINER);
    const own: string[] = [];
    for (let i = 0; i < 5; i++) own.push(await findBlock(node, miner));

    // Somebody else's branch replaces the last block: higher, so at once.
    const rival = await rivalBlocks(node, own[3]!, 5, 2);
    assertEquals(await bestHash(node), rival);
    assert((await miner.workOn(rival)).clean);
    const after = await findBlock(node, miner);
    await findBlock(node, miner);
    assertEquals(await node.call("getblockcount"), 8);

    // The node takes two blocks back: lower, so only after the setting, and loudly.
    await node.call("invalidateblock", after);
    assertEquals(await bestHash(node), rival);
    assertEquals(pool.log.having("gone from every healthy node").length, 0);
    await miner.workOn(rival, 20_000);
    assertEquals(pool.log.having("gone from every healthy node").map(({ level }) => level), [
      "warn",
    ]);
    await findBlock(node, miner);
    assertEquals(await node.call("getblockcount"), 7);
  });

  test("killed and back with a shorter chain, the pool waits, goes lower loudly and finds blocks", async (node) => {
    await using pool = await start(node, { GOPOOL_NODE_GONE_AFTER: "3s" });
    await using miner = await TestMiner.connect(pool.port, MINER);
    for (let i = 0; i < 5; i++) await findBlock(node, miner);
    // Else the last block's fate is open, too, when the node goes.
    await waitFor(() => pool.view.blocks().accepted === 5, "the outcome of what was found");
    await miner.workOn(await bestHash(node));

    await node.kill();
    await waitFor(() => nodeTroubles(pool).length > 0, "the node's absence on the board");
    // A block found meanwhile is accepted and kept: its miner has done his work.
    const orphan = (await miner.share())!;
    assert(orphan.answer.accepted);

    await node.startAnew();
    const genesis = await bestHash(node);
    await waitFor(() => nodeTroubles(pool).length === 0, "the node's return", {
      deadlineMs: 30_000,
    });
    assertEquals(pool.log.having("gone from every healthy node").length, 0);
    await miner.workOn(genesis, 30_000);
    assertGreaterOrEqual(pool.log.having("gone from every healthy node").length, 1);
    for (let i = 0; i < 5; i++) await findBlock(node, miner);
    assertEquals(await node.call("getblockcount"), 5);
    // Its parent is nowhere any more.
    await waitFor(() => pool.view.blocks().lost === 1, "the outcome of the block between", {
      deadlineMs: 60_000,
    });
    const lost = (await outcomes(pool)).find(({ outcome }) => outcome === BlockOutcome.LOST)!;
    assertEquals(displayHash(lost.facts!.hash as Hash), orphan.hash);
  });

  test("a node that stalls stops nothing for good: the block found meanwhile reaches it", async (node) => {
    await using pool = await start(node);
    await using miner = await TestMiner.connect(pool.port, MINER);
    await findBlock(node, miner);
    const tip = await bestHash(node);
    await miner.workOn(tip);

    node.stall(true);
    let share;
    try {
      share = (await miner.share())!;
      assert(share.answer.accepted, JSON.stringify(share.answer.error));
      assertEquals(share.notify.prevHashWire, miner.connection.notify!.prevHashWire);
      await systemClock.sleep(STALL_MS);
    } finally {
      node.stall(false);
    }
    await waitFor(async () => await bestHash(node) === share.hash, "the block on the node", {
      deadlineMs: 30_000,
    });
    for (let i = 0; i < 3; i++) await findBlock(node, miner);
    assertEquals(await node.call("getblockcount"), 5);
    assertEquals(pool.view.blocks().lost, 0);
  });
}

const BLOCKS = 100;
/** Longer than the slow poll, so that every way of noticing has run into it. */
const STALL_MS = 8_000;

/** Hashes of the node's chain from height 1 on. */
async function chainOf(node: RealNode): Promise<string[]> {
  const height = Number(await node.call("getblockcount"));
  const hashes: string[] = [];
  for (let at = 1; at <= height; at++) hashes.push(String(await node.call("getblockhash", at)));
  return hashes;
}

async function rawBlock(node: RealNode, hash: string): Promise<Uint8Array> {
  return fromHex(String(await node.call("getblock", hash, 0)));
}

/** Everything that stands on block.found. */
async function outcomes({ bus }: RunningPool): Promise<BlockFound[]> {
  const found: BlockFound[] = [];
  for await (const { messages } of bus.read(blockFound, 0, 0)) {
    for (const { value } of messages) found.push(fromBinary(BlockFoundSchema, value));
  }
  return found;
}

/** Hashes of accepted blocks in the order of their heights. */
async function accepted(pool: RunningPool): Promise<string[]> {
  return (await outcomes(pool)).filter(({ outcome }) => outcome === BlockOutcome.ACCEPTED)
    .toSorted((a, b) => a.facts!.height - b.facts!.height)
    .map(({ facts }) => displayHash(facts!.hash as Hash));
}

function nodeTroubles({ view }: RunningPool) {
  return view.board().filter(({ part, health }) => part.startsWith("node ") && health !== "ok");
}
