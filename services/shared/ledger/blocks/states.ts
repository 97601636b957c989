/**
 * A block's states, each change with the money that follows from it in one transaction. Callers run these in money
 * transactions; done twice they are done once.
 *
 * @module
 */
import type { CoinOfPayout } from "../payouts/coins.ts";
import type { Tx } from "../port.ts";
import { bookBlock, matureBooking, reverseBooking } from "./book.ts";
import { blockOf, coinbaseOf, noteEvent } from "./read.ts";
import type { Block, Coinbase, Settlement } from "./types.ts";

/** What the nodes said at a look. */
export interface Seen {
  /** Of the best chain; -1 beside it, 0 where no node knows the block. */
  readonly confirmations: number;
  readonly atMs: number;
}

/**
 * A node has it on its best chain. Its coinbase is kept as it stands there; a block that was split before is booked
 * (again, under the next epoch).
 *
 * @returns Whether it changed its state.
 */
export async function confirmBlock(
  tx: Tx,
  hash: Uint8Array,
  coinbase: Coinbase,
  { confirmations, atMs }: Seen,
): Promise<boolean> {
  const block = await blockOf(tx, hash, { lock: true });
  if (block === null || block.state === "confirmed" || block.state === "mature") return false;
  if (block.coinbaseTxid === null) await keepCoinbase(tx, block, coinbase);
  // Booked once and taken back: the next booking is another epoch's.
  const epoch = block.epoch + (await wasReversed(tx, block) ? 1 : 0);
  await tx.prepared(
    "block_confirm",
    `UPDATE block SET state = 'confirmed', epoch = $2, confirmations = $3, looked_at_ms = $4, waits_for = NULL,
       watched = true WHERE hash = $1`,
    [hash, epoch, confirmations, atMs],
  );
  await noteEvent(tx, hash, "confirmed", epoch, atMs);
  if (block.scheme !== null) {
    await bookBlock(tx, (await blockOf(tx, hash))!, atMs);
  }
  return true;
}

/** Deep enough on the best chain of every healthy node for its coinbase to be spent (I6). */
export async function matureBlock(
  tx: Tx,
  hash: Uint8Array,
  { confirmations, atMs }: Seen,
): Promise<boolean> {
  const block = await blockOf(tx, hash, { lock: true });
  if (block?.state !== "confirmed") return false;
  await tx.prepared(
    "block_mature",
    "UPDATE block SET state = 'mature', confirmations = $2, looked_at_ms = $3 WHERE hash = $1",
    [hash, confirmations, atMs],
  );
  if (block.booked) await matureBooking(tx, block, atMs);
  return true;
}

/**
 * Another block stands at its height for good, as far as anybody can say: what it moved is taken back (I7).
 *
 * @returns Coins of it that payments spend already: those payments need somebody's eye. Null where nothing changed.
 */
export async function orphanBlock(
  tx: Tx,
  hash: Uint8Array,
  { confirmations, atMs }: Seen,
): Promise<CoinOfPayout[] | null> {
  const block = await blockOf(tx, hash, { lock: true });
  if (block === null || block.state === "orphaned") return null;
  const spent = block.booked ? await reverseBooking(tx, block, atMs) : [];
  await tx.prepared(
    "block_orphan",
    `UPDATE block SET state = 'orphaned', confirmations = $2, looked_at_ms = $3, waits_for = NULL
     WHERE hash = $1`,
    [hash, confirmations, atMs],
  );
  await noteEvent(tx, hash, "orphaned", block.epoch, atMs);
  return spent;
}

/** Keeps how a block on the best chain is split, for good, and books it. */
export async function settleBlock(
  tx: Tx,
  hash: Uint8Array,
  settlement: Settlement,
  atMs: number,
): Promise<boolean> {
  const block = await blockOf(tx, hash, { lock: true });
  if (block === null || block.scheme !== null) return false;
  if (block.state !== "confirmed" && block.state !== "mature") return false;
  await assertExact(tx, block, settlement);
  const { credits } = settlement;
  await tx.prepared(
    "block_credit_make",
    `INSERT INTO block_credit (block_hash, account_id, weight, sats, fee_basis_points, donation_basis_points, paid,
       carried)
     SELECT $1, * FROM unnest($2::int[], $3::numeric[], $4::bigint[], $5::int[], $6::int[], $7::bigint[],
       $8::bigint[])`,
    [
      hash,
      credits.map(({ account }) => account),
      credits.map(({ weight }) => weight),
      credits.map(({ sats }) => sats),
      credits.map(({ feeBasisPoints }) => feeBasisPoints),
      credits.map(({ donationBasisPoints }) => donationBasisPoints),
      credits.map(({ paid }) => paid),
      credits.map(({ carried }) => carried),
    ],
  );
  await tx.prepared(
    "block_settle",
    `UPDATE block SET settled_at_ms = $2, scheme = $3, fee = $4, donation = $5, basis = $6, waits_for = NULL,
       remarks = remarks || $7::text[] WHERE hash = $1`,
    [
      hash,
      atMs,
      settlement.scheme,
      settlement.fee,
      settlement.donation,
      settlement.basis,
      settlement.remarks,
    ],
  );
  await noteEvent(tx, hash, "settled", block.epoch, atMs);
  const settled = (await blockOf(tx, hash))!;
  await bookBlock(tx, settled, atMs, credits);
  if (block.state === "mature") await matureBooking(tx, settled, atMs);
  return true;
}

/** Keeps what was seen of blocks, where that is news. */
export async function noteLooks(
  tx: Tx,
  looks: readonly { readonly hash: Uint8Array; readonly confirmations: number }[],
  atMs: number,
): Promise<void> {
  // Every look is written where more are watched than one look takes: those least looked at come first.
  await tx.prepared(
    "block_looks",
    `UPDATE block b SET confirmations = l.confirmations, looked_at_ms = $3
     FROM unnest($1::bytea[], $2::int[]) AS l(hash, confirmations)
     WHERE b.hash = l.hash
       AND (b.confirmations IS DISTINCT FROM l.confirmations
         OR (SELECT count(*) FROM block WHERE watched) > cardinality($1::bytea[]))`,
    [looks.map(({ hash }) => hash), looks.map(({ confirmations }) => confirmations), atMs],
  );
}

export async function noteWaiting(tx: Tx, hash: Uint8Array, waitsFor: string): Promise<void> {
  await tx.prepared(
    "block_waits",
    "UPDATE block SET waits_for = $2 WHERE hash = $1 AND waits_for IS DISTINCT FROM $2",
    [hash, waitsFor],
  );
}

/** Adds a sentence about what is odd, once. */
export async function addRemark(tx: Tx, hash: Uint8Array, remark: string): Promise<void> {
  await tx.prepared(
    "block_remark",
    "UPDATE block SET remarks = remarks || $2::text WHERE hash = $1 AND NOT $2::text = ANY (remarks)",
    [hash, remark],
  );
}

/** The nodes are asked about it no more. */
export async function restBlock(tx: Tx, hash: Uint8Array, atMs: number): Promise<void> {
  const [row] = await tx.prepared<{ epoch: number }>(
    "block_rest",
    "UPDATE block SET watched = false WHERE hash = $1 AND watched RETURNING epoch",
    [hash],
  );
  if (row !== undefined) await noteEvent(tx, hash, "rested", row.epoch, atMs);
}

/** A block of ours was seen on the chain: it is asked about again, should it rest. */
export async function wakeBlock(tx: Tx, hash: Uint8Array, atMs: number): Promise<boolean> {
  const [row] = await tx.prepared<{ epoch: number }>(
    "block_wake",
    "UPDATE block SET watched = true WHERE hash = $1 AND NOT watched RETURNING epoch",
    [hash],
  );
  if (row !== undefined) await noteEvent(tx, hash, "woken", row.epoch, atMs);
  return row !== undefined;
}

async function keepCoinbase(tx: Tx, { hash, origin }: Block, coinbase: Coinbase): Promise<void> {
  // What an operator claims of somebody else's coinbase is what it pays the pool.
  const outputs = origin === "operator"
    ? coinbase.outputs.filter(({ isPool }) => isPool)
    : coinbase.outputs;
  const value = outputs.reduce((sum, { sats }) => sum + sats, 0n);
  await tx.prepared(
    "block_coinbase",
    "UPDATE block SET coinbase_txid = $2, value = $3 WHERE hash = $1",
    [hash, coinbase.txid, value],
  );
  await tx.prepared(
    "block_output_make",
    `INSERT INTO block_output (block_hash, position, sats, script, is_pool)
     SELECT $1, * FROM unnest($2::int[], $3::bigint[], $4::bytea[], $5::boolean[])`,
    [
      hash,
      outputs.map(({ position }) => position),
      outputs.map(({ sats }) => sats),
      outputs.map(({ script }) => script),
      outputs.map(({ isPool }) => isPool),
    ],
  );
}

async function wasReversed(tx: Tx, { hash, epoch }: Block): Promise<boolean> {
  const rows = await tx.prepared(
    "block_was_reversed",
    "SELECT FROM block_event WHERE block_hash = $1 AND epoch = $2 AND what = 'booked' LIMIT 1",
    [hash, epoch],
  );
  return rows.length > 0;
}

/** I1, and that what the coinbase paid is what the credits say: a split that is not exact is never kept. */
async function assertExact(tx: Tx, block: Block, split: Settlement): Promise<void> {
  const sum = (of: (credit: Settlement["credits"][number]) => bigint) =>
    split.credits.reduce((total, credit) => total + of(credit), 0n);
  const total = sum(({ sats }) => sats) + split.fee + split.donation;
  if (total !== block.value) {
    throw new RangeError(`Cannot settle a block worth ${block.value} sats by a split of ${total}`);
  }
  const { outputs } = (await coinbaseOf(tx, block))!;
  const others = outputs.reduce((all, { isPool, sats }) => isPool ? all : all + sats, 0n);
  const paid = sum((credit) => credit.paid);
  if (paid !== others) {
    throw new RangeError(
      `Cannot settle a block whose coinbase pays others ${others} sats with payments of ${paid}`,
    );
  }
}
