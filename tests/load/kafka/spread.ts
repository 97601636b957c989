/**
 * Figures of several rounds: what lies in the middle, and how far they lie apart.
 *
 * @module
 */
import { figure } from "../report.ts";

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** The value below which this part of all lies (the nearest rank). */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? NaN;
}

/** `12.3 (11.0 to 14.1)`. */
export function spread(values: readonly number[]): string {
  if (values.some((value) => !Number.isFinite(value))) return "?";
  return `${figure(median(values))} (${figure(Math.min(...values))} to ${
    figure(Math.max(...values))
  })`;
}

/** Lines with their cells below each other; the first cell of a line is its name. */
export function printTable(lines: readonly (readonly string[])[]): void {
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  for (const line of lines) {
    const padded = line.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)
    );
    console.log(padded.join("  ").trimEnd());
  }
}
