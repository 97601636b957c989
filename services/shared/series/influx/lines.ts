/**
 * Points as line protocol. Ours rather than the client's: its Point writes tags in the order of their setting, takes 1.5
 * for a whole number and leaves backslashes as they are. Here each table has its tags and types once, in tables.ts.
 *
 * @module
 */
import type { BlockPoint, Figures, MinutePoint, PoolMinutePoint, RawShare } from "../port.ts";
import { tagOf } from "./names.ts";
import { columnOf, OTHER_REASON, type TableDef } from "./tables.ts";

/** A value that no line can say: which field, and what it was. */
export class Unwritable extends Error {
  override name = "Unwritable";
}

type Value = number | string | null;

/**
 * One line.
 *
 * @param tags In the table's order; names that are cleaned already.
 * @param values By field; null ones are left out, and a field that the table does not know counts as whole.
 * @param timeNs As digits: a nanosecond is more than a number holds.
 * @throws {Unwritable}
 */
export function lineOf(
  { name, tags: names, fields }: TableDef,
  tags: readonly string[],
  values: Readonly<Record<string, Value>>,
  timeNs: string,
): string {
  let line = name;
  for (let i = 0; i < names.length; i++) line += `,${names[i]}=${escaped(tags[i]!)}`;
  let sign = " ";
  for (const [field, value] of Object.entries(values)) {
    if (value === null) continue;
    line += `${sign}${escaped(field)}=${fieldText(field, fields[field] ?? "int64", value)}`;
    sign = ",";
  }
  return `${line} ${timeNs}`;
}

function fieldText(field: string, type: string, value: number | string): string {
  if (typeof value === "string") return `"${value.replace(/["\\]/g, "\\$&")}"`;
  if (type === "float64" && Number.isFinite(value)) return String(value);
  if (type === "int64" && Number.isSafeInteger(value)) return `${value}i`;
  throw new Unwritable(
    `${field} is ${value}: a ${type === "int64" ? "whole" : "finite"} number is wanted`,
  );
}

function escaped(text: string): string {
  return text.replace(/[,= ]/g, "\\$&");
}

export function nsOf(ms: number): string {
  return `${ms}000000`;
}

/** What a row of totals says, however long its stretch. */
export type TotalsPoint = Omit<PoolMinutePoint, "partition" | "minuteMs">;

/**
 * Fields of a row of totals. One that is not of valid shares names every reason that is known, zeros too: it replaces
 * what was there.
 */
export function totalsOf(
  point: TotalsPoint,
  reasons: ReadonlySet<string>,
): Record<string, number> {
  const values: Record<string, number> = {
    shares: point.shares,
    work: point.work,
    work_squared: point.workSquared,
    expected: point.expected,
    best: point.best.difficulty,
    best_ms: point.best.atMs,
    latency_ms: point.latencyMs,
    latency_shares: point.latencyShares,
    last_ms: point.lastMs,
  };
  if (point.status === "valid") return values;
  for (const reason of reasons) values[columnOf(reason)] = 0;
  for (const [reason, shares] of Object.entries(point.reasons)) {
    const column = columnOf(reasons.has(reason) ? reason : OTHER_REASON);
    values[column] = (values[column] ?? 0) + shares;
  }
  return values;
}

export function minuteLine(table: TableDef, point: MinutePoint, reasons: ReadonlySet<string>) {
  const { account, worker, status, partition, minuteMs } = point;
  const tags = [tagOf(account), tagOf(worker), status, String(partition)];
  return lineOf(table, tags, totalsOf(point, reasons), nsOf(minuteMs));
}

export function poolLine(table: TableDef, point: PoolMinutePoint, reasons: ReadonlySet<string>) {
  const tags = [point.status, String(point.partition)];
  return lineOf(table, tags, totalsOf(point, reasons), nsOf(point.minuteMs));
}

/**
 * A share as it came. The server keeps one row for each set of tags and nanosecond: the six digits below the millisecond
 * are the partition's last two and the offset's last four, so that shares of one millisecond stay apart and a share that
 * is written again takes its own place.
 */
export function rawLine(table: TableDef, share: RawShare): string {
  const digits = String(share.partition % 100).padStart(2, "0") +
    String(share.offset % 10_000).padStart(4, "0");
  return lineOf(
    table,
    [tagOf(share.account), tagOf(share.worker), share.status, tagOf(share.jobId)],
    { difficulty: share.difficulty, latency_ms: share.latencyMs },
    `${share.loggedAtMs}${digits}`,
  );
}

/** Fields are merged with those that are there: an effort that is not known has to say so. */
export const EFFORT_UNKNOWN = -1;

export function blockLine(table: TableDef, block: BlockPoint): string {
  const values = {
    height: block.height,
    finder: tagOf(block.finder),
    worker: tagOf(block.worker),
    network_difficulty: block.networkDifficulty,
    effort: block.effort ?? EFFORT_UNKNOWN,
  };
  return lineOf(table, [tagOf(block.hash)], values, nsOf(block.foundAtMs));
}

/** The server's tables want a tag: this says nothing more than the table's name. */
export const SPAN = "minute";

export function figuresLine(table: TableDef, figures: Figures): string {
  const { minuteMs, hashrate, accounts, workers, height, networkDifficulty } = figures;
  const values = { hashrate, accounts, workers, height, network_difficulty: networkDifficulty };
  return lineOf(table, [SPAN], values, nsOf(minuteMs));
}

/** 2020-01-01: before every pool of this kind. */
export const BEGINNING_MS = 1_577_836_800_000;

/** @param span What began: "minute", "block". */
export function beginningLine(table: TableDef, span: string, firstMs: number): string {
  return lineOf(table, [span], { first_ms: firstMs }, nsOf(BEGINNING_MS));
}
