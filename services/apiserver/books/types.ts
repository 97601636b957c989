/**
 * What the books say, as apiserver's parts are given it: money in satoshi (bigint), times in milliseconds since the Unix
 * epoch, hashes and txids as explorers show them.
 *
 * @module
 */
import type { BlockState } from "@gopool/ledger/blocks";
import type { PayoutState } from "@gopool/ledger/payouts";

/** A page: the newest first unless said. */
export interface Page<T> {
  readonly rows: readonly T[];
  /** Leads to the next one; empty at the end. */
  readonly nextPageToken: string;
}

/** Which page: a size above 0, and the token of the page before, or "". @see BadPage */
export interface PageAsked {
  readonly size: number;
  readonly token: string;
}

/** One of the pool's blocks. */
export interface PoolBlock {
  readonly hash: string;
  readonly height: number;
  readonly foundAtMs: number;
  readonly state: BlockState;
  /** Blocks on the best chain that have it, itself counted; 0 where it is on none. */
  readonly confirmations: number;
  /** Subsidy and fees; null while no node has shown it. */
  readonly rewardSats: bigint | null;
  readonly networkDifficulty: number;
  /** Whole; see `finderOf()` for what may be shown. Empty where nobody was authorised. */
  readonly finder: string;
  readonly worker: string;
  /** As people read it: "PPLNS"; empty before it is split. */
  readonly scheme: string;
}

export interface PoolBlockDetail extends PoolBlock {
  /** 0 before the split. */
  readonly feeSats: bigint;
  readonly donationSats: bigint;
  /** That were credited. */
  readonly accounts: number;
  readonly settledAtMs: number | null;
  /** Why it is not split yet, in a sentence; null where all is well. */
  readonly waitsFor: string | null;
}

/** What one account got of a block. */
export interface SplitCredit {
  /** An address; or "reserve" or "unclaimed": accounts of the pool's own. */
  readonly account: string;
  readonly weight: bigint;
  readonly sats: bigint;
  readonly feeBasisPoints: number;
  readonly donationBasisPoints: number;
  readonly paidInCoinbaseSats: bigint;
}

/** How a block was split; `scheme` is empty, and there are no credits, before that. */
export interface BlockSplit {
  readonly hash: string;
  readonly scheme: string;
  /** Credits (of all pages), fee and donation add up to it. */
  readonly rewardSats: bigint;
  readonly feeSats: bigint;
  readonly donationSats: bigint;
  /** In words. */
  readonly rule: string;
  /** As the ledger stored it, with the shares that count in another minute than their own; null before the split. */
  readonly basis: Readonly<Record<string, unknown>> | null;
  /** Minutes whose shares count, half open; null where none count. */
  readonly window: { readonly fromMs: number; readonly untilMs: number } | null;
  readonly credits: Page<SplitCredit>;
}

export interface PoolPayout {
  readonly id: bigint;
  readonly atMs: number;
  readonly state: PayoutState;
  readonly sats: bigint;
  readonly accounts: number;
  /** The network's. */
  readonly feeSats: bigint;
  /** Empty before it is signed. */
  readonly txid: string;
}

/** What a payout paid one miner. */
export interface MinerPayout {
  readonly id: bigint;
  readonly atMs: number;
  readonly state: PayoutState;
  /** What left the balance; of it, what the miner gave for the network's fee. The rest arrived. */
  readonly sats: bigint;
  readonly feeSats: bigint;
  readonly txid: string;
}

export interface MinerMoney {
  /** Canonical. */
  readonly address: string;
  /** Below zero: owed to the pool. */
  readonly immatureSats: bigint;
  readonly matureSats: bigint;
  /** By payouts that are not cancelled, on their way or there, and by coinbases themselves. */
  readonly paidSats: bigint;
  /** Of `paidSats`: in payouts that are not confirmed yet. */
  readonly onTheWaySats: bigint;
  /** Least mature balance that is paid out: its own choice, or the pool's; 0 where payoutd has not said yet. */
  readonly thresholdSats: bigint;
  /** Its rates in force now. */
  readonly feeBasisPoints: number;
  readonly donationBasisPoints: number;
  /** Of a block found now; null where there is none to tell (see `estimate()`). */
  readonly estimate: MinerEstimate | null;
  /** The newest, 10 at most. */
  readonly payouts: readonly MinerPayout[];
}

/** What a miner would get of a block that were found now. */
export interface MinerEstimate {
  readonly rewardSats: bigint;
  /** Its part of all weights, 0 to 1. */
  readonly windowShare: number;
  /** What the block would be worth, and as of which minute (its beginning) it was reckoned. */
  readonly blockSats: bigint;
  readonly asOfMs: number;
}

export interface DayEarnings {
  /** "2026-11-23", UTC. */
  readonly day: string;
  /** Credited less what reorganisations took back that day; may be below zero. */
  readonly sats: bigint;
  /** Blocks, or minutes of shares paid at once. */
  readonly credits: number;
}

export interface MinerSettings {
  readonly address: string;
  readonly thresholdSats: bigint;
  readonly payoutAddress: string;
  /** A change of the payout address that has not begun. */
  readonly pending: { readonly address: string; readonly fromMs: number } | null;
  /** Its rates in force now. */
  readonly feeBasisPoints: number;
  readonly donationBasisPoints: number;
  /** The least threshold that it may choose, and how long a changed address waits; 0 where payoutd has not said yet. */
  readonly leastThresholdSats: bigint;
  readonly addressDelayMs: number;
  /** Not used before: its 16 hex digits are a nonce, that of the example. */
  readonly nextNonce: bigint;
  /** A line to sign, with a threshold as its value. */
  readonly messageExample: string;
}

/** What is in force in the pool now. */
export interface PoolTerms {
  /** "PPLNS", "SOLO", "PPS", "FPPS", "PROP". */
  readonly scheme: string;
  /** X of PPLNS: a block is split over this many blocks' worth of work, in thousandths. */
  readonly windowThousandths: number;
  readonly feeBasisPoints: number;
  readonly donationBasisPoints: number;
  /** Of who has chosen none; 0 where payoutd has not said yet. */
  readonly thresholdSats: bigint;
  /** The least that one may choose; 0 as before. */
  readonly leastThresholdSats: bigint;
  /** How long a changed payout address waits, ms; 0 as before. */
  readonly addressDelayMs: number;
  /** Blocks until a coinbase can be spent; 0 as before. */
  readonly maturity: number;
  /** Who pays the network for a payment; null as before. */
  readonly feePayer: "pool" | "shared" | null;
  /** Subsidy and expected fees of the next block, as the ledger knows the chain; null where it knows none of it. */
  readonly nextBlockSats: bigint | null;
}
