/**
 * Blocks of ours, as they stand in the ledger (migrations/0003_blocks.sql).
 *
 * @module
 */

/**
 * `found`: none of the nodes has it on its best chain as far as is known. `confirmed`: on the best chain. `mature`: as
 * deep as its coinbase needs to be spent. `orphaned`: another block stands at its height, seen so several times.
 */
export type BlockState = "found" | "confirmed" | "mature" | "orphaned";

/** What is known of a block before the chain is asked. */
export interface NewBlock {
  /** 32 bytes, internal order. */
  readonly hash: Uint8Array;
  readonly height: number;
  /** T: log-append time of the candidate, milliseconds since the Unix epoch. */
  readonly foundAtMs: number;
  readonly nbits: number;
  readonly origin: "found" | "solved" | "operator";
  /** The record that told of it; null where an operator did. */
  readonly record: { readonly logId: string; readonly offset: number } | null;
  readonly jobId: string;
  /** Of the job's coinbases: VARIANT_POOL and so on. */
  readonly variant: number;
  /** Empty where its outputs rest on none. */
  readonly snapshotId: Uint8Array;
  /** Canonical address; empty where nobody was authorised. */
  readonly finder: string;
  readonly worker: string;
  readonly gateway: string;
  /** BlockFacts as they came. */
  readonly facts: Uint8Array | null;
  /** What is odd about it, in sentences. */
  readonly remarks: readonly string[];
}

/** A block announced as lost. */
export interface LostBlock {
  readonly hash: Uint8Array;
  readonly height: number;
  readonly foundAtMs: number;
  readonly finder: string;
  readonly worker: string;
  readonly reason: string;
  readonly record: { readonly logId: string; readonly offset: number };
}

export interface CoinbaseOutput {
  readonly position: number;
  readonly sats: bigint;
  readonly script: Uint8Array;
  /** Pays a script of the pool: a coin of ours. */
  readonly isPool: boolean;
}

/** A block's coinbase as it stands in the chain: its outputs that are worth something. */
export interface Coinbase {
  readonly txid: Uint8Array;
  readonly outputs: readonly CoinbaseOutput[];
}

export interface Block extends NewBlock {
  readonly state: BlockState;
  readonly epoch: number;
  /** A booking of this epoch stands. */
  readonly booked: boolean;
  /** It has been moved to mature. */
  readonly matured: boolean;
  readonly confirmations: number | null;
  readonly watched: boolean;
  readonly coinbaseTxid: Uint8Array | null;
  /** V, whole satoshi; null until a node has shown the block. */
  readonly value: bigint | null;
  readonly settledAtMs: number | null;
  readonly scheme: string | null;
  readonly fee: bigint | null;
  readonly donation: bigint | null;
  readonly waitsFor: string | null;
}

/** A row of `block_credit`: what an account got of a block. */
export interface BlockCredit {
  /** Id in the ledger. */
  readonly account: number;
  readonly weight: bigint;
  readonly sats: bigint;
  readonly feeBasisPoints: number;
  readonly donationBasisPoints: number;
  /** What the coinbase paid it at once. */
  readonly paid: bigint;
  /** How much of that was owed from before. */
  readonly carried: bigint;
}

/** How a block is split, for good: credits, fee and donation add up to the block's value. */
export interface Settlement {
  /** A scheme's name, or "solo-coinbase", "opening", "operator". */
  readonly scheme: string;
  readonly credits: readonly BlockCredit[];
  readonly fee: bigint;
  readonly donation: bigint;
  /** What it rests on. Plain values only: amounts and offsets as text. */
  readonly basis: Record<string, unknown>;
  readonly remarks: readonly string[];
}
