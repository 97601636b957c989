/**
 * Checkpoints of the reading of shares: taken once a day, read by a rebuild whose log no longer begins at the beginning.
 *
 * @module
 */
import type { Tx } from "../port.ts";
import { lockShares, shareBook } from "../shares/mod.ts";

export interface Checkpoint {
  readonly id: number;
  readonly atMs: bigint;
  readonly firstOpenMinute: number;
  readonly firstOpenHour: number;
}

/** Checkpoints whose open minutes are kept: a week of them. Of older ones the hash stays, nobody begins there. */
export const CHECKPOINTS_KEPT = 8;

const COLUMNS =
  `id, at_ms AS "atMs", first_open_minute AS "firstOpenMinute", first_open_hour AS "firstOpenHour"`;

/** The latest; null before the first. */
export async function latestCheckpoint(tx: Tx): Promise<Checkpoint | null> {
  return (await latestCheckpoints(tx))[0] ?? null;
}

/** Those that a rebuild can begin at, the latest first. */
export function latestCheckpoints(tx: Tx): Promise<Checkpoint[]> {
  return tx.query<Checkpoint & { [column: string]: unknown }>(
    `SELECT ${COLUMNS} FROM checkpoint ORDER BY id DESC LIMIT ${CHECKPOINTS_KEPT}`,
  );
}

/**
 * Notes where everything stands. In a money transaction, before anything else in it; shares wait for a moment.
 *
 * @returns False where no log was opened yet, or a checkpoint was taken after `beforeMs`.
 */
export async function takeCheckpoint(tx: Tx, beforeMs: number, nowMs: number): Promise<boolean> {
  const last = await latestCheckpoint(tx);
  if (last !== null && last.atMs > BigInt(beforeMs)) return false;
  const [log] = await tx.query("SELECT FROM log LIMIT 1");
  if (log === undefined) return false;
  // Hours that are summed up are final: they are hashed before shares have to wait.
  const { firstOpenHour } = await shareBook(tx);
  const [hashed] = await tx.query<{ hash: Uint8Array }>(
    `SELECT hash_of_hours(coalesce((SELECT hash FROM checkpoint WHERE id = $1), ''::bytea), $2, $3) AS hash`,
    [last?.id ?? null, last?.firstOpenHour ?? 0, firstOpenHour],
  );
  await lockShares(tx, "exclusive");
  const { firstOpenMinute } = await shareBook(tx);
  const [row] = await tx.query<{ id: number }>(
    `INSERT INTO checkpoint (at_ms, first_open_minute, first_open_hour, hash) VALUES ($1, $2, $3, $4)
     RETURNING id`,
    [nowMs, firstOpenMinute, firstOpenHour, hashed!.hash],
  );
  await tx.query(
    `INSERT INTO checkpoint_position SELECT $1, log, partition, source_offset, header_hash, next_offset, shares
     FROM share_position`,
    [row!.id],
  );
  await tx.query(
    `INSERT INTO checkpoint_slice SELECT $1, minute, scheme, account_id, nbits, subsidy, shares, work
     FROM slice_minute WHERE minute >= $2`,
    [row!.id, firstOpenMinute],
  );
  await tx.query("DELETE FROM checkpoint_slice WHERE checkpoint <= $1", [
    row!.id - CHECKPOINTS_KEPT,
  ]);
  return true;
}
