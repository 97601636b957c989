/** From share.valid to closed minutes. @module */
export { appliedBefore, closable, type Cut, judgedBefore, type Proof } from "./closable.ts";
export { createShareKeeper, SHARE_GROUP, type ShareKeeperDeps } from "./keeper.ts";
export { createMinuteCloser, type MinuteCloserDeps, type Unsettled } from "./minute_closer.ts";
export {
  type BatchReading,
  type Gap,
  type Letter,
  readBatch,
  type Standing,
} from "./read_batch.ts";
export { type Books, type ReadShare, type Share, ShareReader } from "./share.ts";
export { SharesStopped } from "./standing.ts";
export { type SliceGroup, type SummingRules, type Sums, sumShares } from "./summing.ts";
