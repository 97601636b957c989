/**
 * The words of reward schemes: weights, credits, splits. Everything in this folder is pure: no clock, no store. Money is
 * whole satoshi in bigint, work is floor(2^256 / (target + 1)) in bigint, and no float is near either.
 *
 * @module
 */

/** Rates are basis points: hundredths of a percent. */
export const BASIS_POINTS = 10_000;

export interface Rates {
  /** What the pool keeps, from 0 to 10,000. */
  readonly feeBasisPoints: number;
  /** What the miner gives, of what is left after the fee, from 0 to 10,000. */
  readonly donationBasisPoints: number;
}

/** One account's part in a split. Only the proportion of weights to each other means anything. */
export interface Weight extends Rates {
  /** Canonical address. */
  readonly account: string;
  readonly weight: bigint;
}

/** What an account is given, after fee and donation, with the rates that were used. */
export interface Credit extends Weight {
  /** May be 0: the account's part was below a satoshi. */
  readonly sats: bigint;
}

/** A value handed out to the last satoshi: Σ credits + feeSats + donationSats is the value. */
export interface Split {
  /** One per account with a weight above 0, by address ascending. */
  readonly credits: readonly Credit[];
  readonly feeSats: bigint;
  readonly donationSats: bigint;
}

/** An exact number from 0 to 1, in lowest terms. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export const ONE: Fraction = { numerator: 1n, denominator: 1n };

/** Work of one scheme in one closed slice, at one nBits: a minute, or an hour where minutes are too old to be kept. */
export interface MinuteTotal {
  /** First minute of the slice, since the Unix epoch. */
  readonly minute: number;
  /** How many minutes it lasts: 1 unless said, or 60. */
  readonly span?: number;
  readonly nbits: number;
  readonly work: bigint;
}

/** An account's work at one nBits in a window. */
export interface AccountWork {
  readonly account: string;
  readonly nbits: number;
  /** In the slices that count whole. */
  readonly whole: bigint;
  /** In the slice that straddles the window's beginning. */
  readonly edge: bigint;
}
