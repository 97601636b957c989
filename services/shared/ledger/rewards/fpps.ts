import { claimsOfReserve } from "./basis.ts";
import { earnings } from "./earnings.ts";
import type { RewardScheme } from "./scheme.ts";

/** Full pay per share: as PPS, and work earns its part of the fees that a block is expected to bring as well. */
export const fpps: RewardScheme = {
  name: "fpps",
  reach: () => null,
  claims: (claimants) => claimsOfReserve("fpps", claimants),
  earn: earnings,
};
