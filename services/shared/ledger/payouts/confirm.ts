/**
 * A payment confirmed, and no more: what that does to the books and to the coins. In the follower's money transaction.
 *
 * @module
 */
import { type Entry, MATURE, ownAccounts, post } from "../books.ts";
import type { Tx } from "../port.ts";
import { outputsOf } from "./outputs.ts";
import { payoutOf } from "./read.ts";
import type { Attempt, Payout } from "./types.ts";

/**
 * Books that an attempt is deep enough in the chain: `payout_confirmed` (transit −, wallet +) and, for what the pool
 * pays of the network fee, `payout_fee` (network_fee −, wallet +). Its coins are spent, its change is a coin.
 */
export async function confirmPayout(
  tx: Tx,
  id: bigint,
  number: number,
  atMs: number,
): Promise<void> {
  const payout = (await payoutOf(tx, id))!;
  const attempt = payout.attempts[number]!;
  const turn = await confirmationsBooked(tx, id);
  const own = await ownAccounts(tx);
  const cause = { payoutId: id, attempt: turn };
  const { grossSats } = payout;
  await post(tx, "payout_confirmed", cause, [
    { account: own.transit, bucket: MATURE, sats: -grossSats },
    { account: own.wallet, bucket: MATURE, sats: grossSats },
  ], atMs);
  const fee = feeOfPool(payout, attempt);
  if (fee > 0n) {
    await post(tx, "payout_fee", cause, [
      { account: own.network_fee, bucket: MATURE, sats: -fee },
      { account: own.wallet, bucket: MATURE, sats: fee },
    ], atMs);
  }
  // An operator had given a coin of it up, and was wrong.
  const found = await tx.prepared<{ sats: bigint }>(
    "payout_coins_found",
    `UPDATE coin SET state = 'mature' WHERE state = 'lost'
       AND id IN (SELECT coin_id FROM payout_input WHERE payout_id = $1 AND attempt = $2) RETURNING sats`,
    [id, number],
  );
  if (found.length > 0) {
    const sats = found.reduce((sum, coin) => sum + coin.sats, 0n);
    await post(tx, "coin_found", cause, [
      { account: own.wallet, bucket: MATURE, sats: -sats },
      { account: own.operator, bucket: MATURE, sats },
    ], atMs);
  }
  await tx.prepared(
    "payout_confirmed",
    `UPDATE payout SET state = 'confirmed', confirmed_attempt = $2, confirmed_at_ms = $3,
       confirmations_booked = $4 WHERE id = $1`,
    [id, number, atMs, turn + 1],
  );
  await tx.prepared(
    "payout_coins_spent",
    `UPDATE coin SET spent = true, trouble = NULL
     WHERE id IN (SELECT coin_id FROM payout_input WHERE payout_id = $1 AND attempt = $2)`,
    [id, number],
  );
  if (attempt.changeSats === 0n) return;
  await tx.prepared(
    "payout_change",
    `INSERT INTO coin AS c (txid, vout, sats, script, origin, made_by, height, state)
     VALUES ($1, $2, $3, $4, 'change', $5, $6, 'mature')
     ON CONFLICT (txid, vout, block_hash) DO UPDATE SET state = 'mature', height = excluded.height`,
    [
      attempt.txid,
      changeIndex(payout, attempt),
      attempt.changeSats,
      payout.changeScript,
      id,
      attempt.block!.height,
    ],
  );
}

/** Takes the confirmation back (`payout_unconfirmed`): a reorganisation removed the block. The payment is to be sent again. */
export async function unconfirmPayout(tx: Tx, id: bigint, atMs: number): Promise<void> {
  const payout = (await payoutOf(tx, id))!;
  const attempt = payout.attempts[payout.confirmedAttempt!]!;
  const turn = await confirmationsBooked(tx, id);
  const own = await ownAccounts(tx);
  const fee = feeOfPool(payout, attempt);
  const entries: Entry[] = [
    { account: own.transit, bucket: MATURE, sats: payout.grossSats },
    { account: own.wallet, bucket: MATURE, sats: -payout.grossSats - fee },
    ...(fee > 0n ? [{ account: own.network_fee, bucket: MATURE, sats: fee } as const] : []),
  ];
  await post(tx, "payout_unconfirmed", { payoutId: id, attempt: turn - 1 }, entries, atMs);
  await tx.prepared(
    "payout_unconfirmed",
    `UPDATE payout SET state = 'broadcast', confirmed_attempt = NULL, confirmed_at_ms = NULL WHERE id = $1`,
    [id],
  );
  await tx.prepared(
    "payout_coins_back",
    "UPDATE coin SET spent = false WHERE payout_id = $1",
    [id],
  );
  await undoLostChange(tx, id, turn, atMs);
  await tx.prepared("payout_change_gone", "UPDATE coin SET state = 'gone' WHERE made_by = $1", [
    id,
  ]);
}

/** Change that an operator had written off is worth something again: the coins that it was made of are back. */
async function undoLostChange(tx: Tx, id: bigint, turn: number, atMs: number): Promise<void> {
  const [lost] = await tx.prepared<{ sats: bigint | null }>(
    "payout_change_lost",
    "SELECT sum(sats) AS sats FROM coin WHERE made_by = $1 AND state = 'lost'",
    [id],
  );
  const sats = lost?.sats ?? 0n;
  if (sats === 0n) return;
  const { wallet, operator } = await ownAccounts(tx);
  // Below zero: the same number above it is of coins found by the confirmation that is taken back.
  await post(tx, "coin_found", { payoutId: id, attempt: -turn }, [
    { account: wallet, bucket: MATURE, sats: -sats },
    { account: operator, bucket: MATURE, sats },
  ], atMs);
}

/** What the pool pays of an attempt's fee: all that the payees' shares do not. */
function feeOfPool(payout: Payout, attempt: Attempt): bigint {
  return attempt.feeSats - payout.feeShareSats;
}

async function confirmationsBooked(tx: Tx, id: bigint): Promise<number> {
  const [row] = await tx.prepared<{ turn: number }>(
    "payout_turn",
    "SELECT confirmations_booked AS turn FROM payout WHERE id = $1",
    [id],
  );
  return row!.turn;
}

/** Where the change stands among the outputs: see `outputsOf()`. */
function changeIndex(payout: Payout, attempt: Attempt): number {
  return outputsOf(payout, attempt).findIndex(({ change }) => change);
}
