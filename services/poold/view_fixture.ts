/**
 * A pool as the console sees it, made up. Imported by tests only.
 *
 * @module
 */
import type { PartStatus } from "@gopool/runtime";
import type { StratumdStatus } from "@gopool/stratumd";
import type { PoolView } from "./console.ts";

const STATUS: StratumdStatus = {
  port: 3333,
  sessions: 0,
  working: 0,
  refusedConnections: 0,
  jobId: null,
  height: null,
  shares: { accepted: 0, rejected: 0, stale: 0, notStored: 0, outcomeUnknown: 0 },
  waiting: 0,
  candidates: 0,
  spooled: 0,
  difficulty: null,
};

/** A view of these figures; `status` can be changed while it is looked at. */
export function viewOf(
  figures: Partial<StratumdStatus> = {},
  miner?: { readonly hashesPerSecond: number },
  board: readonly PartStatus[] = [],
): { view: PoolView; status: { -readonly [K in keyof StratumdStatus]: StratumdStatus[K] } } {
  const status = { ...STATUS, ...figures };
  const view: PoolView = {
    network: "regtest",
    node: "simulated",
    poolAddress: "bcrt1qpool",
    simulated: true,
    past: { shares: 0, blocks: 0 },
    stratum: () => status,
    judged: () => ({ valid: 5, disagreements: 0, repeats: 0 }),
    books: () => undefined,
    maturity: 5,
    blocks: () => ({ accepted: 3, lost: 0 }),
    miner: () => miner,
    board: () => board,
  };
  return { view, status };
}
