import { claimsByWork } from "./basis.ts";
import type { RewardScheme } from "./scheme.ts";

/**
 * Pay per last N shares, in units: a block is split over the last X units of work before the minute of T, wherever blocks
 * were found in it. Every share is thus paid over the same X of work that follows it, and hopping gains nothing. A young
 * pool, whose window is not yet full, splits the block over what there is; where there is nothing, the finder takes it.
 */
export const pplns: RewardScheme = {
  name: "pplns",
  reach: ({ minute }, { windowThousandths }) => ({
    untilMinute: minute,
    back: { thousandths: BigInt(windowThousandths) },
  }),
  claims: (claimants, { windowThousandths }) => claimsByWork("pplns", claimants, windowThousandths),
  earn: null,
};
