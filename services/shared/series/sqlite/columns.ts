/**
 * Points and rows as columns of the tables.
 *
 * @module
 */
import type { PoolMinutePoint, Status } from "../port.ts";
import type { Row } from "../sums.ts";

/** By number, as they stand in the tables: never in another order. */
export const STATUSES: readonly Status[] = ["valid", "rejected", "stale"];

export function codeOf(status: Status): number {
  return STATUSES.indexOf(status);
}

/** The columns of totals, in the order of `TotalsRow`. */
export const TOTALS_COLUMNS =
  "status, shares, work, work_squared, expected, best, best_at, last, latency, latency_shares, reasons";

/** A row as it is read, or written behind its key. */
export type TotalsRow = readonly [
  status: number,
  shares: number,
  work: number,
  workSquared: number,
  expected: number,
  best: number,
  bestAtMs: number,
  lastMs: number,
  latencyMs: number,
  latencyShares: number,
  reasons: string | null,
];

export function reasonsText(reasons: Readonly<Record<string, number>>): string | null {
  for (const _ in reasons) return JSON.stringify(reasons);
  return null;
}

export function totalsRow(point: Omit<PoolMinutePoint, "minuteMs" | "partition">): TotalsRow {
  return [
    codeOf(point.status),
    point.shares,
    point.work,
    point.workSquared,
    point.expected,
    point.best.difficulty,
    point.best.atMs,
    point.lastMs,
    point.latencyMs,
    point.latencyShares,
    reasonsText(point.reasons),
  ];
}

/** The totals that begin at column `at`. */
export function rowOf(columns: readonly unknown[], at: number): Row & Latency {
  const reasons = columns[at + 10] as string | null;
  return {
    status: STATUSES[columns[at] as number]!,
    shares: columns[at + 1] as number,
    work: columns[at + 2] as number,
    workSquared: columns[at + 3] as number,
    expected: columns[at + 4] as number,
    bestDifficulty: columns[at + 5] as number,
    bestAtMs: columns[at + 6] as number,
    lastMs: columns[at + 7] as number,
    latencyMs: columns[at + 8] as number,
    latencyShares: columns[at + 9] as number,
    reasons: reasons === null ? null : JSON.parse(reasons) as Record<string, number>,
  };
}

export interface Latency {
  readonly latencyMs: number;
  readonly latencyShares: number;
}
