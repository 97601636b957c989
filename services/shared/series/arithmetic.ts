/**
 * What shares say about speed and luck. Pure.
 *
 * Finding shares is a Poisson process: their number in a span has a variance equal to its mean. A share of work w
 * stands for w hashes; so the sum of the works estimates the hashes done, and the sum of their squares estimates the
 * variance of that estimate, whatever mixture of difficulties the shares have.
 *
 * @module
 */
import { MINUTE_MS } from "./levels.ts";
import type { Range, Totals } from "./port.ts";

/**
 * Hashes that a share of difficulty 1 takes on average: 2^256 / (target + 1) of the target 0xffff * 2^208, which is
 * 2^48 / 65535 but for 7e-64 of it (Bitcoin Core GetDifficulty: difficulty 1 is nbits 0x1d00ffff).
 */
export const WORK_OF_DIFFICULTY_1 = 2 ** 48 / 65_535;

export function workOf(difficulty: number): number {
  return difficulty * WORK_OF_DIFFICULTY_1;
}

export function difficultyOf(work: number): number {
  return work / WORK_OF_DIFFICULTY_1;
}

export interface Speed {
  /** Hashes a second. */
  readonly hashrate: number;
  /** One standard error, hashes a second: of about 68 of 100 such figures the true speed is no further away. */
  readonly error: number;
}

/** Speed over a span; an empty span has none. */
export function speedOf(
  { work, workSquared }: Pick<Totals, "work" | "workSquared">,
  spanMs: number,
): Speed {
  if (spanMs <= 0) return { hashrate: 0, error: 0 };
  const seconds = spanMs / 1000;
  return { hashrate: work / seconds, error: Math.sqrt(workSquared) / seconds };
}

/** Speed of a sum over the range that it tells. */
export function speedIn(sum: { readonly range: Range; readonly valid: Totals }): Speed {
  return speedOf(sum.valid, sum.range.untilMs - sum.range.fromMs);
}

/** Found against expected: above 1 is good luck. 0 where nothing was expected. */
export function luckOf(blocks: number, expected: number): number {
  return expected > 0 ? blocks / expected : 0;
}

/** Seconds until a block on average; null where nobody mines. */
export function secondsToBlock(networkDifficulty: number, hashrate: number): number | null {
  return hashrate > 0 ? workOf(networkDifficulty) / hashrate : null;
}

/** Windows that speeds are told over, shortest first. */
export const WINDOWS = [
  { name: "1m", ms: MINUTE_MS },
  { name: "5m", ms: 5 * MINUTE_MS },
  { name: "15m", ms: 15 * MINUTE_MS },
  { name: "1h", ms: 60 * MINUTE_MS },
  { name: "6h", ms: 360 * MINUTE_MS },
  { name: "24h", ms: 1_440 * MINUTE_MS },
  { name: "7d", ms: 10_080 * MINUTE_MS },
] as const;

export type WindowName = (typeof WINDOWS)[number]["name"];

export interface Window {
  readonly name: WindowName;
  readonly range: Range;
}

/**
 * The windows that end at a time.
 *
 * @param settledMs Up to where minutes are settled; what is of a minute that is not over is left out.
 * @param firstMs When the pool's first minute begins: before it nobody could mine, so no window reaches back further.
 * Null: there was no share yet, and every window is empty.
 */
export function windowsAt(settledMs: number, firstMs: number | null): Window[] {
  const untilMs = Math.floor(settledMs / MINUTE_MS) * MINUTE_MS;
  const least = Math.min(firstMs ?? untilMs, untilMs);
  return WINDOWS.map(({ name, ms }) => ({
    name,
    range: { fromMs: Math.max(untilMs - ms, least), untilMs },
  }));
}
