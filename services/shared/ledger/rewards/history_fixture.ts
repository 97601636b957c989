/**
 * Histories of shares for tests, and the slices, windows and splits they make without a store.
 *
 * @module
 */
import type { SchemeParams } from "../schemes/mod.ts";
import fc from "@gopool/testing/fc";
import {
  type AccountWork,
  type BlockSplit,
  type Claims,
  findReach,
  type MinuteTotal,
  type Rates,
  type RewardScheme,
  splitBlock,
  type Window,
} from "./mod.ts";

/** A share, or a sum of shares: what one account did in one minute. */
export interface Done {
  readonly account: string;
  readonly minute: number;
  readonly nbits: number;
  readonly work: bigint;
}

/** W(nbits) is 8, 16, 128 and 2^32 + 2^16 + 1: figures that can be checked by hand, and the easiest target of the main chain. */
export const BITS = [0x201f_ffff, 0x200f_ffff, 0x2001_ffff, 0x1d00_ffff] as const;

export const ACCOUNTS = ["bc1qalice", "bc1qbob", "bc1qcarol", "bc1qdave", "bc1qerin"] as const;

/** Shares of some accounts in minutes from 0 on; the work of big miners and of tiny ones. */
export function history(minutes: number): fc.Arbitrary<Done[]> {
  return fc.array(
    fc.record({
      account: fc.constantFrom(...ACCOUNTS),
      minute: fc.nat(minutes - 1),
      nbits: fc.constantFrom(...BITS),
      work: fc.oneof(fc.bigInt(1n, 40n), fc.bigInt(1n, 1n << 40n)),
    }),
    { maxLength: 40 },
  );
}

export const rates: fc.Arbitrary<Rates> = fc.record({
  feeBasisPoints: fc.oneof(fc.constant(0), fc.constant(100), fc.nat(10_000)),
  donationBasisPoints: fc.oneof(fc.constant(0), fc.nat(10_000)),
});

/** Rates of each of the accounts. */
export const ratesOfAll: fc.Arbitrary<ReadonlyMap<string, Rates>> = fc.tuple(
  ...ACCOUNTS.map(() => rates),
).map((all) => new Map(ACCOUNTS.map((account, at) => [account, all[at]!])));

export const value = fc.oneof(fc.bigInt(0n, 20n), fc.bigInt(0n, 2_100_000_000_000_000n));

/** Totals of a history's slices before a minute, as the ledger gives them. */
export function totalsBefore(done: readonly Done[], untilMinute: number): MinuteTotal[] {
  const sums = new Map<string, MinuteTotal>();
  for (const { minute, nbits, work } of done) {
    if (minute >= untilMinute) continue;
    const key = `${minute}/${nbits}`;
    sums.set(key, { minute, nbits, work: (sums.get(key)?.work ?? 0n) + work });
  }
  return [...sums.values()].sort((a, b) => b.minute - a.minute || a.nbits - b.nbits);
}

/** Everybody's work in a window of minutes, as the ledger gives it. */
export function sumsIn(done: readonly Done[], window: Window): AccountWork[] {
  const sums = new Map<string, AccountWork>();
  for (const { account, minute, nbits, work } of done) {
    if (minute < window.fromMinute || minute >= window.untilMinute) continue;
    const key = `${account}/${nbits}`;
    const { whole, edge } = sums.get(key) ?? { whole: 0n, edge: 0n };
    const atEdge = minute < window.fromMinute + window.edgeMinutes;
    sums.set(key, {
      account,
      nbits,
      whole: atEdge ? whole : whole + work,
      edge: atEdge ? edge + work : edge,
    });
  }
  return [...sums.values()];
}

export interface Found {
  readonly minute: number;
  readonly minuteBefore: number | null;
  readonly finder: string | null;
  readonly value: bigint;
}

export interface InForce {
  readonly scheme: RewardScheme;
  readonly params: SchemeParams;
  readonly rates: ReadonlyMap<string, Rates>;
}

export const NO_RATES: Rates = { feeBasisPoints: 0, donationBasisPoints: 0 };

/** Who may claim a block that was found after a history, all of it worked under the scheme. */
export function claimsTo(found: Found, done: readonly Done[], inForce: InForce): Claims {
  const { scheme, params, rates } = inForce;
  const reach = scheme.reach(found, params);
  const window = reach && findReach(totalsBefore(done, reach.untilMinute), reach);
  return scheme.claims({
    finder: found.finder,
    ratesOf: (account) => rates.get(account) ?? NO_RATES,
    poolRates: NO_RATES,
    work: window && { window, sums: sumsIn(done, window) },
  }, params);
}

/** The split of a block that was found after a history. */
export function settle(found: Found, done: readonly Done[], inForce: InForce): BlockSplit {
  return splitBlock(found.value, claimsTo(found, done, inForce));
}
