/** Who works most, asked of the store once a minute, however many of them somebody wants to see. @module */
import type { AccountSum, SeriesReader } from "@gopool/series";
import { TOP_MINERS_MOST } from "./limits.ts";
import { OnceARange } from "./once_a_range.ts";

/**
 * The first TOP_MINERS_MOST over a range: the dearest question that there is, since it reads every account's rows. Each
 * number of rows is an answer of its own to the kept answers, and a caller can name a hundred.
 */
export class TopMiners extends OnceARange<readonly AccountSum[]> {
  constructor(series: Pick<SeriesReader, "top">) {
    super((range) => series.top(range, TOP_MINERS_MOST));
  }
}
