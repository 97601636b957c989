/**
 * The windows of blocks over slices computed afresh; behind the minute at which a rebuild begins, over the ledger's own.
 *
 * @module
 */
import {
  CUT_BY_MINUTE_MINUTES,
  HOUR_MINUTES,
  type ShareBook,
  shareBook,
  type ShareScheme,
} from "@gopool/ledger/shares";
import type { Tx } from "@gopool/ledger";
import { type AccountWork, type Reach, ReachSearch, type Window } from "@gopool/ledger/rewards";
import type { Scratch, TotalRow, WorkRow } from "./scratch.ts";

/** Slices as windows are made of them. */
export interface Slices {
  readonly tx: Tx;
  readonly scratch: Scratch;
  /** What is before it stands in the ledger only. */
  readonly fromMinute: number;
}

/** A window's edge lies in minutes that the ledger keeps as hours only. */
export class MinutesNotKept extends Error {
  override name = "MinutesNotKept";
}

/** The window that a reach comes to. Minutes within 7 days before its end, hours before them. */
export async function windowOf(
  slices: Slices,
  scheme: ShareScheme,
  reach: Reach,
): Promise<Window> {
  const { untilMinute } = reach;
  const byMinute = Math.ceil((untilMinute - CUT_BY_MINUTE_MINUTES) / HOUR_MINUTES) * HOUR_MINUTES;
  const search = new ReachSearch(reach);
  for (const total of slices.scratch.totalsBack(scheme, untilMinute, byMinute)) {
    if (search.add(total)) return search.window();
  }
  if (slices.fromMinute > 0) {
    const until = Math.min(slices.fromMinute, untilMinute);
    for (const total of await olderTotals(slices.tx, scheme, until, byMinute)) {
      if (search.add(total)) break;
    }
  }
  return search.window();
}

/** Totals are few and kept for good. */
async function olderTotals(
  tx: Tx,
  scheme: ShareScheme,
  until: number,
  byMinute: number,
): Promise<TotalRow[]> {
  return await tx.query<TotalRow & Record<string, unknown>>(
    `SELECT minute, 1 AS span, nbits, work FROM slice_total
       WHERE scheme = $1::scheme AND minute >= $3 AND minute < $2
     UNION ALL SELECT minute / 60 * 60, 60, nbits, sum(work) FROM slice_total
       WHERE scheme = $1::scheme AND minute < least($2, $3::int) GROUP BY minute / 60, nbits
     ORDER BY minute DESC, nbits`,
    [scheme, until, byMinute],
  );
}

/** Each account's work in a window. @throws {MinutesNotKept} */
export async function sumsIn(
  slices: Slices,
  scheme: ShareScheme,
  { fromMinute, edgeMinutes, untilMinute }: Window,
): Promise<AccountWork[]> {
  const sums = new Map<string, { account: string; nbits: number; whole: bigint; edge: bigint }>();
  const add = (part: "whole" | "edge", rows: Iterable<WorkRow>) => {
    for (const { account, nbits, work } of rows) {
      const key = `${nbits}/${account}`;
      let sum = sums.get(key);
      if (sum === undefined) sums.set(key, sum = { account, nbits, whole: 0n, edge: 0n });
      sum[part] += work;
    }
  };
  const parts = [
    ["edge", fromMinute, fromMinute + edgeMinutes],
    ["whole", fromMinute + edgeMinutes, untilMinute],
  ] as const;
  for (const [part, from, until] of parts) {
    add(part, slices.scratch.work(scheme, Math.max(from, slices.fromMinute), until));
    add(part, await olderWork(slices, scheme, from, Math.min(until, slices.fromMinute)));
  }
  return [...sums.values()];
}

/** From whole hours where they are summed up, else from minutes. */
async function olderWork(
  { tx }: Slices,
  scheme: ShareScheme,
  from: number,
  until: number,
): Promise<WorkRow[]> {
  if (from >= until) return [];
  const book: ShareBook = await shareBook(tx);
  const low = Math.min(Math.ceil(from / HOUR_MINUTES), book.firstOpenHour);
  const high = Math.max(low, Math.min(Math.floor(until / HOUR_MINUTES), book.firstOpenHour));
  const head = [from, Math.min(low * HOUR_MINUTES, until)] as const;
  const tail = [Math.max(high * HOUR_MINUTES, head[1]), until] as const;
  for (const [a, b] of [head, tail]) {
    if (a < b && a < book.firstKeptMinute) {
      throw new MinutesNotKept(
        `minutes from ${a} to ${b} are needed, the ledger keeps them from ${book.firstKeptMinute} on`,
      );
    }
  }
  return await tx.query<WorkRow & Record<string, unknown>>(
    `SELECT name AS account, nbits, sum(work) AS work FROM (
       SELECT account_id, nbits, work FROM slice_minute WHERE scheme = $1::scheme
         AND ((minute >= $2 AND minute < $3) OR (minute >= $4 AND minute < $5))
       UNION ALL SELECT account_id, nbits, work FROM slice_hour
         WHERE scheme = $1::scheme AND hour >= $6 AND hour < $7
     ) s JOIN account ON id = account_id GROUP BY name, nbits`,
    [scheme, ...head, ...tail, low, high],
  );
}
