/**
 * How a block moves money: credited when it is on the chain and split, moved when it is mature, taken back when another
 * takes its place. Each once for each epoch (the transfers' causes see to that); the split itself is made once.
 *
 * @module
 */
import {
  type Bucket,
  type Cause,
  type Entry,
  IMMATURE,
  MATURE,
  ownAccounts,
  post,
} from "../books.ts";
import { addCoinbaseCoins, type CoinOfPayout, matureCoins, removeCoins } from "../payouts/coins.ts";
import type { Tx } from "../port.ts";
import { coinbaseOf, noteEvent } from "./read.ts";
import type { Block, BlockCredit } from "./types.ts";

/** Collects entries; what adds up to nothing is left out. */
class Entries {
  readonly #sums = new Map<string, Entry>();

  add(account: number, bucket: Bucket, sats: bigint): void {
    const key = `${account}/${bucket}`;
    const before = this.#sums.get(key)?.sats ?? 0n;
    this.#sums.set(key, { account, bucket, sats: before + sats });
  }

  all(): Entry[] {
    return [...this.#sums.values()].filter(({ sats }) => sats !== 0n);
  }
}

/**
 * Books the split of a block that stands on the best chain: the whole value as credits, and what the coinbase paid to
 * others as payments at once, so that `rewards` holds what the pool's own scripts got. The pool's outputs become coins.
 *
 * @param split The rows of its split, where they are at hand.
 */
export async function bookBlock(
  tx: Tx,
  block: Block,
  atMs: number,
  split?: readonly BlockCredit[],
): Promise<void> {
  const { hash, epoch, height } = block;
  const own = await ownAccounts(tx);
  const credits = split ?? await creditsOf(tx, hash);
  const earned = new Entries();
  earned.add(own.rewards, IMMATURE, -block.value!);
  earned.add(own.fee, IMMATURE, block.fee!);
  earned.add(own.donation, IMMATURE, block.donation!);
  for (const { account, sats } of credits) earned.add(account, IMMATURE, sats);
  await postAny(tx, "credit", { blockHash: hash, epoch }, earned, atMs);

  const paid = new Entries();
  for (const credit of credits) {
    if (credit.paid === 0n) continue;
    paid.add(own.rewards, IMMATURE, credit.paid);
    paid.add(credit.account, IMMATURE, credit.carried - credit.paid);
    // What was owed from before was payable before: it is gone at once, not when the block is mature.
    paid.add(credit.account, MATURE, -credit.carried);
  }
  await postAny(tx, "paid_in_coinbase", { blockHash: hash, epoch }, paid, atMs);

  const coinbase = (await coinbaseOf(tx, block))!;
  const outputs = coinbase.outputs.flatMap(({ isPool, position: vout, sats, script }) =>
    isPool ? [{ txid: coinbase.txid, vout, sats, script }] : []
  );
  await addCoinbaseCoins(tx, { blockHash: hash, height, outputs });
  await tx.prepared("block_booked", "UPDATE block SET booked = true WHERE hash = $1", [hash]);
  await noteEvent(tx, hash, "booked", epoch, atMs);
}

/** Moves what is left of a booking from immature to mature, and its coins from `rewards` to `wallet`. */
export async function matureBooking(
  tx: Tx,
  { hash, epoch }: Block,
  atMs: number,
): Promise<void> {
  const own = await ownAccounts(tx);
  const moved = new Entries();
  for (const { account, bucket, sats } of await sumsOfEpoch(tx, hash, epoch)) {
    if (bucket !== IMMATURE) continue;
    moved.add(account, IMMATURE, -sats);
    moved.add(account === own.rewards ? own.wallet : account, MATURE, sats);
  }
  await postAny(tx, "maturity", { blockHash: hash, epoch }, moved, atMs);
  await matureCoins(tx, hash);
  await tx.prepared("block_matured", "UPDATE block SET matured = true WHERE hash = $1", [hash]);
  await noteEvent(tx, hash, "matured", epoch, atMs);
}

/**
 * Takes a booking back: exactly the sum of what this epoch has moved, negated. Balances may fall below zero (I7).
 *
 * @returns Coins of it that payments spend already.
 */
export async function reverseBooking(
  tx: Tx,
  { hash, epoch }: Block,
  atMs: number,
): Promise<CoinOfPayout[]> {
  const back = new Entries();
  for (const { account, bucket, sats } of await sumsOfEpoch(tx, hash, epoch)) {
    back.add(account, bucket, -sats);
  }
  await postAny(tx, "reversal", { blockHash: hash, epoch }, back, atMs);
  const alarms = await removeCoins(tx, hash);
  await tx.prepared(
    "block_reversed",
    "UPDATE block SET booked = false, matured = false WHERE hash = $1",
    [hash],
  );
  return alarms;
}

/**
 * A block may be worth nothing, late in a test network's life: no money moves then.
 *
 * @throws {Error} It was posted before: the block's row and the transfers tell different things.
 */
async function postAny(tx: Tx, kind: string, cause: Cause, entries: Entries, atMs: number) {
  const all = entries.all();
  if (all.length === 0 || await post(tx, kind, cause, all, atMs)) return;
  throw new Error(`Cannot post the block's transfer of kind "${kind}" a second time`);
}

/** What a block's transfers of one epoch moved so far, by account and bucket. */
function sumsOfEpoch(tx: Tx, hash: Uint8Array, epoch: number): Promise<Entry[]> {
  return tx.prepared<{ account: number; bucket: Bucket; sats: bigint }>(
    "block_epoch_sums",
    `SELECT account_id AS account, bucket, sum(sats) AS sats
     FROM transfer JOIN entry ON transfer_id = transfer.id
     WHERE block_hash = $1 AND epoch = $2 AND kind IN ('credit', 'paid_in_coinbase', 'maturity')
     GROUP BY account_id, bucket ORDER BY account_id, bucket`,
    [hash, epoch],
  );
}

/** The rows of a settled block's split, by account. */
export function creditsOf(tx: Tx, hash: Uint8Array): Promise<BlockCredit[]> {
  return tx.prepared<BlockCredit & Record<string, unknown>>(
    "block_credits",
    `SELECT account_id AS account, weight, sats, fee_basis_points AS "feeBasisPoints",
       donation_basis_points AS "donationBasisPoints", paid, carried
     FROM block_credit WHERE block_hash = $1 ORDER BY account_id`,
    [hash],
  );
}
