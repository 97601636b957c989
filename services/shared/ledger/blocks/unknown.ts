/**
 * Coinbases on the chain that pay the pool and that the ledger knows nothing of: an operator says what they are.
 *
 * @module
 */
import type { Tx } from "../port.ts";
import { takeBlock } from "./take.ts";

export interface UnknownCoinbase {
  /** 32 bytes, internal order. */
  readonly blockHash: Uint8Array;
  readonly height: number;
  /** To the pool's scripts. */
  readonly sats: bigint;
  readonly seenAtMs: number;
}

/** An operator's word about a block that there is nothing to be said about. */
export class NoSuchUnknown extends Error {
  override name = "NoSuchUnknown";
}

/** Those on the best chain about which nothing has been said, oldest first. */
export async function openUnknown(tx: Tx, limit: number): Promise<UnknownCoinbase[]> {
  const rows = await tx.prepared<
    { block_hash: Uint8Array; height: number; sats: bigint; seen_at_ms: bigint }
  >(
    "unknown_open",
    `SELECT block_hash, height, sats, seen_at_ms FROM unknown_coinbase
     WHERE resolution IS NULL AND on_chain ORDER BY seen_at_ms, block_hash LIMIT $1`,
    [limit],
  );
  return rows.map(({ block_hash: blockHash, seen_at_ms, ...rest }) => ({
    ...rest,
    blockHash,
    seenAtMs: Number(seen_at_ms),
  }));
}

/**
 * Books a block that nobody announced, on an operator's word: what its coinbase pays the pool is split like any block
 * found when its header says (or when it was seen, if that was earlier), without a finder.
 *
 * @throws {NoSuchUnknown} No such coinbase waits for a word.
 */
export async function bookUnknown(
  tx: Tx,
  hash: Uint8Array,
  operator: string,
  reason: string,
  atMs: number,
): Promise<void> {
  const row = await resolve(tx, hash, "booked", operator, reason, atMs);
  await takeBlock(tx, {
    hash,
    height: row.height,
    foundAtMs: Math.min(Number(row.time_ms), Number(row.seen_at_ms)),
    nbits: row.nbits,
    origin: "operator",
    record: null,
    jobId: "",
    variant: 0,
    snapshotId: new Uint8Array(),
    finder: "",
    worker: "",
    gateway: "",
    facts: null,
    remarks: [`Booked by ${operator}: ${reason}`],
  }, atMs);
}

/**
 * An operator says that a coinbase is none of the pool's business: its coins stay outside the books.
 *
 * @throws {NoSuchUnknown} No such coinbase waits for a word.
 */
export async function dismissUnknown(
  tx: Tx,
  hash: Uint8Array,
  operator: string,
  reason: string,
  atMs: number,
): Promise<void> {
  await resolve(tx, hash, "dismissed", operator, reason, atMs);
}

type UnknownRow = { height: number; nbits: number; time_ms: bigint; seen_at_ms: bigint };

async function resolve(
  tx: Tx,
  hash: Uint8Array,
  resolution: "booked" | "dismissed",
  operator: string,
  reason: string,
  atMs: number,
): Promise<UnknownRow> {
  const [row] = await tx.query<UnknownRow>(
    `SELECT height, nbits, time_ms, seen_at_ms FROM unknown_coinbase
     WHERE block_hash = $1 AND resolution IS NULL FOR UPDATE`,
    [hash],
  );
  if (row === undefined) {
    throw new NoSuchUnknown("No unknown coinbase of such a block waits for a word");
  }
  const [adjustment] = await tx.query<{ id: bigint }>(
    `INSERT INTO adjustment (kind, operator, reason, detail, at_ms)
     VALUES ($1, $2, $3, jsonb_build_object('block', encode($4::bytea, 'hex')), $5) RETURNING id`,
    [`unknown_${resolution}`, operator, reason, hash, atMs],
  );
  await tx.query(
    "UPDATE unknown_coinbase SET resolution = $2, adjustment_id = $3 WHERE block_hash = $1",
    [hash, resolution, adjustment!.id],
  );
  return row;
}
