/** The books' things as messages of gopool.api.v1. @module */
import { BlockState, PayoutState, timestampFromMs } from "@gopool/proto/api";
import type { DayEarnings, MinerPayout, PoolBlock, PoolPayout, SplitCredit } from "./types.ts";

/** How finders are shown: "full", "short" (first and last letters), "hidden". */
export type Finders = "full" | "short" | "hidden";

/** Letters that stay at each end: enough to find oneself, too few to look anybody up. */
const SHORT_HEAD = 8;
const SHORT_TAIL = 5;

/** What is shown of who found a block. */
export function finderOf(
  { finder, worker }: Pick<PoolBlock, "finder" | "worker">,
  finders: Finders,
): { readonly finder: string; readonly worker: string } {
  if (finders === "full") return { finder, worker };
  if (finders === "hidden" || finder === "") return { finder: "", worker: "" };
  return { finder: `${finder.slice(0, SHORT_HEAD)}…${finder.slice(-SHORT_TAIL)}`, worker: "" };
}

const BLOCK_STATES = {
  found: BlockState.FOUND,
  confirmed: BlockState.CONFIRMED,
  mature: BlockState.MATURE,
  orphaned: BlockState.ORPHANED,
} as const;

const PAYOUT_STATES = {
  // That an operator has to say yes is the pool's own affair.
  awaiting: PayoutState.PLANNED,
  planned: PayoutState.PLANNED,
  signed: PayoutState.SIGNED,
  broadcast: PayoutState.BROADCAST,
  confirmed: PayoutState.CONFIRMED,
  cancelled: PayoutState.CANCELLED,
} as const;

/** @param effort Null, or left out: it is still counted, or not known. */
export function blockSummary(block: PoolBlock, finders: Finders, effort: number | null = null) {
  return {
    hash: block.hash,
    height: block.height,
    foundAt: timestampFromMs(block.foundAtMs),
    state: BLOCK_STATES[block.state],
    confirmations: block.confirmations,
    rewardSats: block.rewardSats ?? 0n,
    ...effort === null ? {} : { effort },
    networkDifficulty: block.networkDifficulty,
    ...finderOf(block, finders),
    scheme: block.scheme,
  };
}

export function creditMessage(credit: SplitCredit) {
  const { account, weight, sats, feeBasisPoints, donationBasisPoints } = credit;
  return {
    address: account,
    weight: String(weight),
    sats,
    feeBasisPoints,
    donationBasisPoints,
    paidInCoinbaseSats: credit.paidInCoinbaseSats,
  };
}

export function poolPayout({ atMs, state, ...rest }: PoolPayout) {
  return { ...rest, at: timestampFromMs(atMs), state: PAYOUT_STATES[state] };
}

export function minerPayout({ atMs, state, ...rest }: MinerPayout) {
  return { ...rest, at: timestampFromMs(atMs), state: PAYOUT_STATES[state] };
}

export function dayMessage({ day, sats, credits }: DayEarnings) {
  return { day, sats, credits };
}
