/**
 * The results as lines of a table, each printed when it is known.
 *
 * @module
 */
import type { Rate } from "./modes.ts";

const COLUMNS = [
  ["server", 10],
  ["load", 14],
  ["miners", 7],
  ["true/s", 8],
  ["p50 ms", 8],
  ["p99 ms", 8],
  ["worst", 7],
  ["CPU µs", 7],
  ["held up", 7],
  ["valid/s", 8],
  ["CPU µs", 7],
  ["what else", 0],
] as const;

export interface Row {
  readonly server: string;
  readonly load: string;
  readonly miners: number;
  readonly rate?: Rate;
  /** All the way to share.valid: a second, and CPU µs for each. */
  readonly valid?: { readonly perSecond: number; readonly cpuUs: number | null };
  readonly note?: string;
}

export function printHead(): void {
  print(COLUMNS.map(([name]) => name));
}

export function printRow({ server, load, miners, rate, valid, note = "" }: Row): void {
  print([
    server,
    load,
    String(miners),
    rate === undefined ? "" : (rate.accepted / rate.seconds).toFixed(0),
    figure(rate?.p50),
    figure(rate?.p99),
    figure(rate?.worst),
    figure(rate?.cpuUs),
    rate === undefined ? "" : percent(rate.heldUp),
    valid === undefined ? "" : valid.perSecond.toFixed(0),
    figure(valid?.cpuUs),
    note,
  ]);
}

function print(cells: readonly string[]): void {
  const padded = cells.map((cell, i) =>
    i < 2 || COLUMNS[i]![1] === 0 ? cell.padEnd(COLUMNS[i]![1]) : cell.padStart(COLUMNS[i]![1])
  );
  console.log(padded.join(" ").trimEnd());
}

/** Three digits of it. */
export function figure(value: number | null | undefined): string {
  if (value === undefined) return "";
  if (value === null) return "?";
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function percent(part: number | null): string {
  return part === null ? "?" : `${(100 * part).toFixed(0)} %`;
}
