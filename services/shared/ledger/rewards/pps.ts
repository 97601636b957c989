import { claimsOfReserve } from "./basis.ts";
import { earnings } from "./earnings.ts";
import type { RewardScheme } from "./scheme.ts";

/** Pay per share: work earns its part of the subsidy at once, from the reserve; blocks go whole to the reserve. */
export const pps: RewardScheme = {
  name: "pps",
  reach: () => null,
  claims: (claimants) => claimsOfReserve("pps", claimants),
  earn: (work, _expectedFees, ratesOf) => earnings(work, 0n, ratesOf),
};
