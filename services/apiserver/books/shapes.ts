/** The books' things as messages of gopool.api.v1. @module */
import { BlockState, timestampFromMs } from "@gopool/proto/api";
import type { PoolBlock } from "./types.ts";

/** How finders are shown: "full", "short" (first and last letters), "hidden". */
export type Finders = "full" | "short" | "hidden";

/** Letters that stay at each end: enough to find oneself, too few to look anybody up. */
const SHORT_HEAD = 8;
const SHORT_TAIL = 5;

/** What is shown of who found a block. */
export function finderOf(
  { finder, worker }: Pick<PoolBlock, "finder" | "worker">,
  finders: Finders,
): { readonly finder: string; readonly worker: string } {
  if (finders === "full") return { finder, worker };
  if (finders === "hidden" || finder === "") return { finder: "", worker: "" };
  return { finder: `${finder.slice(0, SHORT_HEAD)}…${finder.slice(-SHORT_TAIL)}`, worker: "" };
}

export const BLOCK_STATES = {
  found: BlockState.FOUND,
  confirmed: BlockState.CONFIRMED,
  mature: BlockState.MATURE,
  orphaned: BlockState.ORPHANED,
} as const;

/** @param effort Null, or left out: it is still counted, or not known. */
export function blockSummary(block: PoolBlock, finders: Finders, effort: number | null = null) {
  return {
    hash: block.hash,
    height: block.height,
    foundAt: timestampFromMs(block.foundAtMs),
    state: BLOCK_STATES[block.state],
    confirmations: block.confirmations,
    rewardSats: block.rewardSats ?? 0n,
    ...effort === null ? {} : { effort },
    networkDifficulty: block.networkDifficulty,
    ...finderOf(block, finders),
    scheme: block.scheme,
  };
}
