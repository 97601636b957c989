import { BASIS_POINTS, type Credit, type Split, type Weight } from "./types.ts";

const FULL = BigInt(BASIS_POINTS);

/**
 * Splits a value by weights, to the satoshi. An account's part is exact (value × weight / Σ weights) until it is floored,
 * once. In this order (I1, I10):
 *
 * 1. fee = floor(Σ value·w·f / (W·10^4));
 * 2. donation = floor(Σ value·w·(10^4 − f)·d / (W·10^8)): of what the fee leaves;
 * 3. the rest goes to the accounts in proportion to w·(10^4 − f)·(10^4 − d): each its floor, and the satoshis then left
 *    one each to the largest remainders, between equal ones to the greater weight, then to the lesser address.
 *
 * The same whatever order the weights come in. Where rates leave the accounts nothing at all, what flooring left over
 * (a satoshi at most) is the fee's.
 *
 * @param value Satoshi, not negative.
 * @throws {RangeError} Nobody has a weight; a weight is negative; an account stands there twice; a rate is not a whole
 *   number from 0 to 10,000; the value is negative.
 */
export function splitValue(value: bigint, weights: readonly Weight[]): Split {
  if (value < 0n) throw new RangeError(`Cannot split ${value} sats: must be >= 0`);
  const parts = partsOf(weights);
  let total = 0n;
  let forFee = 0n;
  let forDonation = 0n;
  let forAccounts = 0n;
  for (const { weight, fee, donation, own } of parts) {
    total += weight.weight;
    forFee += fee;
    forDonation += donation;
    forAccounts += own;
  }
  if (total === 0n) throw new RangeError("Cannot split among nobody: no account has a weight");
  const feeSats = value * forFee / (total * FULL);
  const donationSats = value * forDonation / (total * FULL * FULL);
  const rest = value - feeSats - donationSats;
  if (forAccounts === 0n) {
    const credits = parts.map(({ weight }) => ({ ...weight, sats: 0n }));
    return { credits, feeSats: feeSats + rest, donationSats };
  }
  return { credits: handOut(rest, parts, forAccounts), feeSats, donationSats };
}

interface Part {
  readonly weight: Weight;
  /** Weight times rate, at the scales of the rules above. */
  readonly fee: bigint;
  readonly donation: bigint;
  readonly own: bigint;
}

/** By address ascending, without those of weight 0. */
function partsOf(weights: readonly Weight[]): Part[] {
  const sorted = weights.toSorted((a, b) => compareText(a.account, b.account));
  const parts: Part[] = [];
  let before: string | undefined;
  for (const { account, weight, feeBasisPoints, donationBasisPoints } of sorted) {
    if (account === before) throw new RangeError(`Cannot split: ${account} has two weights`);
    before = account;
    if (weight < 0n) throw new RangeError(`Cannot split: ${account} has the weight ${weight}`);
    const f = rate(feeBasisPoints);
    const d = rate(donationBasisPoints);
    if (weight === 0n) continue;
    parts.push({
      weight: { account, weight, feeBasisPoints, donationBasisPoints },
      fee: weight * f,
      donation: weight * (FULL - f) * d,
      own: weight * (FULL - f) * (FULL - d),
    });
  }
  return parts;
}

/** `rest` over the parts: floors, then the largest remainders. */
function handOut(rest: bigint, parts: readonly Part[], forAccounts: bigint): Credit[] {
  let left = rest;
  const shares = parts.map(({ weight, own }) => {
    const scaled = rest * own;
    const sats = scaled / forAccounts;
    left -= sats;
    return { weight, sats, remainder: scaled - sats * forAccounts };
  });
  // The remainders add up to `left` times their divisor, and each is below it: there are more of them than `left`.
  // The parts come by address, and sorting is stable: that is the last rule of the tie-break.
  const byRemainder = shares.toSorted((a, b) =>
    compare(b.remainder, a.remainder) || compare(b.weight.weight, a.weight.weight)
  );
  for (let next = 0; left > 0n; left--) byRemainder[next++]!.sats++;
  return shares.map(({ weight, sats }) => ({ ...weight, sats }));
}

function rate(basisPoints: number): bigint {
  if (!Number.isInteger(basisPoints) || basisPoints < 0 || basisPoints > BASIS_POINTS) {
    throw new RangeError(`Cannot use a rate of ${basisPoints} basis points: from 0 to 10000`);
  }
  return BigInt(basisPoints);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** By UTF-16 code units, as JavaScript and "C" collation agree for addresses: never by a locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
