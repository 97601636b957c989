declare const unit: unique symbol;

/** A value that carries its unit in its type: a `Sats` cannot be handed to something that wants a `Target`. */
export type Unit<T, Name extends string> = T & { readonly [unit]: Name };

/** Satoshis. 1 BTC = 100_000_000 sats; the whole supply stays below 2^51. */
export type Sats = Unit<bigint, "Sats">;
/** Whole seconds since the Unix epoch, as block headers and `mining.notify` carry them (ntime). */
export type UnixSeconds = Unit<number, "UnixSeconds">;
/** 256-bit threshold: a hash is good when, read as a little-endian integer, it is not above the target. */
export type Target = Unit<bigint, "Target">;
/** Multiples of the difficulty-1 target. A share of difficulty d stands for d * 2^32 hashes on average. */
export type Difficulty = Unit<number, "Difficulty">;
/** 32 bytes, in the order the hash function emits them ("internal" order; explorers print it reversed). */
export type Hash = Unit<Uint8Array, "Hash">;

/** All satoshis there will ever be, and what no amount may exceed (Bitcoin Core consensus/amount.h, MAX_MONEY). */
export const MAX_SUPPLY_SATS = 2_100_000_000_000_000n as Sats;

/**
 * Checks that `value` is a whole, non-negative number of satoshis and marks it as such.
 *
 * @throws {RangeError} It is negative.
 */
export function sats(value: bigint): Sats {
  if (value < 0n) throw new RangeError(`Cannot use ${value} as sats: must be >= 0`);
  return value as Sats;
}
