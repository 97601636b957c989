/**
 * SQLite's calls are synchronous and share the event loop with miners: long work is cut into slices of a few
 * milliseconds, with everybody else's turn between.
 *
 * @module
 */
import { setImmediate } from "node:timers";

/** Rows read (some 2 µs each) or written (some 5 µs) in one turn. */
export const SLICE_ROWS = 500;

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Counts rows; says when to let others have their turn. */
export class Slices {
  #rows = 0;

  /** Whether a slice is full: then await `nextTurn`. */
  isFull(rows = 1): boolean {
    this.#rows += rows;
    if (this.#rows < SLICE_ROWS) return false;
    this.#rows = 0;
    return true;
  }
}
