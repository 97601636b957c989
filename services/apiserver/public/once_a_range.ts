/** One answer of a store for each range of minutes: ranges move on once a minute, questions come more often. @module */
import type { Range } from "@gopool/series";

/** Keeps the answer about the newest range that was asked for. */
export class OnceARange<T> {
  readonly #ask: (range: Range) => Promise<T>;
  #newest: { readonly range: Range; readonly found: Promise<T> } | null = null;

  constructor(ask: (range: Range) => Promise<T>) {
    this.#ask = ask;
  }

  /** @throws What the question throws; the next who asks tries again. */
  over(range: Range): Promise<T> {
    const { fromMs, untilMs } = this.#newest?.range ?? { fromMs: -1, untilMs: -1 };
    if (this.#newest !== null && fromMs === range.fromMs && untilMs === range.untilMs) {
      return this.#newest.found;
    }
    const mine = { range, found: this.#ask(range) };
    this.#newest = mine;
    mine.found.catch(() => {
      if (this.#newest === mine) this.#newest = null;
    });
    return mine.found;
  }
}
