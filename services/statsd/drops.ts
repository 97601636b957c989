/**
 * What does not count, and why.
 *
 * @module
 */

/** Why a record did not count. Notes and marks are no shares, and are not told. */
export interface Drops {
  /** Published again, and counted before. */
  repeated: number;
  /** Answered true twice, and valid once: no refusal. */
  republished: number;
  foreign: number;
  unreadable: number;
  /** Of a minute of which the beginning is gone. */
  headless: number;
}

export function noDrops(): Drops {
  return { repeated: 0, republished: 0, foreign: 0, unreadable: 0, headless: 0 };
}

/** Adds `more` to `sums`. */
export function addDrops(sums: Drops, more: Readonly<Drops>): void {
  for (const key of Object.keys(sums) as (keyof Drops)[]) sums[key] += more[key];
}
