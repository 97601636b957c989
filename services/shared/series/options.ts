/**
 * What a series is opened with, whatever it is made of.
 *
 * @module
 */
import type { Metrics } from "@gopool/runtime";

/** How long each table keeps its rows, milliseconds; null: for ever. */
export interface Retentions {
  readonly rawMs: number;
  readonly minutesMs: number;
  readonly hoursMs: number;
  readonly daysMs: number | null;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Two days of minutes draw a day at any step; a quarter of hours answers a season; days are few. Raw shares are many,
 * and looked at while something is wrong.
 */
export const RETENTIONS: Retentions = {
  rawMs: DAY_MS,
  minutesMs: 2 * DAY_MS,
  hoursMs: 92 * DAY_MS,
  daysMs: null,
};

export interface SeriesClock {
  /** Milliseconds since the Unix epoch: how far back minutes and hours are kept is counted from it. */
  now(): number;
  /** Milliseconds since some start; never goes back. */
  monotonic(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface SeriesOptions {
  readonly clock: SeriesClock;
  /** `read`: makes and writes nothing, and waits in each question for a store that somebody else makes. Default: write. */
  readonly access?: "read" | "write";
  /** Of a server that asks for one. */
  readonly token?: string;
  /** Certificates that a server's is signed by, PEM. */
  readonly ca?: string;
  /** Whether raw shares are kept. */
  readonly raw: boolean;
  readonly retentions?: Retentions;
  /** Told in a sentence what is in the way of the store, again as often as it is met; null when it works again. */
  readonly onTrouble?: (sentence: string | null) => void;
  /** Where questions and writes are counted and timed. One series for each registry. */
  readonly metrics?: Metrics;
  /** Of the process's end: waits no more for a store that is away, at the start or to write to it again. */
  readonly signal?: AbortSignal;
}

/** Why a series could not be opened: its URL, its format, or who is in the way. */
export class SeriesNotOpened extends Error {
  override name = "SeriesNotOpened";
}
