/**
 * Windows and ranges of the API in the page's words.
 *
 * @module
 */
import type { ChartRangeJson, HashrateJson, WindowJson } from "@gopool/proto/api";
import { double } from "./format.ts";

export const WINDOWS: Readonly<Record<WindowJson, string>> = {
  WINDOW_UNSPECIFIED: "",
  WINDOW_1M: "1 minute",
  WINDOW_5M: "5 minutes",
  WINDOW_15M: "15 minutes",
  WINDOW_1H: "1 hour",
  WINDOW_6H: "6 hours",
  WINDOW_24H: "24 hours",
  WINDOW_7D: "7 days",
};

/** A range in words. */
export function nameOf(range: Range | null): string {
  return RANGES.find(([one]) => one === range)?.[1] ?? "";
}

/**
 * The range that a chart begins with: a day, or less where less is known.
 *
 * @param knownSeconds How long figures go back; null where it is not known yet.
 */
export function fittingRange(knownSeconds: number | null): Range {
  if (knownSeconds === null || knownSeconds >= 6 * 3600) return "CHART_RANGE_24H";
  return knownSeconds >= 3600 ? "CHART_RANGE_6H" : "CHART_RANGE_1H";
}

/** How long figures go back, by what the longest window was measured over; null where there is none. */
export function knownSeconds(hashrates: readonly HashrateJson[] | undefined): number | null {
  const longest = hashrates?.find(({ window }) => window === "WINDOW_7D");
  return longest === undefined ? null : double(longest.measuredSeconds);
}

/** Seconds of each; 0 where it is none. */
export const WINDOW_SECONDS: Readonly<Record<WindowJson, number>> = {
  WINDOW_UNSPECIFIED: 0,
  WINDOW_1M: 60,
  WINDOW_5M: 300,
  WINDOW_15M: 900,
  WINDOW_1H: 3600,
  WINDOW_6H: 21_600,
  WINDOW_24H: 86_400,
  WINDOW_7D: 604_800,
};

export type Range = Exclude<ChartRangeJson, "CHART_RANGE_UNSPECIFIED">;

export const RANGES: readonly (readonly [Range, string])[] = [
  ["CHART_RANGE_1H", "1 h"],
  ["CHART_RANGE_6H", "6 h"],
  ["CHART_RANGE_24H", "24 h"],
  ["CHART_RANGE_7D", "7 d"],
  ["CHART_RANGE_30D", "30 d"],
  ["CHART_RANGE_1Y", "1 y"],
];
