/**
 * What everybody owns, worked out again in a few lines that share nothing with what they are held against: no windows
 * over several difficulties, no transfers, no states. Imported by tests only.
 *
 * @module
 */

/** Balances by name and bucket: "alice 0" is what alice has that is not mature, "alice 1" what is. */
export class Balances {
  readonly sums = new Map<string, bigint>();

  move(from: string, to: string, sats: bigint): void {
    this.sums.set(from, (this.sums.get(from) ?? 0n) - sats);
    this.sums.set(to, (this.sums.get(to) ?? 0n) + sats);
  }

  of(name: string): bigint {
    return this.sums.get(name) ?? 0n;
  }
}

/** Work of one account in one minute, in such parts of a block that all difficulties share. */
export interface Part {
  readonly account: string;
  readonly minute: number;
  readonly parts: bigint;
}

/**
 * The last `wanted` parts before a minute, as weights; all there are where they are fewer, or where nothing is wanted
 * (null). Of the minute that straddles everybody's counts in proportion.
 */
export function lastParts(done: readonly Part[], until: number, wanted: bigint | null) {
  const weights = new Map<string, bigint>();
  let left = wanted;
  for (let minute = until - 1; left !== 0n && done.some((one) => one.minute <= minute); minute--) {
    const here = done.filter((one) => one.minute === minute);
    const all = here.reduce((sum, { parts }) => sum + parts, 0n);
    const straddles = left !== null && all > left;
    if (straddles) { for (const [account, weight] of weights) weights.set(account, weight * all); }
    for (const { account, parts } of here) {
      weights.set(account, (weights.get(account) ?? 0n) + parts * (straddles ? left! : 1n));
    }
    if (left !== null) left -= straddles ? left : all;
  }
  return weights;
}

/** A value by weights at one fee and one donation for all, to the satoshi: "fee", "donation", and each account. */
export function splitAmong(
  value: bigint,
  weights: ReadonlyMap<string, bigint>,
  fee: bigint,
  donation: bigint,
) {
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0n);
  const parts = new Map([["fee", value * fee / 10_000n]]);
  parts.set("donation", value * (10_000n - fee) * donation / 100_000_000n);
  const rest = value - parts.get("fee")! - parts.get("donation")!;
  for (const [account, weight] of weights) parts.set(account, rest * weight / total);
  const left = value - [...parts.values()].reduce((sum, sats) => sum + sats);
  const order = [...weights].map(([account, weight]) => ({
    account,
    weight,
    over: rest * weight % total,
  }))
    .sort((a, b) =>
      Number(b.over - a.over) || Number(b.weight - a.weight) || (a.account < b.account ? -1 : 1)
    );
  for (const { account } of order.slice(0, Number(left))) {
    parts.set(account, parts.get(account)! + 1n);
  }
  return parts;
}
