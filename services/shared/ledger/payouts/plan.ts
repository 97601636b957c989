/**
 * Payments planned, allowed, and called off. All in money transactions.
 *
 * @module
 */
import { type Entry, MATURE, ownAccounts, post } from "../books.ts";
import type { Tx } from "../port.ts";
import { type Act, noteAct } from "./control.ts";
import { payoutOf } from "./read.ts";
import type { AttemptReason, Payout } from "./types.ts";

export interface NewLine {
  readonly account: number;
  readonly script: Uint8Array;
  readonly grossSats: bigint;
  readonly feeSats: bigint;
}

/** Amounts of a transaction to be: Σ of its coins = Σ (gross − fee) of the lines + change + fee. */
export interface NewAttempt {
  readonly coins: readonly bigint[];
  readonly feeRate: bigint;
  readonly feeSats: bigint;
  readonly changeSats: bigint;
  readonly weight: number;
}

export interface NewPayout extends NewAttempt {
  /** An operator has to say yes first. */
  readonly awaiting: boolean;
  readonly feePayer: "pool" | "shared";
  readonly changeScript: Uint8Array;
  readonly lines: readonly NewLine[];
  readonly atMs: number;
}

/** Not as the ledger stands: nothing was written. The message is a sentence for the operator. */
export class PayoutRefused extends Error {
  override name = "PayoutRefused";
}

/**
 * Writes a payment with its debits (`payout`: miners −, transit +) and takes its coins. The amounts must fit, every coin
 * must be free, and no balance may fall below zero.
 *
 * @returns Its id.
 * @throws {PayoutRefused}
 */
export async function addPayout(tx: Tx, payout: NewPayout): Promise<bigint> {
  const { lines, atMs, feePayer, changeScript, awaiting } = payout;
  const gross = lines.reduce((sum, { grossSats }) => sum + grossSats, 0n);
  const shared = lines.reduce((sum, { feeSats }) => sum + feeSats, 0n);
  if (payout.feeSats < shared) {
    throw new PayoutRefused("Cannot plan: its fee is less than its shares");
  }
  const [row] = await tx.prepared<{ id: bigint }>(
    "payout_make",
    `INSERT INTO payout (state, fee_payer, gross_sats, fee_share_sats, change_script, planned_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
    [awaiting ? "awaiting" : "planned", feePayer, gross, shared, changeScript, atMs],
  );
  const id = row!.id;
  await tx.prepared(
    "payout_lines_make",
    `INSERT INTO payout_line (payout_id, account_id, script, gross_sats, fee_sats)
     SELECT $1, * FROM unnest($2::int[], $3::bytea[], $4::bigint[], $5::bigint[])`,
    [
      id,
      lines.map(({ account }) => account),
      lines.map(({ script }) => script),
      lines.map(({ grossSats }) => grossSats),
      lines.map(({ feeSats }) => feeSats),
    ],
  );
  await takeCoins(tx, id, payout.coins);
  await addAttempt(tx, id, 0, "planned", payout, null, atMs);
  const { transit } = await ownAccounts(tx);
  await post(tx, "payout", { payoutId: id, attempt: 0 }, [
    ...debits(lines, -1n),
    { account: transit, bucket: MATURE, sats: gross },
  ], atMs);
  const [short] = await tx.query<{ account_id: number; sats: bigint }>(
    "SELECT account_id, sats FROM balance WHERE account_id = ANY($1::int[]) AND bucket = 1 AND sats < 0",
    [lines.map(({ account }) => account)],
  );
  if (short !== undefined) {
    throw new PayoutRefused(
      `Cannot plan: account ${short.account_id} would be left with ${short.sats} sats`,
    );
  }
  return id;
}

/** @throws {PayoutRefused} One of them is taken, spent or gone. */
async function takeCoins(tx: Tx, id: bigint, coins: readonly bigint[]): Promise<void> {
  const taken = await tx.prepared(
    "payout_coins_take",
    `UPDATE coin SET payout_id = $1 WHERE id = ANY($2::bigint[])
       AND state = 'mature' AND NOT spent AND payout_id IS NULL RETURNING id`,
    [id, coins],
  );
  if (taken.length !== coins.length) {
    throw new PayoutRefused("Cannot plan: a coin that it was to spend is not free any more");
  }
}

async function addAttempt(
  tx: Tx,
  id: bigint,
  attempt: number,
  reason: AttemptReason,
  { coins, feeRate, feeSats, changeSats, weight }: NewAttempt,
  askedBy: bigint | null,
  atMs: number,
): Promise<void> {
  await tx.prepared(
    "payout_tx_make",
    `INSERT INTO payout_tx (payout_id, attempt, reason, asked_by, fee_rate, fee_sats, change_sats, weight, at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [id, attempt, reason, askedBy, feeRate, feeSats, changeSats, weight, atMs],
  );
  await tx.prepared(
    "payout_inputs_make",
    "INSERT INTO payout_input (payout_id, attempt, coin_id) SELECT $1, $2, * FROM unnest($3::bigint[])",
    [id, attempt, coins],
  );
  const [sums] = await tx.prepared<{ fits: boolean }>(
    "payout_tx_sums",
    `SELECT (SELECT sum(c.sats) FROM payout_input i JOIN coin c ON c.id = i.coin_id
             WHERE i.payout_id = p.id AND i.attempt = $2)
       = p.gross_sats - p.fee_share_sats + $3::bigint + $4::bigint AS fits
     FROM payout p WHERE p.id = $1`,
    [id, attempt, changeSats, feeSats],
  );
  if (!sums!.fits) {
    throw new PayoutRefused(
      `Cannot plan payout ${id}: its coins are not what it pays, gives back and costs`,
    );
  }
}

/**
 * A replacement, whose coins are those of the latest attempt that there still are, and maybe more. The database refuses
 * one that does not exclude every earlier attempt.
 *
 * @returns Its number.
 * @throws {PayoutRefused}
 */
export async function addReplacement(
  tx: Tx,
  payout: Payout,
  reason: "fee" | "input-gone",
  attempt: NewAttempt,
  act: Act,
): Promise<number> {
  const number = payout.attempts.length;
  const askedBy = await noteAct(tx, "payout_bump", act, {
    payout: String(payout.id),
    attempt: number,
  });
  const held = new Set(payout.attempts.flatMap(({ inputs }) => inputs.map(({ id }) => id)));
  await takeCoins(tx, payout.id, attempt.coins.filter((coin) => !held.has(coin)));
  await addAttempt(tx, payout.id, number, reason, attempt, askedBy, act.atMs);
  return number;
}

/** The same payment under another txid, found in a block: see `AttemptReason`. */
export async function addSeenAttempt(
  tx: Tx,
  id: bigint,
  number: number,
  attempt: NewAttempt,
  atMs: number,
): Promise<void> {
  await addAttempt(tx, id, number, "seen", attempt, null, atMs);
}

/**
 * The operator's yes.
 *
 * @throws {PayoutRefused} It does not wait for one.
 */
export async function approvePayout(tx: Tx, id: bigint, act: Act): Promise<void> {
  const payout = await demand(tx, id);
  if (payout.state !== "awaiting") {
    throw new PayoutRefused(`Cannot approve payout ${id}: it is ${payout.state}`);
  }
  const by = await noteAct(tx, "payout_approve", act, { payout: String(id) });
  await tx.query("UPDATE payout SET state = 'planned', approved_by = $2 WHERE id = $1", [id, by]);
}

/**
 * Calls a payment off and gives its debits back (`payout_cancelled`): only while no signer has seen it, for after that a
 * signed transaction may exist somewhere; or when each of its attempts spends a coin that vanished with its coinbase,
 * and the latest has no other coin left that a replacement could share with it (I4).
 *
 * @throws {PayoutRefused}
 */
export async function cancelPayout(tx: Tx, id: bigint, act: Act): Promise<void> {
  const payout = await demand(tx, id);
  const why = whyNotCancelled(payout);
  if (why !== null) throw new PayoutRefused(`Cannot cancel payout ${id}: ${why}`);
  const by = await noteAct(tx, "payout_cancel", act, { payout: String(id) });
  const { transit } = await ownAccounts(tx);
  await post(tx, "payout_cancelled", { payoutId: id, attempt: 0 }, [
    ...debits(payout.lines, 1n),
    { account: transit, bucket: MATURE, sats: -payout.grossSats },
  ], act.atMs);
  await tx.query(
    "UPDATE payout SET state = 'cancelled', cancelled_by = $2, cancelled_at_ms = $3 WHERE id = $1",
    [id, by, act.atMs],
  );
  // Coins of what may have been signed stay with it: if they ever come back, it is this payment that they pay.
  if (payout.attempts.every(({ handedAtMs }) => handedAtMs === null)) {
    await tx.query("UPDATE coin SET payout_id = NULL WHERE payout_id = $1", [id]);
  }
}

function whyNotCancelled({ state, attempts }: Payout): string | null {
  if (state === "confirmed" || state === "cancelled") return `it is ${state}`;
  if (attempts.every(({ handedAtMs }) => handedAtMs === null)) return null;
  if (attempts.some(({ block }) => block !== null)) return "a block holds it";
  const possible = attempts.some(({ handedAtMs, inputs }) =>
    handedAtMs !== null && !inputs.some(({ vanished }) => vanished)
  );
  if (possible) {
    return "a signer has seen it: a transaction may exist that can still be confirmed. Replace it instead";
  }
  return attempts.at(-1)!.inputs.some(({ vanished }) => !vanished)
    ? "some of its coins are still there. Replace it instead: a replacement spends them"
    : null;
}

async function demand(tx: Tx, id: bigint): Promise<Payout> {
  const payout = await payoutOf(tx, id);
  if (payout === null) throw new PayoutRefused(`There is no payout ${id}`);
  return payout;
}

function debits(lines: readonly NewLine[], sign: bigint): Entry[] {
  return lines.map(({ account, grossSats }) => ({
    account,
    bucket: MATURE,
    sats: sign * grossSats,
  }));
}
