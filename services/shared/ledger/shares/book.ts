/**
 * Minutes and hours of slices: which are closed, and closing them.
 *
 * @module
 */
import type { Tx } from "../port.ts";
import { lockShares } from "./share_lock.ts";

export interface ShareBook {
  /** Every minute before it is closed: its slices never change. */
  readonly firstOpenMinute: number;
  /** Every hour before it is summed up. */
  readonly firstOpenHour: number;
  /** Slices of minutes before it are dropped. */
  readonly firstKeptMinute: number;
  readonly scheduleVersion: number;
}

export async function shareBook(tx: Tx): Promise<ShareBook> {
  const [row] = await tx.prepared<
    {
      first_open_minute: number;
      first_open_hour: number;
      first_kept_minute: number;
      schedule_version: number;
    }
  >(
    "share_book",
    "SELECT first_open_minute, first_open_hour, first_kept_minute, schedule_version FROM share_book",
  );
  return {
    firstOpenMinute: row!.first_open_minute,
    firstOpenHour: row!.first_open_hour,
    firstKeptMinute: row!.first_kept_minute,
    scheduleVersion: row!.schedule_version,
  };
}

/**
 * Closes every minute up to and with `minute`: from then on their slices never change, and a share that still comes for
 * one counts in the first open minute. Only for who has the proof (payoutd's `closable`). Takes the exclusive side of
 * the shares' lock, if there is anything to close: applying waits until the transaction ends.
 *
 * @returns Whether anything was closed.
 */
export async function closeThrough(tx: Tx, minute: number): Promise<boolean> {
  if ((await shareBook(tx)).firstOpenMinute > minute) return false;
  await lockShares(tx, "exclusive");
  const { firstOpenMinute } = await shareBook(tx);
  if (firstOpenMinute > minute) return false;
  await tx.prepared(
    "slice_totals_make",
    `INSERT INTO slice_total (minute, nbits, scheme, shares, work)
     SELECT minute, nbits, scheme, sum(shares), sum(work) FROM slice_minute
     WHERE minute BETWEEN $1 AND $2 GROUP BY minute, nbits, scheme`,
    [firstOpenMinute, minute],
  );
  await tx.prepared(
    "share_book_close",
    "UPDATE share_book SET first_open_minute = $1 + 1",
    [minute],
  );
  return true;
}

/**
 * For who is about to change the schedule of schemes, in the transaction that does: takes the exclusive side of the
 * shares' lock and has everybody who applies shares read the schedule again.
 *
 * @returns The first minute for which no share was summed up yet: a change may take effect from there on, not before.
 */
export async function announceSchedule(tx: Tx): Promise<number> {
  await lockShares(tx, "exclusive");
  const [row] = await tx.query<{ minute: number }>(
    `UPDATE share_book SET schedule_version = schedule_version + 1
     RETURNING greatest(
       first_open_minute,
       (SELECT (max(logged_at_ms) / 60000 + 1)::integer FROM share_position WHERE source_offset >= 0)
     ) AS minute`,
  );
  return row!.minute;
}
