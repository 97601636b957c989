/**
 * A stretch of time as questions that the server answers: none needs more than SLOTS_PER_QUERY slots of ten minutes, and
 * one that is refused all the same, because slots were written in several goes, is asked again in halves.
 *
 * @module
 */
import { floorTo } from "../levels.ts";
import { type Range, SeriesUnavailable } from "../port.ts";
import { SLOT_MS, SLOTS_PER_QUERY } from "./limits.ts";
import { TooManyFiles } from "./faults.ts";

/**
 * Cuts at multiples, so that a later question has the same cuts.
 *
 * @param rowMs How far apart rows stand.
 */
export function slicesOf({ fromMs, untilMs }: Range, rowMs: number): Range[] {
  const sliceMs = SLOTS_PER_QUERY * Math.max(rowMs, SLOT_MS);
  const slices: Range[] = [];
  for (let at = fromMs; at < untilMs;) {
    const end = Math.min(floorTo(at, sliceMs) + sliceMs, untilMs);
    slices.push({ fromMs: at, untilMs: end });
    at = end;
  }
  return slices;
}

/** Slots that may hold rows: those that a slice touches, of rows so far apart. */
export function slotsOf({ fromMs, untilMs }: Range, rowMs: number): number {
  const unit = Math.max(rowMs, SLOT_MS);
  return Math.ceil(untilMs / unit) - Math.floor(fromMs / unit);
}

/** Every slice's rows, oldest slice first. @throws {SeriesUnavailable} */
export async function inSlices<T>(
  range: Range,
  rowMs: number,
  ask: (slice: Range) => Promise<readonly T[]>,
): Promise<T[]> {
  const answers = await Promise.all(
    slicesOf(range, rowMs).map((slice) => inHalves(slice, rowMs, ask)),
  );
  return answers.flat();
}

/** One slice, in halves where it has too many files. @throws {SeriesUnavailable} */
export async function inHalves<T>(
  slice: Range,
  rowMs: number,
  ask: (slice: Range) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  try {
    return await ask(slice);
  } catch (error) {
    if (!(error instanceof TooManyFiles)) throw error;
    const { fromMs, untilMs } = slice;
    const unit = Math.max(rowMs, SLOT_MS);
    const middle = floorTo((fromMs + untilMs) / 2, unit);
    if (middle <= fromMs || middle >= untilMs) {
      throw new SeriesUnavailable(`One slot has too many files: ${error.message}`, {
        cause: error,
      });
    }
    return [
      ...await inHalves({ fromMs, untilMs: middle }, rowMs, ask),
      ...await inHalves({ fromMs: middle, untilMs }, rowMs, ask),
    ];
  }
}
