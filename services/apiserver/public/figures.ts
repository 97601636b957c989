/**
 * Figures out of sums, as messages. Every answer takes a figure from here, so that a speed is one speed wherever it is
 * shown.
 *
 * @module
 */
import type { MessageInitShape } from "@gopool/proto";
import {
  type BestShareSchema,
  type HashrateSchema,
  type ReasonCountSchema,
  type ShareTotalsSchema,
  timestampFromMs,
  Window,
} from "@gopool/proto/api";
import {
  type BestBy,
  type Range,
  type SeriesReader,
  speedOf,
  type Subject,
  type Sum,
  type Totals,
} from "@gopool/series";
import { explanationOf } from "./reasons.ts";
import { type Counted, ever, last, lengthOf, secondsOf, WINDOWS } from "./windows.ts";

/** Speed from credited work, as messages name it. */
export function speedOver(
  valid: Totals,
  seconds: number,
): { readonly hashesPerSecond: number; readonly standardError: number } {
  const { hashrate, error } = speedOf(valid, 1_000 * seconds);
  return { hashesPerSecond: hashrate, standardError: error };
}

/** Sums of somebody over every window, and over all that is known. */
export interface Overview {
  readonly windows: ReadonlyMap<Window, Sum>;
  readonly all: Sum;
}

/** One question to the store, whatever is shown of it. @throws {SeriesUnavailable} */
export async function overviewOf(
  series: SeriesReader,
  subject: Subject,
  counted: Counted,
): Promise<Overview> {
  const ranges = [...WINDOWS.map(([, ms]) => last(ms, counted)), ever(counted)];
  const sums = await series.sums(subject, ranges);
  return {
    windows: new Map(WINDOWS.map(([window], i) => [window, sums[i]!])),
    all: sums[WINDOWS.length]!,
  };
}

export function sumOver({ windows }: Overview, window: Window): Sum {
  return windows.get(window)!;
}

export function hashrateOf(
  window: Window,
  { range, valid }: Pick<Sum, "range" | "valid">,
  counted: Counted,
): MessageInitShape<typeof HashrateSchema> {
  const seconds = secondsOf(range, counted);
  return {
    window,
    ...speedOver(valid, seconds),
    measuredSeconds: seconds,
    shares: BigInt(valid.shares),
  };
}

export function hashratesOf(
  { windows }: Overview,
  counted: Counted,
): MessageInitShape<typeof HashrateSchema>[] {
  return [...windows].map(([window, sum]) => hashrateOf(window, sum, counted));
}

/** The most frequent first. */
export function reasonsOf(
  reasons: Readonly<Record<string, number>>,
): MessageInitShape<typeof ReasonCountSchema>[] {
  return Object.entries(reasons)
    .filter(([, shares]) => shares > 0)
    .toSorted(([a, of], [b, than]) => than - of || (a < b ? -1 : 1))
    .map(([reason, shares]) => ({ reason, shares: BigInt(shares), ...explanationOf(reason) }));
}

export function totalsOf(
  { valid, rejected, stale, reasons }: Pick<Sum, "rejected" | "stale" | "reasons"> & {
    readonly valid: Pick<Totals, "shares">;
  },
): MessageInitShape<typeof ShareTotalsSchema> {
  return {
    valid: BigInt(valid.shares),
    rejected: BigInt(rejected),
    stale: BigInt(stale),
    reasons: reasonsOf(reasons),
  };
}

/** The best shares of a day, a week and all that is known; null where there is none. */
export interface BestShares {
  readonly day: BestBy | null;
  readonly week: BestBy | null;
  readonly all: BestBy | null;
}

/**
 * Asks from the longest on: a best share that falls into a shorter period is that period's, too.
 *
 * @throws {SeriesUnavailable}
 */
export async function bestSharesOf(
  series: SeriesReader,
  subject: Subject,
  counted: Counted,
): Promise<BestShares> {
  const within = async (range: Range, longer: BestBy | null) =>
    longer === null || longer.atMs >= range.fromMs ? longer : await series.best(subject, range);
  const all = await series.best(subject, ever(counted));
  const week = await within(last(lengthOf(Window.WINDOW_7D), counted), all);
  const day = await within(last(lengthOf(Window.WINDOW_24H), counted), week);
  return { day, week, all };
}

/** @param shown What may be seen of who sent it. */
export function bestShareOf(
  best: BestBy | null,
  shown: (account: string, worker: string) => { readonly address: string; readonly worker: string },
): MessageInitShape<typeof BestShareSchema> | undefined {
  if (best === null || best.difficulty === 0) return undefined;
  const { difficulty, atMs, account, worker } = best;
  return { difficulty, at: timestampFromMs(atMs), ...shown(account, worker) };
}
