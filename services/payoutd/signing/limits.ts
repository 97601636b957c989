/**
 * The bounds of signing.
 *
 * @module
 */

/** A descriptor has some 200 bytes: room for dozens, with remarks. */
export const KEY_FILE_MAX_BYTES = 16_384;
