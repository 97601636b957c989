/**
 * Batches that are read and ruled on, and wait for those behind them to be stored in one transaction: whoever catches up
 * writes each slice fewer times. Nothing rests on them: the ledger's position is what counts, and after a crash they
 * are read again from there.
 *
 * @module
 */
import { AHEAD_FROM, AHEAD_MAX } from "./limits.ts";
import type { BatchReading, Standing } from "./read_batch.ts";

export interface AheadBounds {
  /** Batches of fewer records do not wait: the pool is not behind. */
  readonly from: number;
  /** Most shares that wait. */
  readonly max: number;
}

export const AHEAD: AheadBounds = { from: AHEAD_FROM, max: AHEAD_MAX };

export class Ahead {
  #waiting: { readonly from: Standing; readonly reading: BatchReading } | undefined;

  constructor(private readonly bounds: AheadBounds) {}

  /** Where the next batch is ruled on from: behind what waits. */
  standing(ledger: Standing): Standing {
    return this.#waiting === undefined ? ledger : { ...ledger, at: this.#waiting.reading.to };
  }

  /** What waits and what comes behind it, as one. */
  joined(more: BatchReading): BatchReading {
    const before = this.#waiting?.reading;
    return before === undefined ? more : { ...more, shares: before.shares.concat(more.shares) };
  }

  /** Whether a reading of so many records may wait, if more are behind it. What is odd is stored at once. */
  mayWait({ shares, letters, foreign, gap, fault }: BatchReading, records: number): boolean {
    const plain = letters.length === 0 && foreign.length === 0 && gap === undefined &&
      fault === undefined;
    return plain && records >= this.bounds.from && shares.length < this.bounds.max;
  }

  wait(from: Standing, reading: BatchReading): void {
    this.#waiting = { from, reading };
  }

  clear(): void {
    this.#waiting = undefined;
  }

  /** Whether what waits goes on from there; if not, it is dropped. */
  keepsOn({ log, at }: Standing): boolean {
    if (this.#waiting === undefined) return false;
    const { from } = this.#waiting;
    const same = from.log.number === log.number && from.at.nextOffset === at.nextOffset &&
      from.at.sourceOffset === at.sourceOffset;
    if (!same) this.clear();
    return same;
  }
}
