/**
 * Every bound and pace of payoutd, with its reason.
 *
 * @module
 */

/** How often a process that stands by asks whether the books need a keeper: a failed one is replaced soon. */
export const KEEPER_RETRY_MS = 5_000;

/** How often it is looked whether the outputs of coinbases should change. */
export const SNAPSHOT_LOOK_MS = 10_000;

/** A split is published again after this, changed or not, well before it expires. */
export const SNAPSHOT_AGAIN_MS = 60_000;

/** A split that is not renewed ends after this: jobs then pay the pool, which owes the same. */
export const SNAPSHOT_LIFE_MS = 5 * 60_000;

/** Snapshots that no block was found with are dropped after this; candidates reach the books within hours. */
export const SNAPSHOT_KEPT_MS = 3 * 24 * 60 * 60_000;

/**
 * A halving this near counts already: outputs that were right for the old subsidy would be more than a later block
 * has. A split's life is some blocks at most.
 */
export const HALVING_AHEAD_BLOCKS = 12;

/** A scrape reads the ledger once: whatever asks within this shares the answer. Scrapes are 10 s apart or more. */
export const METRICS_LOOK_MS = 2_000;
