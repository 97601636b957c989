/**
 * Charts of what the API tells step by step: speed, and shares that did not count.
 *
 * @module
 */
import type { BlockSummaryJson, ChartPointJson } from "@gopool/proto/api";
import { count, double, speed, speedTick, whole } from "../format.ts";
import { moment } from "../times.ts";
import { Chart, type Line, type Mark } from "./chart.tsx";

/** Steps without a measured second know nothing, which is not the same as nothing done. */
function known(point: ChartPointJson): boolean {
  return point.seconds === undefined || double(point.seconds) > 0;
}

/** A young pool's chart begins shortly before its first figure, but is never narrower than so many steps. */
const STEPS_LEAST = 15;

function sinceKnown(points: readonly ChartPointJson[]): readonly ChartPointJson[] {
  const first = points.findIndex((one) => known(one) && whole(one.sharesValid) > 0n);
  if (first < 0) return points;
  return points.slice(Math.max(0, Math.min(first - 2, points.length - STEPS_LEAST)));
}

export function SpeedChart({ label, points: all, stepSeconds, blocks }: {
  label: string;
  points: readonly ChartPointJson[];
  stepSeconds: number;
  blocks?: readonly BlockSummaryJson[];
}) {
  const points = sinceKnown(all);
  const marks = blocks?.flatMap(({ foundAt, height }): Mark[] => {
    const at = moment(foundAt);
    return at === null ? [] : [{ at: at.getTime() / 1000, text: `block ${count(height ?? 0)}` }];
  });
  return (
    <Chart
      label={label}
      at={points.map(({ at }) => at ?? "")}
      stepSeconds={stepSeconds}
      lines={[{
        name: "Hashrate",
        colour: "--series-1",
        values: points.map((one) => known(one) ? double(one.hashesPerSecond) : null),
        errors: points.map((one) => double(one.standardError)),
      }]}
      marks={marks}
      format={speedWithError}
      axis={speedTick}
    />
  );
}

function speedWithError(value: number, standardError?: number): string {
  const { figure, error, unit } = speed(value, standardError ?? null);
  return error === null ? `${figure} ${unit}` : `${figure} ± ${error} ${unit}`;
}

/** So many reasons have a colour of their own; the rest go together. */
const REASONS_SHOWN = 5;

/** Shares that did not count, by reason, one on the other. */
export function RefusedChart({ label, points, stepSeconds, titles }: {
  label: string;
  points: readonly ChartPointJson[];
  stepSeconds: number;
  /** Reasons in words. */
  titles: ReadonlyMap<string, string>;
}) {
  const sums = new Map<string, bigint>();
  for (const { reasons = [] } of points) {
    for (const { reason = "", shares } of reasons) {
      sums.set(reason, (sums.get(reason) ?? 0n) + whole(shares));
    }
  }
  const ranked = [...sums].sort(([, a], [, b]) => a < b ? 1 : -1).map(([reason]) => reason);
  if (ranked.length === 0) return <p class="empty">No share was refused in this time.</p>;
  const own = ranked.slice(0, REASONS_SHOWN);
  const lines: Line[] = own.map((reason, at) => ({
    name: titles.get(reason) || reason,
    colour: `--series-${at + 1}`,
    values: points.map((one) => sharesOf(one, (found) => found === reason)),
  }));
  if (ranked.length > REASONS_SHOWN) {
    lines.push({
      name: "Others",
      colour: "--series-6",
      values: points.map((one) => sharesOf(one, (found) => !own.includes(found))),
    });
  }
  return (
    <Chart
      label={label}
      at={points.map(({ at }) => at ?? "")}
      stepSeconds={stepSeconds}
      lines={lines}
      stacked
      format={(value) => count(Math.round(value))}
      height={180}
    />
  );
}

function sharesOf({ reasons = [] }: ChartPointJson, wanted: (reason: string) => boolean): number {
  return reasons.filter(({ reason = "" }) => wanted(reason))
    .reduce((sum, { shares }) => sum + Number(shares ?? 0), 0);
}
