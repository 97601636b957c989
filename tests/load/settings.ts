/**
 * What the servers under load are told.
 *
 * @module
 */

/** The least difficulty there is: but for rounding every hash is a share (see MISSES_MAX). */
export const EVERY_HASH = 2 ** -32;

/**
 * Part of all hashes that miss the share target after all: 2^-32 goes out as 2.33e-10, which one hash in 1,400
 * does not meet. Twice that is allowed; each miss must be called a low difficulty.
 */
export const MISSES_MAX = 1 / 700;

/** Sessions that the gateway lets in, all of one address. */
export const MANY_SESSIONS = 20_000;

/** Whom the simulated coinbase and every miner's username name: nobody has its key. */
export const ADDRESS = "bcrt1qvahhqmm0dsnhxgrnd9kh2mrpw35k7m3q7k0yj4";

/** Of the control planes of the servers under load, on loopback only. */
export const CONTROL_TOKEN = "load-token-0123456789";
