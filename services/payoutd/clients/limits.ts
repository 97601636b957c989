/**
 * The bounds of requests that miners sign.
 *
 * @module
 */

/** A request's life from now: time to sign it on a device kept elsewhere, and not to be found in a drawer a year on. */
export const REQUEST_LIFE_MAX_MS = 7 * 24 * 60 * 60_000;

/** Requests that an account may have accepted in 24 hours: each stays in the books for ever. */
export const REQUESTS_PER_DAY_MAX = 20;
export const DAY_MS = 24 * 60 * 60_000;

/**
 * Least threshold that a miner may choose, where the operator wants no other: an output of 31 virtual bytes costs some
 * hundred satoshi at usual rates, and should not cost a tenth of what it pays.
 */
export const LEAST_THRESHOLD_SATS = 10_000n;
