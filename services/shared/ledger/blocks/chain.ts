/**
 * The best chain as the follower has read it: its last blocks, and the coinbases in it that pay the pool.
 *
 * @module
 */
import type { Tx } from "../port.ts";
import { wakeBlock } from "./states.ts";
import type { Coinbase } from "./types.ts";

/** Blocks kept: past this no reorganisation is followed back, and none that deep was ever seen. */
export const CHAIN_KEPT = 220;

/** A block of the best chain. */
export interface Link {
  readonly height: number;
  /** 32 bytes, internal order. */
  readonly hash: Uint8Array;
}

export interface FollowedBlock extends Link {
  readonly previousHash: Uint8Array;
  readonly nbits: number;
  /** Of its header. */
  readonly timeMs: number;
  readonly coinbase: Coinbase;
}

/** Where the follower stands: the last block read. Null before the first. */
export async function chainTip(tx: Tx): Promise<Link | null> {
  const [row] = await tx.prepared<{ height: number; hash: Uint8Array }>(
    "chain_tip",
    "SELECT height, hash FROM chain_block ORDER BY height DESC LIMIT 1",
  );
  return row ?? null;
}

/** The blocks kept, from the tip down. */
export function chainBlocks(tx: Tx, limit = CHAIN_KEPT): Promise<Link[]> {
  return tx.prepared<{ height: number; hash: Uint8Array }>(
    "chain_blocks",
    "SELECT height, hash FROM chain_block ORDER BY height DESC LIMIT $1",
    [limit],
  );
}

/**
 * Puts a block onto the chain.
 *
 * @param follows The tip that it was read for; null at the very beginning and after a gap.
 * @returns False where the chain has moved meanwhile (another process did this): nothing is done.
 */
export async function connectLink(
  tx: Tx,
  block: FollowedBlock,
  follows: Link | null,
  atMs: number,
): Promise<boolean> {
  if (!isSame(await chainTip(tx), follows)) return false;
  await tx.prepared(
    "chain_connect",
    "INSERT INTO chain_block (height, hash, time_ms, seen_at_ms) VALUES ($1, $2, $3, $4)",
    [block.height, block.hash, block.timeMs, atMs],
  );
  await tx.prepared("chain_prune", "DELETE FROM chain_block WHERE height <= $1", [
    block.height - CHAIN_KEPT,
  ]);
  await noteCoinbase(tx, block, atMs);
  return true;
}

/** Takes the tip off the chain. False where it is the tip no more. */
export async function disconnectLink(tx: Tx, { height, hash }: Link): Promise<boolean> {
  if (!isSame(await chainTip(tx), { height, hash })) return false;
  await tx.prepared("chain_disconnect", "DELETE FROM chain_block WHERE height = $1", [height]);
  await tx.prepared(
    "unknown_off",
    "UPDATE unknown_coinbase SET on_chain = false WHERE block_hash = $1",
    [hash],
  );
  return true;
}

/** Notes heights that nobody can show any more; the chain goes on behind them. */
export async function noteGap(
  tx: Tx,
  gap: { fromHeight: number; toHeight: number; reason: string },
  follows: Link | null,
  atMs: number,
): Promise<boolean> {
  if (!isSame(await chainTip(tx), follows)) return false;
  await tx.query(
    `INSERT INTO chain_gap (from_height, to_height, reason, at_ms) VALUES ($1, $2, $3, $4)
     ON CONFLICT (from_height) DO UPDATE SET to_height = greatest(chain_gap.to_height, excluded.to_height)`,
    [gap.fromHeight, gap.toHeight, gap.reason, atMs],
  );
  await tx.query("DELETE FROM chain_block");
  return true;
}

/** The first height behind what was passed over; null where nothing was. */
export async function nextAfterGaps(tx: Tx): Promise<number | null> {
  const [row] = await tx.query<{ next: number | null }>(
    "SELECT max(to_height) + 1 AS next FROM chain_gap",
  );
  return row?.next ?? null;
}

/** A coinbase that pays the pool belongs to a block of the ledger, or is noted as unknown. */
async function noteCoinbase(tx: Tx, block: FollowedBlock, atMs: number): Promise<void> {
  const { hash, coinbase } = block;
  const sats = coinbase.outputs.reduce((sum, one) => one.isPool ? sum + one.sats : sum, 0n);
  if (await wakeBlock(tx, hash, atMs)) return;
  if (sats === 0n) return;
  const [known] = await tx.prepared("block_known", "SELECT FROM block WHERE hash = $1", [hash]);
  if (known !== undefined) return;
  await tx.prepared(
    "unknown_note",
    `INSERT INTO unknown_coinbase (block_hash, height, nbits, time_ms, txid, sats, seen_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (block_hash) DO UPDATE SET on_chain = true`,
    [hash, block.height, block.nbits, block.timeMs, coinbase.txid, sats, atMs],
  );
}

function isSame(a: Link | null, b: Link | null): boolean {
  if (a === null || b === null) return a === b;
  return a.height === b.height && a.hash.length === b.hash.length &&
    a.hash.every((byte, i) => byte === b.hash[i]);
}
