/**
 * Upkeep of slices: hours summed up, old minutes and workers dropped. Each call is one transaction's worth; none changes
 * what any window adds up to.
 *
 * @module
 */
import type { Tx } from "../port.ts";
import { shareBook } from "./book.ts";
import { lockKept } from "./share_lock.ts";
import { HOUR_MINUTES } from "./schemes.ts";

/**
 * Sums up the next hour of which all minutes are closed. Two at once do the same, and one of them nothing.
 *
 * @returns Whether there may be another.
 */
export async function sumUpHour(tx: Tx): Promise<boolean> {
  const { firstOpenMinute, firstOpenHour } = await shareBook(tx);
  const closedHour = Math.floor(firstOpenMinute / HOUR_MINUTES);
  if (firstOpenHour >= closedHour) return false;
  const minutes = [firstOpenHour * HOUR_MINUTES, closedHour * HOUR_MINUTES];
  const [first] = await tx.prepared<{ hour: number | null }>(
    "slice_hour_next",
    "SELECT min(minute) / 60 AS hour FROM slice_minute WHERE minute >= $1 AND minute < $2",
    minutes,
  );
  const hour = first?.hour ?? null;
  if (hour !== null) {
    await tx.prepared(
      "slice_hour_make",
      `INSERT INTO slice_hour (hour, scheme, account_id, nbits, subsidy, shares, work)
       SELECT $1 / 60, scheme, account_id, nbits, subsidy, sum(shares), sum(work) FROM slice_minute
       WHERE minute >= $1 AND minute < $1 + 60 GROUP BY scheme, account_id, nbits, subsidy
       ORDER BY scheme, account_id, nbits, subsidy ON CONFLICT DO NOTHING`,
      [hour * HOUR_MINUTES],
    );
  }
  // Hours without a slice are jumped over.
  const moved = await tx.prepared(
    "share_book_hour",
    "UPDATE share_book SET first_open_hour = $2 WHERE first_open_hour = $1 RETURNING first_open_hour",
    [firstOpenHour, hour === null ? closedHour : hour + 1],
  );
  return moved.length > 0 && hour !== null;
}

/**
 * Drops slices of minutes before `beforeMinute`, an hour of them at most, and only where the hour is summed up.
 *
 * @returns Whether there may be more.
 */
export async function dropMinutes(tx: Tx, beforeMinute: number): Promise<boolean> {
  const { firstOpenHour, firstKeptMinute } = await shareBook(tx);
  const hours = Math.min(Math.floor(beforeMinute / HOUR_MINUTES), firstOpenHour);
  const limit = hours * HOUR_MINUTES;
  if (limit <= firstKeptMinute) return false;
  await lockKept(tx, "exclusive");
  const [first] = await tx.prepared<{ hour: number | null }>(
    "slice_minute_oldest",
    "SELECT min(minute) / 60 AS hour FROM slice_minute WHERE minute < $1",
    [limit],
  );
  const hour = first?.hour ?? null;
  const until = hour === null ? limit : (hour + 1) * HOUR_MINUTES;
  await tx.prepared("slice_minute_drop", "DELETE FROM slice_minute WHERE minute < $1", [until]);
  await tx.prepared(
    "share_book_kept",
    "UPDATE share_book SET first_kept_minute = greatest(first_kept_minute, $1)",
    [until],
  );
  return until < limit;
}

/** Forgets workers that were last seen before then. */
export async function forgetWorkers(tx: Tx, beforeMs: number): Promise<void> {
  await tx.prepared("workers_forget", "DELETE FROM worker WHERE last_seen_ms < $1", [beforeMs]);
}
