/** Bounds of what the public answers look at, each with its reason. @module */
import { ROWS_MAX } from "@gopool/series";

/** Who is online: the Stratum side aims at 15 shares a minute, so ten minutes without one are no chance. */
export const ONLINE_MS = 600_000;

/** Minutes are whole a minute or two after their beginning: counting that stands further back than this is behind. */
export const COUNTED_OLD_MS = 5 * 60_000;

/** Of a request that names no page size. The protos hold what is named within their own bounds. */
export const WORKERS_USUAL = 100;
export const TOP_MINERS_USUAL = 20;

/** The most that a request may name: pool.proto says so, and a test holds one to the other. */
export const TOP_MINERS_MOST = 100;

/** A page asks the store for one more, to know whether there is a next: that is the most it gives. */
export const WORKERS_MOST = ROWS_MAX - 1;

/** Blocks marked in a chart: more could not be told apart in it. */
export const CHART_BLOCKS_MAX = 200;

/**
 * How long ago a worker may have been seen and still be listed. A rented machine that left is gone from the list after
 * a week, which is what the longest window of a speed is, too.
 */
export const WORKERS_SEEN_MS = 7 * 86_400_000;
