/** Work done against work needed: effort since the last block, luck. The arithmetic is the series room's. @module */
import type { MessageInitShape } from "@gopool/proto";
import type { LuckSchema } from "@gopool/proto/api";
import { expectedBetween, luckOf, type SeriesReader, type Sum } from "@gopool/series";
import { type Counted, secondsOf } from "./windows.ts";

/**
 * Blocks that the work since then finds on average.
 *
 * @param sinceMs When the block before was found; null: none was, and all that is known counts.
 * @throws {SeriesUnavailable}
 */
export function effortSince(
  series: SeriesReader,
  sinceMs: number | null,
  { firstMs, untilMs }: Counted,
): Promise<number> {
  return expectedBetween(series, sinceMs ?? firstMs, untilMs);
}

/**
 * Found against expected.
 *
 * @param sum Of the whole pool.
 * @throws {SeriesUnavailable}
 */
export async function luckOver(
  series: SeriesReader,
  period: string,
  { range, valid }: Sum,
  counted: Counted,
): Promise<MessageInitShape<typeof LuckSchema>> {
  const blocks = await series.blockCount(range);
  const expectedBlocks = valid.expected;
  return {
    period,
    measuredSeconds: secondsOf(range, counted),
    blocks,
    expectedBlocks,
    luck: luckOf(blocks, expectedBlocks),
  };
}
