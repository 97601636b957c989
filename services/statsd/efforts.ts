/**
 * The effort of blocks: how many the pool's work since the block before finds on average. Reckoned when the minute of the
 * block is settled, by the leader.
 *
 * @module
 */
import { type BlockPoint, expectedBetween, MINUTE_MS, type Series } from "@gopool/series";
import { BLOCKS_LOOKED_AT } from "./limits.ts";

export type EffortsSeries = Pick<Series, "blocks" | "firstMinute" | "sums" | "writeBlock">;

/**
 * Reckons what can be, the oldest first.
 *
 * @param settledMs Minutes that end by then stay as they are.
 * @returns How many efforts were written. @throws {SeriesUnavailable}
 */
export async function reckonEfforts(series: EffortsSeries, settledMs: number): Promise<number> {
  const blocks = await series.blocks({ untilMs: Number.MAX_SAFE_INTEGER, limit: BLOCKS_LOOKED_AT });
  let written = 0;
  for (let i = blocks.length - 1; i >= 0; i--) {
    const block = blocks[i]!;
    const minuteEnds = Math.floor(block.foundAtMs / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
    if (block.effort !== null || minuteEnds > settledMs) continue;
    const before = await sinceOf(series, blocks, i);
    if (before === null) continue;
    const effort = await expectedBetween(series, before, block.foundAtMs);
    await series.writeBlock({ ...block, effort });
    written++;
  }
  return written;
}

/** When the block before was found; the first block's effort begins with statistics. Null: not among those looked at. */
async function sinceOf(
  series: EffortsSeries,
  blocks: readonly BlockPoint[],
  at: number,
): Promise<number | null> {
  const before = blocks[at + 1];
  if (before !== undefined) return before.foundAtMs;
  if (blocks.length === BLOCKS_LOOKED_AT) return null;
  const firstMs = await series.firstMinute();
  // A pool that found one before its first share was counted.
  return Math.min(firstMs ?? blocks[at]!.foundAtMs, blocks[at]!.foundAtMs);
}
