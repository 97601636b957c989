/**
 * How long each method's answer may be shown again, and why.
 *
 * @module
 */
import { BlockService, MinerService, PayoutService, PoolService } from "@gopool/proto/api";
import type { DescMethod } from "@gopool/proto/control";

/** How an answer ages. */
export interface Ttl {
  /** For so long it is given to everybody who asks the same. */
  readonly freshMs: number;
  /** For so long after that it is still given, while a new one is made. */
  readonly staleMs: number;
}

const s = 1_000;

const usual = (freshS: number): Ttl => ({ freshMs: freshS * s, staleMs: freshS * s });

const { method: pool } = PoolService;
const { method: blocks } = BlockService;
const { method: miners } = MinerService;
const { method: payouts } = PayoutService;

/** Null: never kept. A test holds that every method stands here. */
const TABLE: readonly (readonly [DescMethod, Ttl | null])[] = [
  // What moves by the second comes by the stream; this is what a page shows when it is opened.
  [pool.getPool, usual(5)],
  // The newest step is a minute or longer.
  [pool.getPoolChart, usual(20)],
  // A day's sums: a minute more or less changes no order. One of the dearest questions.
  [pool.listTopMiners, usual(60)],
  // Settings: the same until the process starts again.
  [pool.getConnection, usual(300)],
  [pool.watchPool, null],
  // A new block is to be seen soon.
  [blocks.listBlocks, usual(5)],
  // Confirmations come every ten minutes.
  [blocks.getBlock, usual(10)],
  // Once it is split it stays, unless the chain takes the block back.
  [blocks.getBlockSplit, usual(30)],
  // A balance moves with a block or a payout, speeds by the minute.
  [miners.getMiner, usual(10)],
  [miners.getMinerChart, usual(20)],
  [miners.listWorkers, usual(10)],
  [miners.getWorker, usual(10)],
  [miners.listMinerPayouts, usual(10)],
  // By day.
  [miners.listEarnings, usual(30)],
  // Names the next nonce: an old answer would have a change refused.
  [miners.getMinerSettings, null],
  [miners.changeMinerSettings, null],
  [miners.watchMiner, null],
  [payouts.listPayouts, usual(10)],
];

const BY_METHOD: ReadonlyMap<DescMethod, Ttl | null> = new Map(TABLE);

/** Null: its answers are not kept. */
export function ttlOf(method: DescMethod): Ttl | null {
  return BY_METHOD.get(method) ?? null;
}

/** Whether somebody has thought about it. */
export function isListed(method: DescMethod): boolean {
  return BY_METHOD.has(method);
}
