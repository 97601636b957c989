/**
 * Payments read.
 *
 * @module
 */
import type { Tx } from "../port.ts";
import type { Attempt, Payout, PayoutCoin, PayoutLine, PayoutState } from "./types.ts";

interface PayoutRow {
  id: bigint;
  state: PayoutState;
  fee_payer: "pool" | "shared";
  gross_sats: bigint;
  fee_share_sats: bigint;
  change_script: Uint8Array;
  planned_at_ms: bigint;
  confirmed_attempt: number | null;
  confirmed_at_ms: bigint | null;
  [column: string]: unknown;
}

interface AttemptRow {
  attempt: number;
  reason: Attempt["reason"];
  fee_rate: bigint;
  fee_sats: bigint;
  change_sats: bigint;
  weight: number;
  at_ms: bigint;
  handed_at_ms: bigint | null;
  txid: Uint8Array | null;
  raw: Uint8Array | null;
  sent_at_ms: bigint | null;
  last_sent_at_ms: bigint | null;
  last_answer: string | null;
  block_hash: Uint8Array | null;
  block_height: number | null;
  [column: string]: unknown;
}

/** A payment with all that belongs to it; null where there is none of this id. */
export async function payoutOf(tx: Tx, id: bigint): Promise<Payout | null> {
  const [row] = await tx.prepared<PayoutRow>(
    "payout_of",
    `SELECT id, state, fee_payer, gross_sats, fee_share_sats, change_script, planned_at_ms,
       confirmed_attempt, confirmed_at_ms FROM payout WHERE id = $1`,
    [id],
  );
  if (row === undefined) return null;
  return {
    id: row.id,
    state: row.state,
    feePayer: row.fee_payer,
    grossSats: row.gross_sats,
    feeShareSats: row.fee_share_sats,
    changeScript: row.change_script,
    plannedAtMs: Number(row.planned_at_ms),
    confirmedAttempt: row.confirmed_attempt,
    confirmedAtMs: milliseconds(row.confirmed_at_ms),
    lines: await linesOf(tx, id),
    attempts: await attemptsOf(tx, id),
  };
}

function linesOf(tx: Tx, id: bigint): Promise<PayoutLine[]> {
  return tx.prepared<PayoutLine & Record<string, unknown>>(
    "payout_lines",
    `SELECT account_id AS account, name, script, gross_sats AS "grossSats", fee_sats AS "feeSats"
     FROM payout_line JOIN account ON account.id = account_id WHERE payout_id = $1 ORDER BY account_id`,
    [id],
  );
}

/** Who a payment pays, by account id, behind one of them. */
export function payoutLines(
  tx: Tx,
  id: bigint,
  { afterAccount, limit }: { readonly afterAccount: number; readonly limit: number },
): Promise<PayoutLine[]> {
  return tx.query<PayoutLine & Record<string, unknown>>(
    `SELECT account_id AS account, name, script, gross_sats AS "grossSats", fee_sats AS "feeSats"
     FROM payout_line JOIN account ON account.id = account_id
     WHERE payout_id = $1 AND account_id > $2 ORDER BY account_id LIMIT $3`,
    [id, afterAccount, limit],
  );
}

async function attemptsOf(tx: Tx, id: bigint): Promise<Attempt[]> {
  const rows = await tx.prepared<AttemptRow>(
    "payout_attempts",
    `SELECT attempt, reason, fee_rate, fee_sats, change_sats, weight, at_ms, handed_at_ms, txid, raw,
       sent_at_ms, last_sent_at_ms, last_answer, block_hash, block_height
     FROM payout_tx WHERE payout_id = $1 ORDER BY attempt`,
    [id],
  );
  const coins = await tx.prepared<PayoutCoin & { attempt: number; [column: string]: unknown }>(
    "payout_coins",
    `SELECT i.attempt, c.id, c.txid, c.vout, c.sats, c.script, c.origin, c.state, c.trouble,
       v.id IS NOT NULL AS vanished
     FROM payout_input i JOIN coin c ON c.id = i.coin_id LEFT JOIN coin_vanished v ON v.id = c.id
     WHERE i.payout_id = $1 ORDER BY c.id`,
    [id],
  );
  return rows.map((row) => ({
    attempt: row.attempt,
    reason: row.reason,
    feeRate: row.fee_rate,
    feeSats: row.fee_sats,
    changeSats: row.change_sats,
    weight: row.weight,
    atMs: Number(row.at_ms),
    handedAtMs: milliseconds(row.handed_at_ms),
    txid: row.txid,
    raw: row.raw,
    sentAtMs: milliseconds(row.sent_at_ms),
    lastSentAtMs: milliseconds(row.last_sent_at_ms),
    lastAnswer: row.last_answer,
    block: row.block_hash === null ? null : { hash: row.block_hash, height: row.block_height! },
    inputs: coins.flatMap(({ attempt, ...coin }) => attempt === row.attempt ? [coin] : []),
  }));
}

/** Ids of payments in one of these states, oldest first: the order in which change of one is spent by the next. */
export async function payoutsIn(tx: Tx, states: readonly PayoutState[]): Promise<bigint[]> {
  const rows = await tx.prepared<{ id: bigint }>(
    "payouts_in",
    "SELECT id FROM payout WHERE state = ANY($1::text[]) ORDER BY id",
    [states],
  );
  return rows.map(({ id }) => id);
}

/** A payment in a line, for lists. */
export interface PayoutSummary {
  readonly id: bigint;
  readonly state: PayoutState;
  readonly plannedAtMs: number;
  readonly lines: number;
  readonly grossSats: bigint;
  readonly attempts: number;
  /** Of the attempt that is confirmed, else of the latest. */
  readonly feeSats: bigint;
  readonly txid: Uint8Array | null;
  readonly height: number | null;
  readonly lastAnswer: string | null;
}

export interface PayoutsAsked {
  /** Only older ones; null or missing: from the newest on. */
  readonly beforeId?: bigint | null;
  readonly state?: PayoutState;
  /** This one alone. */
  readonly id?: bigint;
}

/** The newest payments first. */
export async function latestPayouts(
  tx: Tx,
  limit: number,
  { beforeId = null, state, id }: PayoutsAsked = {},
): Promise<PayoutSummary[]> {
  const rows = await tx.query<{
    id: bigint;
    state: PayoutState;
    planned_at_ms: bigint;
    lines: bigint;
    gross_sats: bigint;
    attempts: bigint;
    fee_sats: bigint;
    txid: Uint8Array | null;
    block_height: number | null;
    last_answer: string | null;
  }>(
    `SELECT p.id, p.state, p.planned_at_ms, p.gross_sats, t.fee_sats, t.txid, t.block_height, t.last_answer,
       (SELECT count(*) FROM payout_line WHERE payout_id = p.id) AS lines,
       (SELECT count(*) FROM payout_tx WHERE payout_id = p.id) AS attempts
     FROM payout p CROSS JOIN LATERAL (
       SELECT fee_sats, txid, block_height, last_answer FROM payout_tx
       WHERE payout_id = p.id AND attempt = coalesce(p.confirmed_attempt, attempt)
       ORDER BY attempt DESC LIMIT 1) t
     WHERE ($2::bigint IS NULL OR p.id < $2) AND ($3::text IS NULL OR p.state = $3)
       AND ($4::bigint IS NULL OR p.id = $4)
     ORDER BY p.id DESC LIMIT $1`,
    [limit, beforeId, state ?? null, id ?? null],
  );
  return rows.map((row) => ({
    id: row.id,
    state: row.state,
    plannedAtMs: Number(row.planned_at_ms),
    lines: Number(row.lines),
    grossSats: row.gross_sats,
    attempts: Number(row.attempts),
    feeSats: row.fee_sats,
    txid: row.txid,
    height: row.block_height,
    lastAnswer: row.last_answer,
  }));
}

function milliseconds(value: bigint | null): number | null {
  return value === null ? null : Number(value);
}
