/**
 * Every block the pool can build, judged by Bitcoin Core's own consensus code: a chain of 300 blocks for each layout of
 * its coinbase, so that each is looked at to the end, its transactions the simulated node's.
 *
 * @module
 */
import { VARIANT_POOL, VARIANT_SMALL, VARIANT_SOLO, VARIANT_SPLIT } from "@gopool/chain";
import { assertEquals, assertGreater } from "@std/assert";
import { type BlockTemplate, openNode } from "@gopool/node";
import { startSimulatedNode } from "@gopool/node/simulated";
import { seededRandom, systemClock } from "@gopool/runtime";
import { findKernel, startKernel } from "../real/kernel.ts";
import {
  ACCOUNT_SCRIPTS,
  jobOf,
  type Layout,
  mineBlock,
  P2WSH_OP_TRUE,
  SPLIT,
  withoutIdleCommitment,
} from "./pool_blocks.ts";

const python = await findKernel();

/** Past two halvings of regtest, past the heights that push as OP_N (16), as one byte (127) and as two (255). */
const BLOCKS = 300;
const TRANSACTIONS = { min: 0, max: 50 } as const;
/** Regtest's easiest target: a block is two hashes away. */
const EASY_BITS = 0x207fffff;

const settings = { poolScript: P2WSH_OP_TRUE, soloFeeBasisPoints: 0 };
const withFee = { poolScript: P2WSH_OP_TRUE, soloFeeBasisPoints: 175 };

interface Case extends Layout {
  readonly template?: (template: BlockTemplate) => BlockTemplate;
}

const LAYOUTS: readonly Case[] = [
  { name: "the pool's own", variant: VARIANT_POOL, settings },
  {
    name: "the pool's own, from templates without a commitment that nothing needs",
    variant: VARIANT_POOL,
    settings,
    template: withoutIdleCommitment,
  },
  {
    name: "solo",
    variant: VARIANT_SOLO,
    settings,
    tag: "/a tag that is longer than has room in it/",
  },
  { name: "solo with a fee", variant: VARIANT_SOLO, settings: withFee },
  { name: "split", variant: VARIANT_SPLIT, settings, split: SPLIT },
  { name: "small split", variant: VARIANT_SMALL, settings, split: SPLIT },
  { name: "the pool's own of an empty block", variant: VARIANT_POOL, settings, empty: true },
  {
    name: "solo with a fee of an empty block",
    variant: VARIANT_SOLO,
    settings: withFee,
    empty: true,
  },
];

for (const [seed, layout] of LAYOUTS.entries()) {
  Deno.test({
    name: `Bitcoin Core's kernel accepts heights 1 to ${BLOCKS} of the layout: ${layout.name}`,
    ignore: python === null,
    async fn() {
      await using kernel = await startKernel(python!);
      await using simulated = await startSimulatedNode({
        memory: true,
        port: 0,
        user: "pool",
        password: "kernel",
        difficulty: { fixedBits: EASY_BITS },
        transactionsPerBlock: TRANSACTIONS,
        premine: 0,
        clock: systemClock,
        random: seededRandom(seed),
      });
      await using node = openNode({ url: new URL(simulated.url) }, { clock: systemClock });
      const counts = new Set<number>();
      let witnesses = 0;
      for (let height = 1; height <= BLOCKS; height++) {
        const given = await node.template();
        const template = layout.template?.(given) ?? given;
        const job = jobOf(layout, await node.tip(), template, systemClock.now());
        const transactions = layout.empty ? [] : template.transactions.map((tx) => tx.data);
        const account = ACCOUNT_SCRIPTS[height % ACCOUNT_SCRIPTS.length]!;
        const block = mineBlock(job, {
          variant: layout.variant,
          account,
          transactions,
          salt: height,
        });
        const words = `${layout.name}, height ${height}, ${transactions.length} transactions`;
        const { reason, detail } = await kernel.judge(block);
        assertEquals({ reason, detail }, { reason: null, detail: "" }, words);
        assertEquals((await node.submit(block)).kind, "accepted", words);
        counts.add(transactions.length);
        if (template.transactions.some((tx) => !tx.txid.every((b, i) => b === tx.wtxid[i]))) {
          witnesses++;
        }
      }
      assertEquals(await kernel.tip(), { height: BLOCKS, hash: simulated.bestHash });
      if (!layout.empty) {
        // Blocks without, with one and with many transactions were among them, with witnesses and without.
        assertGreater(counts.size, 30);
        assertGreater(witnesses, 50);
      }
    },
  });
}
