/** A payment as it stands in the ledger. @module */

export type PayoutState =
  | "awaiting"
  | "planned"
  | "signed"
  | "broadcast"
  | "confirmed"
  | "cancelled";

/** Who is paid: an output of `grossSats - feeSats`. */
export interface PayoutLine {
  readonly account: number;
  /** Canonical address. */
  readonly name: string;
  readonly script: Uint8Array;
  /** The debit. */
  readonly grossSats: bigint;
  /** Of it, what the payee gives for the network fee. */
  readonly feeSats: bigint;
}

export interface PayoutCoin {
  readonly id: bigint;
  readonly txid: Uint8Array;
  readonly vout: number;
  readonly sats: bigint;
  readonly script: Uint8Array;
  readonly origin: "coinbase" | "change" | "deposit";
  readonly state: "immature" | "mature" | "gone" | "lost";
  /** Gone for good as far as anybody can see: see `coin_vanished` in migrations/0004_payouts.sql. */
  readonly vanished: boolean;
  readonly trouble: string | null;
}

export type AttemptReason = "planned" | "fee" | "input-gone" | "seen";

/** One transaction for a payment. */
export interface Attempt {
  readonly attempt: number;
  readonly reason: AttemptReason;
  /** Satoshis per 1000 virtual bytes aimed at. */
  readonly feeRate: bigint;
  /** Inputs less outputs. */
  readonly feeSats: bigint;
  /** Zero: no change output. */
  readonly changeSats: bigint;
  readonly weight: number;
  readonly atMs: number;
  readonly handedAtMs: number | null;
  readonly txid: Uint8Array | null;
  readonly raw: Uint8Array | null;
  readonly sentAtMs: number | null;
  readonly lastSentAtMs: number | null;
  readonly lastAnswer: string | null;
  readonly block: { readonly hash: Uint8Array; readonly height: number } | null;
  readonly inputs: readonly PayoutCoin[];
}

export interface Payout {
  readonly id: bigint;
  readonly state: PayoutState;
  readonly feePayer: "pool" | "shared";
  readonly grossSats: bigint;
  readonly feeShareSats: bigint;
  readonly changeScript: Uint8Array;
  readonly plannedAtMs: number;
  readonly confirmedAttempt: number | null;
  readonly confirmedAtMs: number | null;
  /** By account id. */
  readonly lines: readonly PayoutLine[];
  /** In their order; at least one. */
  readonly attempts: readonly Attempt[];
}
