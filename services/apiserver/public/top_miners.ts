/** Who works most, asked of the store once a minute, however many of them somebody wants to see. @module */
import type { AccountSum, Range, SeriesReader } from "@gopool/series";
import { TOP_MINERS_MOST } from "./limits.ts";

/**
 * The dearest question that there is: it reads every account's rows. Each number of rows is an answer of its own to the
 * kept answers, and a caller can name a hundred.
 */
export class TopMiners {
  readonly #series: Pick<SeriesReader, "top">;
  #newest: { readonly range: Range; readonly found: Promise<readonly AccountSum[]> } | null = null;

  constructor(series: Pick<SeriesReader, "top">) {
    this.#series = series;
  }

  /** The first TOP_MINERS_MOST over a range. @throws {SeriesUnavailable} The next who asks tries again. */
  over(range: Range): Promise<readonly AccountSum[]> {
    const { fromMs, untilMs } = this.#newest?.range ?? { fromMs: -1, untilMs: -1 };
    if (this.#newest !== null && fromMs === range.fromMs && untilMs === range.untilMs) {
      return this.#newest.found;
    }
    const mine = { range, found: this.#series.top(range, TOP_MINERS_MOST) };
    this.#newest = mine;
    mine.found.catch(() => {
      if (this.#newest === mine) this.#newest = null;
    });
    return mine.found;
  }
}
