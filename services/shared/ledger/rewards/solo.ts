import { claimsOfFinder } from "./basis.ts";
import type { RewardScheme } from "./scheme.ts";

/** Each for itself: the finder takes the block, less the fee. */
export const solo: RewardScheme = {
  name: "solo",
  reach: () => null,
  claims: (claimants) => claimsOfFinder("solo", claimants, null),
  earn: null,
};
