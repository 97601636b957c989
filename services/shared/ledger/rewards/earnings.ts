/**
 * What work earns at once under PPS and FPPS, exact to 2^-64 satoshi; fractions are carried per account, so that small
 * miners lose nothing to rounding however few their shares are.
 *
 * @module
 */
import { compareText } from "./split.ts";
import { BASIS_POINTS, type Rates } from "./types.ts";
import { Units } from "./units.ts";

/** Earnings are counted in parts of 2^-64 satoshi. */
export const PART_BITS = 64n;

/** An account's work in one closed minute, at one nBits and one subsidy. */
export interface MinuteWork {
  readonly account: string;
  readonly nbits: number;
  /** Of the height that the work was for, in satoshi. */
  readonly subsidy: bigint;
  readonly work: bigint;
}

export interface Earning extends Rates {
  readonly account: string;
  /** 2^-64 satoshi, after fee and donation. */
  readonly parts: bigint;
}

export interface MinuteEarnings {
  /** By address ascending. */
  readonly earnings: readonly Earning[];
  /** What all of them gave, in 2^-64 satoshi. */
  readonly donationParts: bigint;
}

/**
 * Σ work / W(nbits) × (subsidy + F) × (1 − fee) × (1 − donation) of each account, floored once to 2^-64 satoshi, and
 * Σ … × (1 − fee) × donation of all of them. The fee is not moved: it stays in the reserve, and is what keeps it alive.
 *
 * @param expectedFees F, satoshi; 0 under PPS.
 */
export function earnings(
  work: readonly MinuteWork[],
  expectedFees: bigint,
  ratesOf: (account: string) => Rates,
): MinuteEarnings {
  const units = new Units(work.map(({ nbits }) => nbits));
  const gross = new Map<string, bigint>();
  for (const { account, nbits, subsidy, work: done } of work) {
    const more = done * units.factor(nbits) * (subsidy + expectedFees);
    gross.set(account, (gross.get(account) ?? 0n) + more);
  }
  const full = BigInt(BASIS_POINTS);
  const one = units.one * full * full;
  let donated = 0n;
  const found: Earning[] = [];
  for (const [account, amount] of gross) {
    const { feeBasisPoints, donationBasisPoints } = ratesOf(account);
    const kept = amount * (full - BigInt(feeBasisPoints));
    donated += kept * BigInt(donationBasisPoints);
    const parts = (kept * (full - BigInt(donationBasisPoints)) << PART_BITS) / one;
    found.push({ account, parts, feeBasisPoints, donationBasisPoints });
  }
  return {
    earnings: found.sort((a, b) => compareText(a.account, b.account)),
    donationParts: (donated << PART_BITS) / one,
  };
}

/** Adds earnings to what was carried: the whole satoshis to book now, and what is carried on, from 0 to 2^64 - 1. */
export function carried(carry: bigint, parts: bigint): { sats: bigint; carry: bigint } {
  const sum = carry + parts;
  return { sats: sum >> PART_BITS, carry: BigInt.asUintN(64, sum) };
}
