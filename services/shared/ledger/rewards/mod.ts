/**
 * Reward schemes, pure: who is paid how much for which work. See README.md for the rules with worked figures.
 *
 * @module
 */
import type { SchemeName } from "../schemes/mod.ts";
import { fpps } from "./fpps.ts";
import { pplns } from "./pplns.ts";
import { pps } from "./pps.ts";
import { prop } from "./prop.ts";
import type { RewardScheme } from "./scheme.ts";
import { solo } from "./solo.ts";

export { windowOf } from "./basis.ts";
export * from "./earnings.ts";
export { expectedFees, FEE_BLOCKS, FEE_CAP_MEDIANS } from "./expected_fees.ts";
export { ruinProbability } from "./ruin.ts";
export * from "./scheme.ts";
export { splitValue } from "./split.ts";
export * from "./types.ts";
export { unitWork } from "./units.ts";
export { weightsOf, WindowMismatch } from "./weights.ts";
export {
  findReach,
  findWindow,
  type Reach,
  ReachSearch,
  type Window,
  type WindowTotal,
} from "./window.ts";

const BY_NAME: Readonly<Record<SchemeName, RewardScheme>> = { pplns, solo, pps, fpps, prop };

export function schemeOf(name: SchemeName): RewardScheme {
  return BY_NAME[name];
}
