import { claimsByWork } from "./basis.ts";
import type { RewardScheme } from "./scheme.ts";

/**
 * Proportional, for comparison: a block is split over the round, which is the work since the block before it. A share
 * early in a round is worth more than one late in it, so that hopping between pools pays: offered to show what PPLNS
 * mends. The minute of a block belongs to the next round, as everywhere.
 */
export const prop: RewardScheme = {
  name: "prop",
  reach: ({ minute, minuteBefore }) => ({
    untilMinute: minute,
    back: { toMinute: minuteBefore },
  }),
  claims: (claimants) => claimsByWork("prop", claimants, null),
  earn: null,
};
