/** Bounds of what is asked of the books, each with its reason. @module */

/** Rows of a page where none are asked for, and at most; the protos hold what is asked to the same. */
export const LIST_USUAL = 20;
export const LIST_MAX = 100;
export const CREDITS_USUAL = 100;
export const CREDITS_MAX = 1_000;

/** Of a miner's page. */
export const PAYOUTS_SHOWN = 10;

/** Workers of a miner whose first time is told: a page of the series has no more. */
export const WORKERS_MAX = 1_000;

/** Days of earnings where none are asked for, and at most: a leap year. */
export const DAYS_USUAL = 30;
export const DAYS_MAX = 366;

/** Late shares that a split names: a broker whose clock is that wrong is another matter than a few shares. */
export const LATE_SHARES_MAX = 1_000;

/** How long what a block found now would bring is good for: the window moves on by a minute at a time. */
export const ESTIMATE_FRESH_MS = 30_000;

/** As long as it is renewed in the background, an older one is shown rather than have a visitor wait for the next. */
export const ESTIMATE_SHOWN_MS = 600_000;

/** Nobody has asked for so long: it is not renewed. */
export const ESTIMATE_WANTED_MS = 600_000;

/** How often it is looked whether it has to be renewed. */
export const ESTIMATE_LOOK_MS = 5_000;

/** Of the ledger's time at most one part in so many goes into renewing: a long window of many accounts takes seconds. */
export const ESTIMATE_DUTY = 20;

/** How often a ledger that is open is asked whether it still answers, and one that cannot be opened is tried again. */
export const LEDGER_LOOK_MS = 10_000;
export const LEDGER_AGAIN_MS = 30_000;

/** Validity of the example request: time to sign it with a device at hand. */
export const EXAMPLE_LIFE_MS = 86_400_000;

/** A threshold for the example, where payoutd has not said what the usual one is. */
export const EXAMPLE_THRESHOLD_SATS = 1_000_000n;

/**
 * Changes of settings that are handed on at once: each costs whoever keeps the books a look into them and a check of a
 * signature, and anybody may send any number of wrong ones. Miners change theirs once in months.
 */
export const FORWARDS_MAX = 4;
