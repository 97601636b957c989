/** The ledger's slices held against those computed afresh, account by account. @module */
import type { ShareScheme, Tx } from "@gopool/ledger";
import { shareBook } from "@gopool/ledger/shares";
import { type Differences, timeOf } from "./differences.ts";
import type { Scratch, SliceRow } from "./scratch.ts";

const HOUR = 60;
/** Of the ledger's minutes asked for at once. */
const PAGE_MINUTES = 10;
const MINUTE_MAX = 2 ** 31 - 1;

/** @param fromMinute Slices before it are the ledger's own here too: not compared. */
export async function compareSlices(
  tx: Tx,
  scratch: Scratch,
  fromMinute: number,
  differences: Differences,
): Promise<void> {
  const { firstKeptMinute, firstOpenHour } = await shareBook(tx);
  const minutes = Math.max(firstKeptMinute, fromMinute);
  await compareSpan(tx, scratch, 1, minutes, MINUTE_MAX, differences);
  const hours = Math.ceil(fromMinute / HOUR) * HOUR;
  await compareSpan(tx, scratch, HOUR, hours, firstOpenHour * HOUR, differences);
}

async function compareSpan(
  tx: Tx,
  scratch: Scratch,
  span: 1 | 60,
  from: number,
  until: number,
  differences: Differences,
): Promise<void> {
  const times = new Set(scratch.minutes(from, until, span));
  for (const minute of await ledgersMinutes(tx, span, from, until)) times.add(minute);
  const sorted = [...times].sort((a, b) => a - b);
  for (let i = 0; i < sorted.length; i += PAGE_MINUTES) {
    const page = sorted.slice(i, i + PAGE_MINUTES);
    const theirs = Map.groupBy(await ledgersSlices(tx, span, page), ({ minute }) => minute);
    for (const minute of page) {
      compareOne(scratch.slices(minute, span), theirs.get(minute) ?? [], span, differences);
    }
  }
}

function compareOne(
  ours: readonly SliceRow[],
  theirs: readonly SliceRow[],
  span: number,
  differences: Differences,
): void {
  const left = new Map(theirs.map((row) => [keyOf(row), row]));
  const tell = (row: SliceRow, computed: string, found: string) =>
    differences.add(
      "slice",
      `${span === 1 ? "" : "the hour from "}${
        timeOf(row.minute)
      }, ${row.account}, ${row.scheme}, nBits ` +
        `${row.nbits.toString(16)}: computed ${computed}, the ledger has ${found}`,
    );
  const words = ({ work, shares }: SliceRow) => `${work} work in ${shares} shares`;
  for (const row of ours) {
    const other = left.get(keyOf(row));
    left.delete(keyOf(row));
    if (other === undefined) tell(row, words(row), "nothing");
    else if (other.work !== row.work || other.shares !== row.shares) {
      tell(row, words(row), words(other));
    }
  }
  for (const row of left.values()) tell(row, "nothing", words(row));
}

function keyOf({ scheme, account, nbits, subsidy }: SliceRow): string {
  return `${scheme}/${account}/${nbits}/${subsidy}`;
}

async function ledgersMinutes(
  tx: Tx,
  span: number,
  from: number,
  until: number,
): Promise<number[]> {
  const rows = await tx.query<{ minute: number }>(
    span === 1
      ? "SELECT DISTINCT minute FROM slice_minute WHERE minute >= $1 AND minute < $2"
      : "SELECT DISTINCT hour * 60 AS minute FROM slice_hour WHERE hour >= $1 / 60 AND hour < $2 / 60",
    [from, until],
  );
  return rows.map(({ minute }) => minute);
}

/** The ledger's slices of these minutes, or of the hours that begin with them. */
export async function ledgersSlices(
  tx: Tx,
  span: number,
  minutes: readonly number[],
): Promise<SliceRow[]> {
  const rows = await tx.query<{
    minute: number;
    scheme: ShareScheme;
    account: string | null;
    account_id: number;
    nbits: number;
    subsidy: bigint;
    shares: number | bigint;
    work: bigint;
  }>(
    `SELECT ${
      span === 1 ? "minute" : "hour * 60 AS minute"
    }, scheme::text AS scheme, name AS account, account_id,
       nbits, subsidy, shares, work
     FROM ${span === 1 ? "slice_minute" : "slice_hour"} LEFT JOIN account ON id = account_id
     WHERE ${span === 1 ? "minute" : "hour * 60"} = ANY($1::int[])`,
    [minutes],
  );
  return rows.map(({ account, account_id, shares, ...rest }) => ({
    ...rest,
    account: account ?? `account ${account_id}`,
    shares: Number(shares),
  }));
}
