/**
 * The last difficulties of a session: when, which, why. Numbers in one list, because every session has one.
 *
 * @module
 */
import { CHANGES_KEPT } from "./limits.ts";

export type Cause = "start" | "vardiff" | "fixed";

const CAUSES: readonly Cause[] = ["start", "vardiff", "fixed"];
const WIDTH = 3;

export interface Change {
  /** Gateway's clock, ms. */
  readonly atMs: number;
  readonly difficulty: number;
  readonly cause: Cause;
}

export class Changes {
  /** Three numbers a change: no room is kept for a second one, which most sessions never have. */
  readonly #rows: number[];

  constructor(first: Change) {
    this.#rows = [first.atMs, first.difficulty, CAUSES.indexOf(first.cause)];
  }

  add({ atMs, difficulty, cause }: Change): void {
    const rows = this.#rows;
    if (rows.length === CHANGES_KEPT * WIDTH) rows.splice(0, WIDTH);
    rows.push(atMs, difficulty, CAUSES.indexOf(cause));
  }

  /** Newest first. */
  get newestFirst(): Change[] {
    const found: Change[] = [];
    for (let i = this.#rows.length - WIDTH; i >= 0; i -= WIDTH) {
      const [atMs, difficulty, cause] = this.#rows.slice(i, i + WIDTH);
      found.push({ atMs: atMs!, difficulty: difficulty!, cause: CAUSES[cause!]! });
    }
    return found;
  }
}
