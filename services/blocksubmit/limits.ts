/**
 * Every bound of blocksubmit, with its reason.
 *
 * @module
 */

/** How far back solved blocks are read again at start: older ones are buried or lost. */
export const SOLVED_HORIZON_MS = 2 * 3_600_000;

/** A block that another of its height lies this deep over is lost: exchanges call six blocks final. */
export const BURIED_DEPTH = 6;

/** Pauses between rounds over the nodes: at once, then slower, never more than a few seconds late. */
export const RETRY = { firstMs: 250, lastMs: 5_000 } as const;

/**
 * Rounds in which every node refused a block before it is called lost. A node that has not heard of the parent
 * yet, or whose clock is a little behind, refuses a good block for some seconds.
 */
export const REFUSED_ROUNDS = 6;

/** Attempts kept for the record of one block; of a longer fight the first and the latest are kept. */
export const ATTEMPTS_MAX = 64;

/** How often a block that a node keeps beside its best chain is looked at: a reorganisation takes minutes. */
export const WATCH_MS = 2_000;
