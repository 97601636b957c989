/**
 * Totals in memory as the series takes them.
 *
 * @module
 */
import type { MinutePoint, PoolMinutePoint, Status } from "@gopool/series";
import type { Cell, MinuteFold } from "./fold.ts";
import { reasonWord } from "./reasons.ts";

/** One worker's share of a minute. */
export function pointOf(
  status: Status,
  partition: number,
  { minuteMs }: MinuteFold,
  cell: Cell,
): MinutePoint {
  const { account, worker } = cell;
  return { account, worker, ...totalsOf(status, partition, minuteMs, cell) };
}

/** The minute over all accounts. */
export function poolPointOf(
  status: Status,
  partition: number,
  { minuteMs, pool }: MinuteFold,
): PoolMinutePoint {
  return totalsOf(status, partition, minuteMs, pool);
}

function totalsOf(
  status: Status,
  partition: number,
  minuteMs: number,
  cell: Cell,
): PoolMinutePoint {
  return {
    status,
    partition,
    minuteMs,
    shares: cell.shares,
    work: cell.work,
    workSquared: cell.workSquared,
    expected: cell.expected,
    best: { difficulty: cell.bestDifficulty, atMs: cell.bestAtMs },
    latencyMs: cell.latencyMs,
    latencyShares: cell.latencyShares,
    lastMs: cell.lastMs,
    reasons: reasonsOf(cell),
  };
}

const NONE: Readonly<Record<string, number>> = {};

function reasonsOf({ reasons }: Cell): Readonly<Record<string, number>> {
  if (reasons === null) return NONE;
  const counts: Record<string, number> = {};
  for (const [reason, count] of reasons) {
    const word = reasonWord(reason);
    counts[word] = (counts[word] ?? 0) + count;
  }
  return counts;
}
