/** Speed and shares over time, at the step that a range has. @module */
import type { MessageInitShape } from "@gopool/proto";
import {
  type ChartPointSchema,
  ChartRange,
  type ShareTotalsSchema,
  timestampFromMs,
} from "@gopool/proto/api";
import {
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  type SeriesReader,
  type Step,
  type Subject,
} from "@gopool/series";
import { speedOver, totalsOf } from "./figures.ts";
import { type Counted, secondsOf } from "./windows.ts";

/** At most 366 points each: what a screen can show. Steps divide the day, so that they begin where its hours do. */
const SHAPES: Readonly<
  Record<Exclude<ChartRange, 0>, { readonly spanMs: number; readonly stepMs: number }>
> = {
  [ChartRange.CHART_RANGE_1H]: { spanMs: HOUR_MS, stepMs: MINUTE_MS },
  [ChartRange.CHART_RANGE_6H]: { spanMs: 6 * HOUR_MS, stepMs: 5 * MINUTE_MS },
  [ChartRange.CHART_RANGE_24H]: { spanMs: DAY_MS, stepMs: 10 * MINUTE_MS },
  [ChartRange.CHART_RANGE_7D]: { spanMs: 7 * DAY_MS, stepMs: HOUR_MS },
  [ChartRange.CHART_RANGE_30D]: { spanMs: 30 * DAY_MS, stepMs: 6 * HOUR_MS },
  [ChartRange.CHART_RANGE_1Y]: { spanMs: 366 * DAY_MS, stepMs: DAY_MS },
};

export interface Chart {
  readonly stepMs: number;
  /** One at least, oldest first, without gaps. The newest is cut off where counting ends. */
  readonly steps: readonly Step[];
}

/** @throws {SeriesUnavailable} */
export async function chartOf(
  series: SeriesReader,
  subject: Subject,
  range: ChartRange,
  { untilMs }: Counted,
): Promise<Chart> {
  const { spanMs, stepMs: askedMs } = SHAPES[range || ChartRange.CHART_RANGE_24H];
  // Steps lie where those of the day do; the newest is not over as a rule, and is one of them.
  const fromMs = Math.max(0, Math.ceil(untilMs / askedMs) * askedMs - spanMs);
  const steps = await series.chart(subject, { fromMs, untilMs }, askedMs);
  // Further back than the store keeps minutes (hours), steps are hours (days) at least.
  const first = steps[0]!.range;
  return { stepMs: Math.max(askedMs, first.untilMs - first.fromMs), steps };
}

export function pointsOf(
  { steps }: Chart,
  counted: Counted,
): MessageInitShape<typeof ChartPointSchema>[] {
  return steps.map(({ range, valid, rejected, stale, reasons }) => {
    const seconds = secondsOf(range, counted);
    return {
      at: timestampFromMs(range.fromMs),
      ...speedOver(valid, seconds),
      sharesValid: BigInt(valid.shares),
      sharesRejected: BigInt(rejected),
      sharesStale: BigInt(stale),
      reasons: Object.entries(reasons).map(([reason, shares]) => ({
        reason,
        shares: BigInt(shares),
      })),
      seconds,
    };
  });
}

/** All points together. */
export function chartTotals({ steps }: Chart): MessageInitShape<typeof ShareTotalsSchema> {
  const reasons: Record<string, number> = {};
  let valid = 0, rejected = 0, stale = 0;
  for (const step of steps) {
    valid += step.valid.shares;
    rejected += step.rejected;
    stale += step.stale;
    for (const [reason, shares] of Object.entries(step.reasons)) {
      reasons[reason] = (reasons[reason] ?? 0) + shares;
    }
  }
  return totalsOf({ valid: { shares: valid }, rejected, stale, reasons });
}
