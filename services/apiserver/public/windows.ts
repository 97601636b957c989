/** Over what time figures are: where counting ends, and where each window begins. @module */
import { Window } from "@gopool/proto/api";
import type { Range } from "@gopool/series";

export const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Every window of a speed, the shortest first. */
export const WINDOWS: readonly (readonly [Window, number])[] = [
  [Window.WINDOW_1M, MINUTE_MS],
  [Window.WINDOW_5M, 5 * MINUTE_MS],
  [Window.WINDOW_15M, 15 * MINUTE_MS],
  [Window.WINDOW_1H, HOUR_MS],
  [Window.WINDOW_6H, 6 * HOUR_MS],
  [Window.WINDOW_24H, DAY_MS],
  [Window.WINDOW_7D, 7 * DAY_MS],
];

export function lengthOf(window: Window): number {
  const found = WINDOWS.find(([one]) => one === window);
  if (found === undefined) throw new RangeError(`Cannot measure over window ${window}`);
  return found[1];
}

/**
 * What an answer counts. A minute that is still being counted is in no figure: half of its shares over all of its time
 * would show a miner at half its speed.
 */
export interface Counted {
  /** Where every window ends; divisible by 60,000. */
  readonly untilMs: number;
  /** When the first share that is known came, by the minute; `untilMs` where there is none. */
  readonly firstMs: number;
}

/** The end of the last whole minute. */
export function wholeMinute(ms: number): number {
  return Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}

/** The last `ms` of what is counted. */
export function last(ms: number, { untilMs }: Counted): Range {
  return { fromMs: Math.max(0, untilMs - ms), untilMs };
}

/** All that is known; of at least a minute, so that it is a range. */
export function ever({ firstMs, untilMs }: Counted): Range {
  return { fromMs: Math.min(firstMs, untilMs - MINUTE_MS), untilMs };
}

/** Seconds of a range in which there could be shares: nobody mined before the first. */
export function secondsOf({ fromMs, untilMs }: Range, counted: Counted): number {
  return Math.max(0, Math.min(untilMs, counted.untilMs) - Math.max(fromMs, counted.firstMs)) /
    1_000;
}
