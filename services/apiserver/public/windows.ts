/** Over what time figures are: where counting ends, and where each window begins. @module */
import { Window } from "@gopool/proto/api";
import { MINUTE_MS, type Range, type WindowName, WINDOWS as SPANS } from "@gopool/series";

const BY_NAME: Readonly<Record<WindowName, Window>> = {
  "1m": Window.WINDOW_1M,
  "5m": Window.WINDOW_5M,
  "15m": Window.WINDOW_15M,
  "1h": Window.WINDOW_1H,
  "6h": Window.WINDOW_6H,
  "24h": Window.WINDOW_24H,
  "7d": Window.WINDOW_7D,
};

/** Every window of a speed and its length in ms, the shortest first. */
export const WINDOWS: readonly (readonly [Window, number])[] = SPANS.map((
  { name, ms },
) => [BY_NAME[name], ms]);

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
