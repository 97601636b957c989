/**
 * How many blocks the pool's work finds on average between two times that need not be minutes.
 *
 * @module
 */
import { ceilTo, floorTo, MINUTE_MS } from "./levels.ts";
import type { Range, SeriesReader, Sum } from "./port.ts";

/**
 * Blocks that the pool's valid work from `fromMs` until `untilMs` finds on average: 1 between two blocks is average
 * effort, less is luck. Of the minutes at both ends (of the hours, where minutes are no longer kept) the part is taken
 * that lies inside, as if work had come evenly.
 *
 * @throws {SeriesUnavailable}
 */
export async function expectedBetween(
  series: Pick<SeriesReader, "sums">,
  fromMs: number,
  untilMs: number,
): Promise<number> {
  if (untilMs <= fromMs) return 0;
  const first = floorTo(fromMs, MINUTE_MS);
  const last = floorTo(untilMs, MINUTE_MS);
  const ranges = [
    { fromMs: first, untilMs: ceilTo(untilMs, MINUTE_MS) },
    { fromMs: first, untilMs: first + MINUTE_MS },
    { fromMs: last, untilMs: last + MINUTE_MS },
  ];
  const [whole, begin, end] = await series.sums({ kind: "pool" }, ranges) as [Sum, Sum, Sum];
  const before = part(begin, { fromMs: begin.range.fromMs, untilMs: fromMs });
  const after = part(end, { fromMs: untilMs, untilMs: end.range.untilMs });
  // Where the end is on a minute, the whole does not reach into the minute that begins there.
  const over = untilMs === last && whole.range.untilMs <= last ? 0 : after;
  return Math.max(0, whole.valid.expected - before - over);
}

/** What of a sum's expectation lies in a part of its range. */
function part({ range, valid }: Sum, { fromMs, untilMs }: Range): number {
  return valid.expected * (untilMs - fromMs) / (range.untilMs - range.fromMs);
}
