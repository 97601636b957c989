/**
 * Payments on their way, in few words each: what a watcher needs to see what is wrong.
 *
 * @module
 */
import type { Tx } from "../port.ts";
import type { PayoutState } from "./types.ts";

export interface AlivePayout {
  readonly id: bigint;
  readonly state: PayoutState;
  readonly plannedAtMs: number;
  readonly grossSats: bigint;
  /** Of the latest attempt. */
  readonly attempt: number;
  readonly isSigned: boolean;
  /** First taken by a node, any attempt. */
  readonly sentAtMs: number | null;
  readonly lastAnswer: string | null;
  /** A block holds one of its attempts. */
  readonly inBlock: boolean;
  /** Coins of the latest attempt that vanished: without a replacement it will never be confirmed. */
  readonly vanished: number;
}

/** Neither confirmed nor cancelled, oldest first. */
export async function alivePayouts(tx: Tx): Promise<AlivePayout[]> {
  const rows = await tx.prepared<{
    id: bigint;
    state: PayoutState;
    planned_at_ms: bigint;
    gross_sats: bigint;
    attempt: number;
    signed: boolean;
    sent_at_ms: bigint | null;
    last_answer: string | null;
    in_block: boolean;
    vanished: bigint;
  }>(
    "payouts_alive",
    `SELECT p.id, p.state, p.planned_at_ms, p.gross_sats, t.attempt, t.txid IS NOT NULL AS signed,
       s.sent_at_ms, s.last_answer, s.in_block,
       (SELECT count(*) FROM payout_input i JOIN coin_vanished v ON v.id = i.coin_id
        WHERE i.payout_id = p.id AND i.attempt = t.attempt) AS vanished
     FROM payout p
     CROSS JOIN LATERAL (
       SELECT attempt, txid FROM payout_tx WHERE payout_id = p.id ORDER BY attempt DESC LIMIT 1) t
     CROSS JOIN LATERAL (
       SELECT min(sent_at_ms) AS sent_at_ms, coalesce(bool_or(block_hash IS NOT NULL), false) AS in_block,
         (array_agg(last_answer ORDER BY attempt DESC) FILTER (WHERE last_answer IS NOT NULL))[1] AS last_answer
       FROM payout_tx WHERE payout_id = p.id) s
     WHERE p.state NOT IN ('confirmed', 'cancelled') ORDER BY p.id`,
  );
  return rows.map((row) => ({
    id: row.id,
    state: row.state,
    plannedAtMs: Number(row.planned_at_ms),
    grossSats: row.gross_sats,
    attempt: row.attempt,
    isSigned: row.signed,
    sentAtMs: row.sent_at_ms === null ? null : Number(row.sent_at_ms),
    lastAnswer: row.last_answer,
    inBlock: row.in_block,
    vanished: Number(row.vanished),
  }));
}

/** The payment that spends change of this one; null where none does. */
export async function spenderOfChange(tx: Tx, id: bigint): Promise<bigint | null> {
  const [row] = await tx.prepared<{ payout_id: bigint }>(
    "payout_change_spent",
    "SELECT payout_id FROM coin WHERE made_by = $1 AND payout_id IS NOT NULL ORDER BY payout_id LIMIT 1",
    [id],
  );
  return row?.payout_id ?? null;
}
