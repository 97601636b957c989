import type { SchemeName } from "../schemes/mod.ts";
import type { Basis, BasisWindow, Claimants, Claims } from "./scheme.ts";
import type { Rates, Weight } from "./types.ts";
import { weightsOf } from "./weights.ts";
import type { Window } from "./window.ts";

/** The window of a stored basis again; null where the split rests on none. */
export function windowOf({ window }: Basis): Window | null {
  if (window === null) return null;
  const { fromMinute, edgeMinutes, untilMinute, full, totals } = window;
  return {
    fromMinute,
    edgeMinutes,
    untilMinute,
    full,
    fraction: { numerator: BigInt(window.numerator), denominator: BigInt(window.denominator) },
    totals: totals.map(({ nbits, whole, edge }) => ({
      nbits,
      whole: BigInt(whole),
      edge: BigInt(edge),
    })),
  };
}

/** Claims by the work in a window; where nobody worked, the finder's. */
export function claimsByWork(
  scheme: SchemeName,
  claimants: Claimants,
  windowThousandths: number | null,
): Claims {
  const { work, ratesOf } = claimants;
  if (work === null) throw new RangeError(`Cannot split a block by ${scheme} without a window`);
  const weights = weightsOf(work.window, work.sums)
    .map(({ account, weight }) => withRates(account, weight, ratesOf(account)));
  if (weights.length === 0) return claimsOfFinder(scheme, claimants, windowThousandths);
  return made(scheme, claimants, "window", weights, windowThousandths);
}

/** The finder's claim to all of it; unclaimed where nobody was authorised. */
export function claimsOfFinder(
  scheme: SchemeName,
  claimants: Claimants,
  windowThousandths: number | null,
): Claims {
  const { finder, ratesOf } = claimants;
  const weights = finder === null ? [] : [withRates(finder, 1n, ratesOf(finder))];
  return made(scheme, claimants, finder === null ? null : "finder", weights, windowThousandths);
}

/** Nobody's claim: the block is the reserve's, from which the work was paid already. */
export function claimsOfReserve(scheme: SchemeName, claimants: Claimants): Claims {
  const { basis } = made(scheme, claimants, null, [], null);
  return { goes: "reserve", weights: [], basis: { ...basis, goes: "reserve" } };
}

function made(
  scheme: SchemeName,
  { finder, poolRates, work }: Claimants,
  by: Basis["by"],
  weights: readonly Weight[],
  windowThousandths: number | null,
): Claims {
  const goes = by === null ? "unclaimed" : "accounts";
  const basis: Basis = {
    scheme,
    goes,
    by,
    finder,
    windowThousandths,
    window: work === null ? null : asJson(work.window),
    weight: String(weights.reduce((sum, { weight }) => sum + weight, 0n)),
    poolFeeBasisPoints: poolRates.feeBasisPoints,
    poolDonationBasisPoints: poolRates.donationBasisPoints,
  };
  return { goes, weights, basis };
}

function asJson({ fraction, totals, ...window }: Window): BasisWindow {
  return {
    ...window,
    numerator: String(fraction.numerator),
    denominator: String(fraction.denominator),
    totals: totals.map(({ nbits, whole, edge }) => ({
      nbits,
      whole: String(whole),
      edge: String(edge),
    })),
  };
}

function withRates(account: string, weight: bigint, rates: Rates): Weight {
  const { feeBasisPoints, donationBasisPoints } = rates;
  return { account, weight, feeBasisPoints, donationBasisPoints };
}
