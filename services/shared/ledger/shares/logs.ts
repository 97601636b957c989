/**
 * Logs that shares are read from, and where the reading of each partition stands.
 *
 * @module
 */
import type { Tx } from "../port.ts";
import { lockShares } from "./share_lock.ts";

/** A log that shares are, or were, read from. */
export interface ShareLog {
  /** Of its row. One id can stand in two: a log whose head was lost is opened anew. */
  readonly number: number;
  /** As the records name it. */
  readonly id: string;
  /** The bus that it is on: `bus.logId()`, which the id begins with. */
  readonly busId: string;
  /** Shares logged before it are not in these books; 0 where it was read from its beginning. */
  readonly beginsAtMs: bigint;
  readonly openedAtMs: bigint;
  readonly closedAtMs: bigint | null;
}

/** Where the reading of one partition stands: what the chain rule looks at, and where share.valid is read on. */
export interface SharePosition {
  readonly partition: number;
  /** -1 before the first share. */
  readonly sourceOffset: number;
  readonly headerHash: Uint8Array;
  readonly loggedAtMs: number;
  /** Everything in share.valid before it is applied or passed. */
  readonly nextOffset: number;
}

const LOG_COLUMNS =
  `number, id, bus_id AS "busId", begins_at_ms AS "beginsAtMs", opened_at_ms AS "openedAtMs",
  closed_at_ms AS "closedAtMs"`;

type LogRow = ShareLog & { [column: string]: unknown };

/** The log that is open; null before the first one. */
export async function openShareLog(tx: Tx): Promise<ShareLog | null> {
  const sql = `SELECT ${LOG_COLUMNS} FROM log WHERE closed_at_ms IS NULL`;
  return (await tx.prepared<LogRow>("log_open", sql))[0] ?? null;
}

/** Every log there was, in the order opened. */
export function shareLogs(tx: Tx): Promise<ShareLog[]> {
  return tx.query<LogRow>(
    `SELECT ${LOG_COLUMNS} FROM log ORDER BY number`,
  );
}

/**
 * The positions of a log, by partition; for one that is closed, where its reading ended.
 *
 * @param log Its number.
 */
export async function sharePositions(tx: Tx, log: number): Promise<SharePosition[]> {
  const rows = await tx.prepared<
    {
      partition: number;
      source_offset: bigint;
      header_hash: Uint8Array;
      logged_at_ms: bigint;
      next_offset: bigint;
    }
  >(
    "share_positions",
    `SELECT partition, source_offset, header_hash, logged_at_ms, next_offset FROM share_position
     WHERE log = $1 ORDER BY partition`,
    [log],
  );
  return rows.map((row) => ({
    partition: row.partition,
    sourceOffset: Number(row.source_offset),
    headerHash: row.header_hash,
    loggedAtMs: Number(row.logged_at_ms),
    nextOffset: Number(row.next_offset),
  }));
}

export interface OpenShareLog {
  readonly id: string;
  readonly busId: string;
  readonly beginsAtMs: number;
  /** One per partition of share.valid, where its reading begins. */
  readonly positions: readonly SharePosition[];
  /** The operator's word; null where the log begins at its beginning and opens by itself. */
  readonly adjustmentId: bigint | null;
}

/**
 * Opens a log where none is open, under the exclusive side of the shares' lock.
 *
 * @returns Whether it was opened now: false where a log is open already.
 */
export async function openLog(tx: Tx, log: OpenShareLog, nowMs: number): Promise<boolean> {
  await lockShares(tx, "exclusive");
  if (await openShareLog(tx) !== null) return false;
  const [row] = await tx.query<{ number: number }>(
    `INSERT INTO log (id, bus_id, begins_at_ms, opened_at_ms, opened_by) VALUES ($1, $2, $3, $4, $5)
     RETURNING number`,
    [log.id, log.busId, log.beginsAtMs, nowMs, log.adjustmentId],
  );
  await tx.query(
    `INSERT INTO share_position (log, partition, source_offset, header_hash, logged_at_ms, next_offset,
       opened_source_offset, opened_next_offset)
     SELECT $1, partition, source, hash, logged, next, source, next
     FROM unnest($2::int[], $3::bigint[], $4::bytea[], $5::bigint[], $6::bigint[])
       AS t(partition, source, hash, logged, next)`,
    [
      row!.number,
      log.positions.map(({ partition }) => partition),
      log.positions.map(({ sourceOffset }) => sourceOffset),
      log.positions.map(({ headerHash }) => headerHash),
      log.positions.map(({ loggedAtMs }) => loggedAtMs),
      log.positions.map(({ nextOffset }) => nextOffset),
    ],
  );
  return true;
}

/**
 * Closes the open log, under the exclusive side of the shares' lock: nothing of it is applied from then on, and its
 * positions stay as they are.
 *
 * @returns It, with its last positions; null where none is open.
 */
export async function closeLog(
  tx: Tx,
  adjustmentId: bigint | null,
  nowMs: number,
): Promise<{ log: ShareLog; positions: SharePosition[] } | null> {
  await lockShares(tx, "exclusive");
  const [log] = await tx.query<LogRow>(
    `UPDATE log SET closed_at_ms = $1, closed_by = $2 WHERE closed_at_ms IS NULL RETURNING ${LOG_COLUMNS}`,
    [nowMs, adjustmentId],
  );
  return log === undefined ? null : { log, positions: await sharePositions(tx, log.number) };
}
