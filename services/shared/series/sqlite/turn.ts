/**
 * SQLite's calls are synchronous and share the event loop with miners: long work is cut into slices of a few
 * milliseconds, with everybody else's turn between.
 *
 * @module
 */
import { setImmediate } from "node:timers";

/** Rows read (some 2 µs each) or written (some 5 µs) in one turn. */
export const SLICE_ROWS = 500;

const waiting: (() => void)[] = [];

/**
 * When everybody else has had a turn. One a turn, in their order: of a hundred questions at once, a hundred slices would
 * run between two looks at the miners' sockets otherwise.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(letOneOn);
  });
}

function letOneOn(): void {
  const resolve = waiting.shift();
  if (waiting.length > 0) setImmediate(letOneOn);
  resolve?.();
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
