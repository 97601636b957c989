/**
 * What the miners of a feeder have earned, in few lines: all shares and all blocks at hand, no database, no batches, no
 * order of arrival.
 *
 * @module
 */
import { targetFromBits, workOfTarget } from "@gopool/chain";
import type { Announced } from "./blocks.ts";
import type { Counted } from "./miners.ts";

/** The shares, by minute and account: work as parts of a unit, over one denominator for all nBits. */
export class Reference {
  readonly #one: bigint;
  readonly #minutes = new Map<number, Map<string, bigint>>();

  constructor(shares: readonly Counted[]) {
    const unit = new Map(
      shares.map(({ nbits }) => [nbits, workOfTarget(targetFromBits(nbits)) as bigint]),
    );
    this.#one = [...unit.values()].reduce((product, one) => product * one, 1n);
    for (const { account, loggedAtMs, nbits, work } of shares) {
      const minute = Math.floor(loggedAtMs / 60_000);
      const sums = this.#minutes.get(minute) ?? new Map<string, bigint>();
      sums.set(account, (sums.get(account) ?? 0n) + work * (this.#one / unit.get(nbits)!));
      this.#minutes.set(minute, sums);
    }
  }

  /** PPLNS over X thousandths of a unit before the minute of T: credits by account, and the fee. */
  split(block: Announced, thousandths: bigint, feeBasisPoints: bigint) {
    const { value, finder } = block;
    const weights = this.#window(Math.floor(block.foundAtMs / 60_000), thousandths);
    if (weights.size === 0 && finder !== "") weights.set(finder, 1n);
    // Nobody claims it: it is the pool's, in whole.
    if (weights.size === 0) return { fee: 0n, credits: new Map<string, bigint>() };
    const fee = value * feeBasisPoints / 10_000n;
    const all = [...weights.values()].reduce((sum, one) => sum + one, 0n);
    const parts = [...weights].map(([account, weight]) => {
      const exact = (value - fee) * weight;
      return { account, weight, sats: exact / all, rest: exact % all };
    });
    let left = value - fee - parts.reduce((sum, { sats }) => sum + sats, 0n);
    parts.sort((a, b) =>
      compare(b.rest, a.rest) || compare(b.weight, a.weight) || compare(a.account, b.account)
    );
    for (const part of parts) if (left-- > 0n) part.sats++;
    return { fee, credits: new Map(parts.map(({ account, sats }) => [account, sats])) };
  }

  #window(minute: number, thousandths: bigint): Map<string, bigint> {
    const weights = new Map<string, bigint>();
    let missing = this.#one * thousandths;
    const before = [...this.#minutes.keys()].filter((one) => one < minute).sort((a, b) => b - a);
    for (const one of before) {
      const sums = this.#minutes.get(one)!;
      const total = 1000n * [...sums.values()].reduce((sum, work) => sum + work, 0n);
      const isLast = total >= missing;
      // The last one counts in part: all others are then weighed by the whole of that part.
      if (isLast) { for (const [account, weight] of weights) weights.set(account, weight * total); }
      for (const [account, work] of sums) {
        weights.set(account, (weights.get(account) ?? 0n) + work * (isLast ? missing : 1n));
      }
      if (isLast) break;
      missing -= total;
    }
    return weights;
  }
}

function compare<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
