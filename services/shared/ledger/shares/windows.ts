/**
 * Slices as windows are made of them: totals counted back from a minute, and each account's work in a window.
 *
 * @module
 */
import type { Tx } from "../port.ts";
import { shareBook } from "./book.ts";
import { lockKept } from "./share_lock.ts";
import { CUT_BY_MINUTE_MINUTES, HOUR_MINUTES, type ShareScheme } from "./schemes.ts";

/** Work of all accounts in one closed slice, at one nBits. */
export interface SliceTotal {
  /** Its first minute. */
  readonly minute: number;
  /** How many minutes it lasts: 1, or 60 where it begins more than 7 days before the minute counted back from. */
  readonly span: number;
  readonly nbits: number;
  readonly work: bigint;
}

/** The minutes of a window. */
export interface WindowSpan {
  /** Where the straddling slice begins. */
  readonly fromMinute: number;
  /** How many minutes the straddling slice lasts: 1, 60, or 0 for none. */
  readonly edgeMinutes: number;
  /** The first minute that is not in it. */
  readonly untilMinute: number;
}

/** An account's work at one nBits in a window. */
export interface WindowWork {
  readonly account: string;
  readonly nbits: number;
  /** In the slices that count whole. */
  readonly whole: bigint;
  /** In the straddling slice, all of it. */
  readonly edge: bigint;
}

/** The window is not closed yet, or needs minutes that are not kept any more. */
export class WindowNotReadable extends Error {
  override name = "WindowNotReadable";
}

/** Days asked for at once: a page of minutes is some thousand rows, a page of hours some hundred. */
const PAGE_MINUTES = 24 * 60;
const PAGE_OF_HOURS_MINUTES = 30 * 24 * 60;

/**
 * Totals of one scheme before `untilMinute` (the minute of T), the newest first; within a slice by nBits. Slices without
 * work are left out. Reads on as it is asked, back to the first share there ever was.
 *
 * @throws {WindowNotReadable} A minute before `untilMinute` is still open.
 */
export async function* totalsBack(
  tx: Tx,
  scheme: ShareScheme,
  untilMinute: number,
): AsyncGenerator<SliceTotal> {
  await assertClosed(tx, untilMinute);
  const [first] = await tx.prepared<{ minute: number | null }>(
    "slice_total_first",
    "SELECT min(minute) AS minute FROM slice_total WHERE scheme = $1::scheme",
    [scheme],
  );
  const firstMinute = first?.minute ?? untilMinute;
  // Hours that begin before the 7 days are hours as a whole.
  const byMinute = Math.ceil((untilMinute - CUT_BY_MINUTE_MINUTES) / HOUR_MINUTES) * HOUR_MINUTES;
  for (let until = untilMinute; until > firstMinute;) {
    const hours = until <= byMinute;
    const from = hours ? until - PAGE_OF_HOURS_MINUTES : Math.max(byMinute, until - PAGE_MINUTES);
    const rows = await tx.prepared<{ minute: number; nbits: number; work: bigint }>(
      hours ? "slice_total_hours" : "slice_total_minutes",
      hours
        ? `SELECT minute / 60 * 60 AS minute, nbits, sum(work) AS work FROM slice_total
           WHERE scheme = $1::scheme AND minute >= $2 AND minute < $3
           GROUP BY minute / 60, nbits ORDER BY minute / 60 DESC, nbits`
        : `SELECT minute, nbits, work FROM slice_total
           WHERE scheme = $1::scheme AND minute >= $2 AND minute < $3 ORDER BY minute DESC, nbits`,
      [scheme, from, until],
    );
    for (const row of rows) yield { ...row, span: hours ? HOUR_MINUTES : 1 };
    until = from;
  }
}

/**
 * Each account's work of one scheme in a window: exact, from whole hours where they are summed up and from minutes at
 * the edges. In no order.
 *
 * @throws {WindowNotReadable} It is still open, or an edge lies in minutes that are dropped.
 */
export async function sumsOf(
  tx: Tx,
  scheme: ShareScheme,
  { fromMinute, edgeMinutes, untilMinute }: WindowSpan,
): Promise<WindowWork[]> {
  const { firstOpenHour, firstKeptMinute } = await assertClosed(tx, untilMinute);
  const wholeFrom = fromMinute + edgeMinutes;
  const hoursFrom = Math.ceil(wholeFrom / HOUR_MINUTES);
  const hoursUntil = Math.max(
    hoursFrom,
    Math.min(Math.floor(untilMinute / HOUR_MINUTES), firstOpenHour),
  );
  // The straddling hour is read as one where it is one.
  const edgeHour = edgeMinutes === HOUR_MINUTES && fromMinute % HOUR_MINUTES === 0 &&
      fromMinute / HOUR_MINUTES < firstOpenHour
    ? fromMinute / HOUR_MINUTES
    : -1;
  const edgeByMinutes = edgeHour === -1 ? wholeFrom : fromMinute;
  const head = Math.min(hoursFrom * HOUR_MINUTES, untilMinute);
  const tail = Math.max(hoursUntil * HOUR_MINUTES, head);
  const ranges = [[fromMinute, edgeByMinutes], [wholeFrom, head], [tail, untilMinute]] as const;
  const dropped = ranges.some(([from, until]) => from < until && from < firstKeptMinute);
  if (dropped) {
    throw new WindowNotReadable(
      `Cannot read the window from minute ${fromMinute} to ${untilMinute}: minutes before ${firstKeptMinute} are ` +
        "only kept as hours",
    );
  }
  return await tx.prepared<WindowWork & { [column: string]: unknown }>(
    "slice_window",
    `SELECT name AS account, nbits, whole, edge FROM (
       SELECT account_id, nbits,
         coalesce(sum(work) FILTER (WHERE NOT at_edge), 0) AS whole,
         coalesce(sum(work) FILTER (WHERE at_edge), 0) AS edge
       FROM (
         SELECT account_id, nbits, work, true AS at_edge FROM slice_minute
           WHERE minute >= $2 AND minute < $3 AND scheme = $1::scheme
         UNION ALL SELECT account_id, nbits, work, true FROM slice_hour
           WHERE hour = $8 AND scheme = $1::scheme
         UNION ALL SELECT account_id, nbits, work, false FROM slice_minute
           WHERE minute >= $4 AND minute < $5 AND scheme = $1::scheme
         UNION ALL SELECT account_id, nbits, work, false FROM slice_minute
           WHERE minute >= $6 AND minute < $7 AND scheme = $1::scheme
         UNION ALL SELECT account_id, nbits, work, false FROM slice_hour
           WHERE hour >= $9 AND hour < $10 AND scheme = $1::scheme
       ) slices GROUP BY account_id, nbits
     ) sums JOIN account ON account.id = account_id`,
    [scheme, ...ranges.flat(), edgeHour, hoursFrom, hoursUntil],
  );
}

/** An account's slice of a minute as PPS and FPPS pay it. */
export interface MinuteSlice {
  readonly accountId: number;
  readonly account: string;
  readonly nbits: number;
  /** What a block creates at the shares' height, satoshis. */
  readonly subsidy: bigint;
  readonly work: bigint;
}

/**
 * The slices of one closed minute under a scheme, by account id. A late share keeps the scheme of its own minute: look
 * also where another scheme is in force in this one.
 *
 * @throws {WindowNotReadable} It is still open, or not kept any more.
 */
export async function slicesOfMinute(
  tx: Tx,
  scheme: ShareScheme,
  minute: number,
): Promise<MinuteSlice[]> {
  const { firstKeptMinute } = await assertClosed(tx, minute + 1);
  if (minute < firstKeptMinute) {
    throw new WindowNotReadable(`Cannot read minute ${minute}: it is only kept as part of an hour`);
  }
  return await tx.prepared<MinuteSlice & { [column: string]: unknown }>(
    "slice_of_minute",
    `SELECT account_id AS "accountId", name AS account, nbits, subsidy, work
     FROM slice_minute JOIN account ON id = account_id
     WHERE minute = $2 AND scheme = $1::scheme ORDER BY account_id, nbits, subsidy`,
    [scheme, minute],
  );
}

async function assertClosed(tx: Tx, untilMinute: number) {
  await lockKept(tx, "shared");
  const book = await shareBook(tx);
  if (book.firstOpenMinute < untilMinute) {
    throw new WindowNotReadable(
      `Cannot read slices up to minute ${untilMinute}: they are closed before ${book.firstOpenMinute} only`,
    );
  }
  return book;
}
