/** Work done against work needed: effort since the last block, luck, time until the next. @module */
import type { MessageInitShape } from "@gopool/proto";
import type { LuckSchema } from "@gopool/proto/api";
import type { SeriesReader, Sum } from "@gopool/series";
import { type Counted, MINUTE_MS, secondsOf, wholeMinute } from "./windows.ts";

/** Hashes that a share of difficulty 1 takes on average: 2^256 / (0xffff * 2^208). */
export const HASHES_AT_DIFFICULTY_1 = 2 ** 48 / 0xffff;

/** Seconds until a block, on average; 0 where nobody mines or the difficulty is not known. */
export function secondsToBlock(networkDifficulty: number, hashesPerSecond: number): number {
  return hashesPerSecond > 0 ? networkDifficulty * HASHES_AT_DIFFICULTY_1 / hashesPerSecond : 0;
}

/**
 * Blocks that the work since then finds on average. The minute of the block before counts in proportion.
 *
 * @param sinceMs When the block before was found; null: none was, and all that is known counts.
 * @throws {SeriesUnavailable}
 */
export async function effortSince(
  series: SeriesReader,
  sinceMs: number | null,
  { firstMs, untilMs }: Counted,
): Promise<number> {
  const fromMs = wholeMinute(sinceMs ?? firstMs);
  if (fromMs >= untilMs) return 0;
  const [whole, first] = await series.sums({ kind: "pool" }, [
    { fromMs, untilMs },
    { fromMs, untilMs: fromMs + MINUTE_MS },
  ]);
  if (sinceMs === null) return whole!.valid.expected;
  // Far back it is an hour or a day, not a minute: whatever was summed, it is the step in which the block fell.
  const { range, valid } = first!;
  const before = (sinceMs - range.fromMs) / (range.untilMs - range.fromMs);
  return Math.max(0, whole!.valid.expected - valid.expected * Math.min(1, Math.max(0, before)));
}

/**
 * Found against expected.
 *
 * @param sum Of the whole pool.
 * @throws {SeriesUnavailable}
 */
export async function luckOf(
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
    luck: expectedBlocks > 0 ? blocks / expectedBlocks : 0,
  };
}
