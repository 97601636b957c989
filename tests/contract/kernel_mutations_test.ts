/**
 * Blocks that are wrong in one place, given to Bitcoin Core's kernel and to the simulated node: both refuse them, with
 * the same reason. Some are made by hand; others are what the pool would build from a job that is wrong.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  blockHash,
  type Hash,
  heightPush,
  meetsTarget,
  targetFromBits,
  toHex,
  VARIANT_POOL,
  VARIANT_SOLO,
  VARIANT_SPLIT,
} from "@gopool/chain";
import { openNode } from "@gopool/node";
import { type SimulatedNode, startSimulatedNode } from "@gopool/node/simulated";
import { buildBlock, groundOf } from "@gopool/node/simulated/draft";
import { HARMLESS, mutated, MUTATIONS } from "@gopool/node/simulated/mutations";
import type { Job } from "@gopool/proto";
import { seededRandom, systemClock } from "@gopool/runtime";
import { findKernel, type Kernel, startKernel } from "../real/kernel.ts";
import { rpc } from "../real/rpc.ts";
import {
  ACCOUNT_SCRIPTS,
  jobOf,
  type Layout,
  mineBlock,
  P2WSH_OP_TRUE,
  SPLIT,
} from "./pool_blocks.ts";

const python = await findKernel();
const EASY_BITS = 0x207fffff;

/** A node with ripe coins and a mempool, and a kernel with the same chain. */
async function both(
  transactionsPerBlock: number,
): Promise<{ simulated: SimulatedNode; kernel: Kernel } & AsyncDisposable> {
  await using opened = new AsyncDisposableStack();
  const kernel = opened.use(await startKernel(python!));
  const simulated = opened.use(
    await startSimulatedNode({
      memory: true,
      port: 0,
      user: "pool",
      password: "kernel",
      difficulty: { fixedBits: EASY_BITS },
      transactionsPerBlock,
      clock: systemClock,
      random: seededRandom(7),
    }),
  );
  for (const block of simulated.blocks()) assertEquals((await kernel.judge(block)).reason, null);
  const owned = opened.move();
  return { simulated, kernel, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** What submitblock says on the simulated node. */
function submit({ url }: SimulatedNode, block: Uint8Array): Promise<unknown> {
  return rpc(new URL(url), "submitblock", [toHex(block)]);
}

Deno.test({
  name: "the kernel and the simulated node refuse each mutation with the same reason",
  ignore: python === null,
  async fn(t) {
    await using judges = await both(0);
    const { simulated, kernel } = judges;
    const ground = groundOf(simulated, Math.floor(systemClock.now() / 1000));
    for (const mutation of MUTATIONS) {
      await t.step(`${mutation.given}: ${mutation.reason}`, async () => {
        const block = buildBlock(mutated(mutation, ground));
        assertEquals((await kernel.judge(block)).reason, mutation.reason, "the kernel");
        assertEquals(await submit(simulated, block), mutation.reason, "the simulated node");
      });
    }
    // No bad block has moved the tip, nor kept a good one out.
    const good = buildBlock(mutated({ spoil: () => {} }, ground));
    assertEquals((await kernel.judge(good)).reason, null);
    assertEquals(await submit(simulated, good), null);
    assertEquals((await kernel.judge(good)).reason, "duplicate");
    assertEquals(await submit(simulated, good), "duplicate");
  },
});

Deno.test({
  name: "the kernel and the simulated node accept what only looks wrong",
  ignore: python === null,
  async fn(t) {
    for (const harmless of HARMLESS) {
      await t.step(harmless.given, async () => {
        await using judges = await both(0);
        const { simulated, kernel } = judges;
        const ground = groundOf(simulated, Math.floor(systemClock.now() / 1000));
        const block = buildBlock(mutated(harmless, ground));
        assertEquals((await kernel.judge(block)).reason, null, "the kernel");
        assertEquals(await submit(simulated, block), null, "the simulated node");
      });
    }
  },
});

const settings = { poolScript: P2WSH_OP_TRUE, soloFeeBasisPoints: 100 };
const LAYOUTS: readonly Layout[] = [
  { name: "pool", variant: VARIANT_POOL, settings },
  { name: "solo with a fee", variant: VARIANT_SOLO, settings },
  { name: "split", variant: VARIANT_SPLIT, settings, split: SPLIT },
];

/** What the pool might get wrong, and what Bitcoin Core would say of the block. */
interface Mistake {
  readonly given: string;
  readonly reason: string;
  readonly spoil: (job: Job, transactions: Uint8Array[]) => void;
  /** In the block's bytes, after it was mined. */
  readonly bytes?: (block: Uint8Array) => void;
}

const flip = (bytes: Uint8Array, at: number) => bytes[at] = bytes[at]! ^ 1;

const MISTAKES: readonly Mistake[] = [
  {
    given: "a branch that is not the template's",
    reason: "bad-txnmrklroot",
    spoil: (job) => flip(job.merkleBranch[1]!, 0),
  },
  {
    given: "transactions in another order than the branch was made from",
    reason: "bad-txnmrklroot",
    spoil: (_job, transactions) => void transactions.push(transactions.shift()!),
  },
  {
    given: "a transaction of the template left out",
    reason: "bad-txnmrklroot",
    spoil: (_job, transactions) => void transactions.pop(),
  },
  {
    given: "the template's last transaction twice",
    reason: "bad-txns-duplicate",
    spoil: (_job, transactions) => void transactions.push(transactions.at(-1)!),
  },
  {
    given: "the height of the block before in the coinbase",
    reason: "bad-cb-height",
    spoil: (job) => {
      const { length } = heightPush(job.height);
      // Version, count, outpoint and script length stand before it.
      job.coinbasePrefix.set(heightPush(job.height - 1).subarray(0, length), 4 + 1 + 36 + 1);
    },
  },
  {
    given: "a coinbase that is final one block late",
    reason: "bad-txns-nonfinal",
    spoil: (job) => void job.height++,
  },
  {
    given: "one satoshi more than there is",
    reason: "bad-cb-amount",
    spoil: (job) => void job.coinbaseValue++,
  },
  {
    given: "a commitment to other witnesses",
    reason: "bad-witness-merkle-match",
    spoil: (job) => flip(job.witnessCommitment, 37),
  },
  {
    given: "no commitment where transactions have witnesses",
    reason: "unexpected-witness",
    spoil: (job) => void (job.witnessCommitment = new Uint8Array()),
  },
  { given: "bits that nobody asked for", reason: "bad-diffbits", spoil: (job) => void job.nbits-- },
  {
    given: "a time not after the median",
    reason: "time-too-old",
    spoil: (job) => void (job.ntime = job.minNtime - 1),
  },
  {
    given: "a time more than two hours ahead",
    reason: "time-too-new",
    spoil: (job) => void (job.ntime += 2 * 3600 + 60),
  },
  {
    given: "a version of before BIP 65",
    reason: "bad-version(0x00000003)",
    spoil: (job) => void (job.version = 3, job.versionMask = 0),
  },
  {
    given: "a previous block that nobody knows",
    reason: "prev-blk-not-found",
    spoil: (job) => flip(job.previousHash, 3),
  },
  {
    given: "a nonce that is not good enough",
    reason: "high-hash",
    spoil: () => {},
    bytes: (block) => {
      const target = targetFromBits(EASY_BITS);
      while (meetsTarget(blockHash(block), target)) block[76]!++;
    },
  },
];

for (const layout of LAYOUTS) {
  Deno.test({
    name:
      `a pool that mines "${layout.name}" from a wrong job is refused by both, with the same reason`,
    ignore: python === null,
    async fn(t) {
      await using judges = await both(12);
      const { simulated, kernel } = judges;
      await using node = openNode({ url: new URL(simulated.url) }, { clock: systemClock });
      const template = await node.template();
      const tip = await node.tip();
      const mine = (mistake: Pick<Mistake, "spoil" | "bytes">, salt: number) => {
        const job = jobOf(layout, tip, template, systemClock.now());
        const transactions = template.transactions.map((tx) => tx.data);
        // The mistake works on bytes that the template shares.
        job.previousHash = tip.hash.slice();
        job.merkleBranch = job.merkleBranch.map((hash) => hash.slice() as Hash);
        mistake.spoil(job, transactions);
        const account = ACCOUNT_SCRIPTS[3]!;
        const block = mineBlock(job, { variant: layout.variant, account, transactions, salt });
        mistake.bytes?.(block);
        return block;
      };
      for (const [salt, mistake] of MISTAKES.entries()) {
        await t.step(`${mistake.given}: ${mistake.reason}`, async () => {
          const block = mine(mistake, salt);
          assertEquals((await kernel.judge(block)).reason, mistake.reason, "the kernel");
          assertEquals(await submit(simulated, block), mistake.reason, "the simulated node");
        });
      }
      await t.step("and from the right job it is accepted by both", async () => {
        const block = mine({ spoil: () => {} }, 99);
        assertEquals((await kernel.judge(block)).reason, null);
        assertEquals(await submit(simulated, block), null);
        // A block beside it is kept and not preferred; both say so.
        const sibling = mine({ spoil: () => {} }, 100);
        assertEquals((await kernel.judge(sibling)).reason, "inconclusive");
        assertEquals(await submit(simulated, sibling), "inconclusive");
      });
    },
  });
}
