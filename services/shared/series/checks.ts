/**
 * Mistakes of who asks, told in a sentence. The same for every adapter.
 *
 * @module
 */
import { checkRange, MINUTE_MS } from "./levels.ts";
import { type PoolMinutePoint, type Range, type RawShare, ROWS_MAX, STEPS_MAX } from "./port.ts";

/** @throws {RangeError} */
export function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > ROWS_MAX) {
    throw new RangeError(`A page has from 1 to ${ROWS_MAX} rows: not ${limit}`);
  }
}

/** Of a question about figures. @throws {RangeError} */
export function checkMinutes(range: Range): void {
  checkRange(range);
  const minutes = (range.untilMs - range.fromMs) / MINUTE_MS;
  if (minutes > STEPS_MAX) {
    throw new RangeError(`Figures are told for ${STEPS_MAX} minutes at most: not for ${minutes}`);
  }
}

/** What is wrong with a point's numbers, as "work is NaN"; null where nothing is. */
export function faultOf(point: PoolMinutePoint): string | null {
  return faultIn("finite", {
    work: point.work,
    workSquared: point.workSquared,
    expected: point.expected,
    best: point.best.difficulty,
    latencyMs: point.latencyMs,
  }) ?? faultIn("whole", {
    partition: point.partition,
    minuteMs: point.minuteMs,
    shares: point.shares,
    bestAtMs: point.best.atMs,
    latencyShares: point.latencyShares,
    lastMs: point.lastMs,
    ...point.reasons,
  });
}

/** Likewise of a raw share. */
export function faultOfRaw(share: RawShare): string | null {
  const { difficulty, latencyMs, loggedAtMs, partition, offset } = share;
  return faultIn("finite", { difficulty, latencyMs }) ??
    faultIn("whole", { loggedAtMs, partition, offset });
}

function faultIn(wanted: "finite" | "whole", numbers: Record<string, number>): string | null {
  for (const name in numbers) {
    const value = numbers[name]!;
    const isGood = wanted === "finite" ? Number.isFinite(value) : Number.isSafeInteger(value);
    if (!isGood) return `${name} is ${value}: a ${wanted} number is wanted`;
  }
  return null;
}
