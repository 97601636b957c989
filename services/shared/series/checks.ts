/**
 * Mistakes of who asks, told in a sentence. The same for every adapter.
 *
 * @module
 */
import { checkRange, MINUTE_MS } from "./levels.ts";
import { type Range, ROWS_MAX, STEPS_MAX } from "./port.ts";

/** @throws {RangeError} */
export function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > ROWS_MAX) {
    throw new RangeError(`A page has from 1 to ${ROWS_MAX} rows: not ${limit}`);
  }
}

/** Of a question about figures. @throws {RangeError} */
export function checkMinutes(range: Range): void {
  checkRange(range);
  const minutes = (range.untilMs - range.fromMs) / MINUTE_MS;
  if (minutes > STEPS_MAX) {
    throw new RangeError(`Figures are told for ${STEPS_MAX} minutes at most: not for ${minutes}`);
  }
}
