/**
 * Bounds of what is read from the wire, each with its reason.
 *
 * @module
 */

/**
 * Longest line a pool reads, without its line end. Real requests stay below 1 kB (ckpool cuts there); a
 * configure with every extension and long texts needs more, and nothing honest needs 8 kB.
 */
export const MAX_REQUEST_LINE_BYTES = 8192;

/** Longest line a miner reads: a notify with a 16 kB coinbase in hex and 12 branches, twice over. */
export const MAX_POOL_LINE_BYTES = 65_536;

/**
 * Longest id echoed, in characters of its JSON text. Ids are counters or short words; the bound keeps an
 * answer waiting in a queue small.
 */
export const MAX_ID_LENGTH = 128;

/** Nesting of a message, the outer object counted. The deepest message known (subscribe's result) has 4. */
export const MAX_DEPTH = 16;

/** Longest username, job id, password, user agent or info text, in characters. */
export const MAX_TEXT_LENGTH = 256;

/** Most extensions answered in one mining.configure; the protocol knows four. */
export const MAX_EXTENSIONS = 32;

/** Half the difficulty of the largest target (just under 2^-32): from there on down every hash passes. */
export const MIN_DIFFICULTY = 2 ** -33;

/** Difficulty no machine will reach: one share of it every second would be 2^96 hashes a second. */
export const MAX_DIFFICULTY = 2 ** 64;
