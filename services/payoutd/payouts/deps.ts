/** What payouts may touch, and how they are set. @module */
import type { Network } from "@gopool/chain";
import type { Ledger, Tx } from "@gopool/ledger";
import type { Nodes } from "@gopool/node";
import type { Clock, Logger, StatusBoard } from "@gopool/runtime";
import type { Signer } from "../signing/port.ts";
import type { FeeBounds } from "./fees.ts";
import type { FeePayer } from "./plan.ts";

/** Where an account is paid, and from which balance on. */
export interface Payee {
  readonly script: Uint8Array;
  readonly threshold: bigint;
}

export interface PayoutSettings {
  /** How often payments are planned. */
  readonly everyMs: number;
  /** The usual threshold; a balance that fits only in part is paid from this amount on. */
  readonly thresholdSats: bigint;
  /** An operator says yes to each payment; the limits below are then not asked. */
  readonly approval: boolean;
  /** Most that one run may debit by itself. */
  readonly maxRunSats: bigint;
  /** Most that payments planned within 24 hours may debit by themselves; rolling, by the clock given. */
  readonly maxDaySats: bigint;
  readonly maxOutputs: number;
  readonly fees: FeeBounds;
  readonly feeTargetBlocks: number;
  readonly feePayer: FeePayer;
  /** The pool's own script: change goes there. */
  readonly changeScript: Uint8Array;
  /** Blocks until a payment counts as made. */
  readonly confirmations: number;
  /** Blocks until a coinbase can be spent: 100, fewer only on a test chain of one's own. */
  readonly maturity: number;
}

export interface PayoutsDeps {
  readonly ledger: Ledger;
  readonly nodes: Nodes;
  /** Null: nobody signs, and nothing is paid. */
  readonly signer: Signer | null;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly network: Network;
  readonly settings: PayoutSettings;
  /**
   * Payees in force at a time, by canonical address. A text instead says why the account cannot be paid now, as the rest
   * of a sentence; one that is missing cannot either.
   */
  readonly payeesOf: (
    tx: Tx,
    addresses: readonly string[],
    nowMs: number,
  ) => Promise<ReadonlyMap<string, Payee | string>>;
  /** Accounts that nothing is planned for now: a coinbase may still pay their balance. */
  readonly leftOut: (tx: Tx, nowMs: number) => Promise<ReadonlySet<number>>;
  /**
   * Announced blocks that the ledger has not heard of. What their coinbases have paid is not in it either: while there
   * are any nothing is planned.
   */
  readonly unreadBlocks: () => Promise<number>;
}
