/** Bounds of payouts, each with its reason. @module */

/**
 * Heaviest payment. Nodes relay up to 400,000 (Bitcoin Core policy/policy.h, MAX_STANDARD_TX_WEIGHT); the rest is room
 * for a replacement with a few more inputs.
 */
export const TX_WEIGHT_MAX = 360_000;

/** What the inputs of a payment may weigh together: the other half is its outputs'. */
export const INPUTS_WEIGHT_MAX = 180_000;

/** Heaviest replacement: below what nodes relay, whatever a signature's length. */
export const REPLACEMENT_WEIGHT_MAX = 399_000;

/** Coins looked at for one run at most: a question to a node each, and more than its payments could spend. */
export const COINS_LOOKED_MAX = 5_000;

/** Balances below this can be paid to no script: the least dust limit there is, of P2WPKH (fees.ts). */
export const LEAST_DUE_SATS = 294n;

/** Payments planned by one run at most: with 2,000 outputs each, more accounts than a day's run has. */
export const BATCHES_PER_RUN_MAX = 20;

/**
 * Satoshis per 1000 virtual bytes that a replacement must add for its own relay (Bitcoin Core policy/policy.h,
 * DEFAULT_INCREMENTAL_RELAY_FEE up to version 29; later ones ask for less).
 */
export const INCREMENTAL_RATE = 1000n;

/** Opts in to replacement (BIP 125); nodes of today replace whatever it says, older ones ask for it. */
export const SEQUENCE = 0xffff_fffd;

/** A payment that no block holds yet is given to the nodes again this often: they forget, restart, evict. */
export const RESEND_MS = 60_000;

/** One that no node took is tried again this often: nodes come back, and a parent may arrive. */
export const SEND_AGAIN_MS = 10_000;

/** How often the loop looks for something to do. */
export const STEP_MS = 2_000;

/** An external signer that has no answer yet is asked again this often. */
export const SIGN_AGAIN_MS = 10_000;

/** A payment that no block took in so long wants an operator's eye: a replacement with a higher fee. */
export const SLOW_MS = 6 * 3_600_000;

/** Span of the daily limit: rolling, so that no midnight lets two days' worth out within a minute. */
export const DAY_MS = 24 * 3_600_000;
