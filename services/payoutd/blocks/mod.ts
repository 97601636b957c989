/**
 * Blocks: from block.found to the books, and the best chain beside them.
 *
 * @module
 */
import type { Service } from "@gopool/runtime";
import type { BlocksDeps } from "./deps.ts";
import { createChainFollower } from "./follower.ts";
import { createReconciler } from "./reconciler.ts";
import { createSettler } from "./settler.ts";
import { createBlockTaker } from "./taker.ts";
import { createUnknownWatch } from "./unknown.ts";
import { createBlockWatcher } from "./watcher.ts";

export { type ByHand, settleAsPaid } from "./by_hand.ts";
export { PoolScripts } from "./coinbase.ts";
export type { BlocksDeps } from "./deps.ts";
export { createChainFollower } from "./follower.ts";
export {
  AlreadySplit,
  type Preview,
  type PreviewDeps,
  type PreviewOf,
  previewSettlement,
} from "./preview.ts";
export { createReconciler } from "./reconciler.ts";
export { restsOnShares, settlementOf } from "./settlement.ts";
export { createSettler } from "./settler.ts";
export { createBlockTaker, GROUP, unreadFound } from "./taker.ts";
export { createUnknownWatch } from "./unknown.ts";
export { createBlockWatcher } from "./watcher.ts";

export interface Blocks {
  /** Runs in every payoutd: they share the topic's partition. */
  readonly taker: Service;
  /** Run by the keeper of the books. More than one at once costs work, never money. */
  readonly keeper: readonly Service[];
}

export function createBlocks(deps: BlocksDeps): Blocks {
  return {
    taker: createBlockTaker(deps),
    keeper: [
      createChainFollower(deps),
      createBlockWatcher(deps),
      createSettler(deps),
      createUnknownWatch(deps),
      createReconciler(deps),
    ],
  };
}
