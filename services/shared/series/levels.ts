/**
 * Which table answers which part of a range: days in the middle, hours beside them, minutes at the edges and where
 * nothing is rolled up yet. Pure, and the same for every adapter, so that all give the same answers.
 *
 * @module
 */
import { type Range, STEPS_MAX } from "./port.ts";
import type { Retentions } from "./options.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

export type Level = "minute" | "hour" | "day";

/** Length of a level's rows, ms. Days are those of UTC. */
export const LEVEL_MS: Readonly<Record<Level, number>> = {
  minute: MINUTE_MS,
  hour: HOUR_MS,
  day: DAY_MS,
};

/** Steps that a chart may have, ms: each is a whole number of rows of some level, and days begin with one. */
export const STEPS: readonly number[] = [
  ...[1, 2, 5, 10, 15, 20, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 4, 6, 8, 12].map((hours) => hours * HOUR_MS),
  ...[1, 7].map((days) => days * DAY_MS),
];

/** What a store can answer from. Hours are whole from `hoursFromMs` to `rolledUntilMs`, minutes from `minutesFromMs` on. */
export interface Horizon {
  readonly rolledUntilMs: number;
  /** On an hour, not after `rolledUntilMs`. */
  readonly minutesFromMs: number;
  /** On a day, not after the last one that is rolled up. */
  readonly hoursFromMs: number;
}

/** Rows of one level over one stretch. */
export interface Piece {
  readonly level: Level;
  readonly range: Range;
}

/** `range` is what the pieces cover, oldest first and without gaps: never less than was asked. */
export interface Plan {
  readonly range: Range;
  readonly pieces: readonly Piece[];
}

export interface ChartPlan extends Plan {
  /** At least the step that was asked. */
  readonly stepMs: number;
  readonly steps: readonly Range[];
}

export function floorTo(ms: number, unit: number): number {
  return Math.floor(ms / unit) * unit;
}

export function ceilTo(ms: number, unit: number): number {
  return Math.ceil(ms / unit) * unit;
}

/** What retention leaves at `nowMs`. Nothing is taken away before it is rolled up. */
export function horizonOf(
  nowMs: number,
  kept: Pick<Retentions, "minutesMs" | "hoursMs">,
  rolledUntilMs: number,
): Horizon {
  const from = (keptMs: number, unit: number) =>
    Math.max(0, Math.min(floorTo(nowMs - keptMs, unit), floorTo(rolledUntilMs, unit)));
  return {
    rolledUntilMs,
    minutesFromMs: from(kept.minutesMs, HOUR_MS),
    hoursFromMs: from(kept.hoursMs, DAY_MS),
  };
}

/** @throws {RangeError} */
export function checkRange({ fromMs, untilMs }: Range): void {
  for (const ms of [fromMs, untilMs]) {
    if (!Number.isSafeInteger(ms) || ms < 0 || ms % MINUTE_MS !== 0) {
      throw new RangeError(`A range begins and ends on a minute, in ms since 1970: not at ${ms}`);
    }
  }
  if (untilMs < fromMs) {
    throw new RangeError(`A range ends after it begins: not from ${fromMs} until ${untilMs}`);
  }
}

/**
 * Takes a range apart.
 *
 * @param coarsest No coarser rows than these: those of a chart's step at most.
 * @throws {RangeError} Of `checkRange`.
 */
export function planOf(range: Range, horizon: Horizon, coarsest: Level = "day"): Plan {
  checkRange(range);
  const whole = widened(range, horizon);
  return { range: whole, pieces: piecesOf(whole, horizon, coarsest) };
}

/**
 * Takes a chart apart. Steps lie on multiples of the step since 1970, so that they stay where they are while time goes
 * on: the first one is whole, the last one ends with the range. Further back than minutes (hours) are kept the step is
 * an hour (a day) at least.
 *
 * @throws {RangeError} Of `checkRange`; a step that is none of STEPS; more than STEPS_MAX of them.
 */
export function chartPlanOf(range: Range, stepMs: number, horizon: Horizon): ChartPlan {
  checkRange(range);
  if (!STEPS.includes(stepMs)) {
    const known = STEPS.map((step) => step / MINUTE_MS).join(", ");
    throw new RangeError(`Cannot chart by ${stepMs} ms: steps are of ${known} minutes`);
  }
  let step = stepMs;
  const begin = () => floorTo(range.fromMs, step);
  if (step < HOUR_MS && begin() < horizon.minutesFromMs) step = HOUR_MS;
  if (step < DAY_MS && begin() < horizon.hoursFromMs) step = DAY_MS;
  const { fromMs, untilMs } = widened({ ...range, fromMs: begin() }, horizon);
  const count = range.fromMs === range.untilMs ? 0 : Math.ceil((untilMs - fromMs) / step);
  if (count > STEPS_MAX) {
    throw new RangeError(`A chart has at most ${STEPS_MAX} steps: these would be ${count}`);
  }
  const steps = Array.from({ length: count }, (_, i) => ({
    fromMs: fromMs + i * step,
    untilMs: Math.min(fromMs + (i + 1) * step, untilMs),
  }));
  const whole = { fromMs, untilMs: steps.at(-1)?.untilMs ?? fromMs };
  const coarsest = step >= DAY_MS ? "day" : step >= HOUR_MS ? "hour" : "minute";
  return { stepMs: step, steps, range: whole, pieces: piecesOf(whole, horizon, coarsest) };
}

/** The finest step that draws a range in no more than so many points. */
export function fittingStep({ fromMs, untilMs }: Range, points: number): number {
  const fits = STEPS.find((step) => (untilMs - fromMs) / step <= points);
  return fits ?? STEPS.at(-1)!;
}

/** Ends that lie where minutes are gone move outwards to hours, where hours are gone to days. */
function widened({ fromMs, untilMs }: Range, { minutesFromMs, hoursFromMs }: Horizon): Range {
  if (fromMs === untilMs) return { fromMs, untilMs };
  let from = fromMs < minutesFromMs ? floorTo(fromMs, HOUR_MS) : fromMs;
  if (from < hoursFromMs) from = floorTo(from, DAY_MS);
  let until = untilMs < minutesFromMs ? ceilTo(untilMs, HOUR_MS) : untilMs;
  if (until < hoursFromMs) until = ceilTo(until, DAY_MS);
  return { fromMs: from, untilMs: until };
}

function piecesOf(range: Range, { rolledUntilMs }: Horizon, coarsest: Level): Piece[] {
  const pieces: Piece[] = [];
  /** Rows of a level for the whole of them that lie inside and are rolled up, finer ones on both sides. */
  const take = ({ fromMs, untilMs }: Range, levels: readonly Level[]): void => {
    if (fromMs >= untilMs) return;
    const [level, ...finer] = levels as [Level, ...Level[]];
    if (level === "minute") return void pieces.push({ level, range: { fromMs, untilMs } });
    const first = ceilTo(fromMs, LEVEL_MS[level]);
    const last = floorTo(Math.min(untilMs, rolledUntilMs), LEVEL_MS[level]);
    if (first >= last) return take({ fromMs, untilMs }, finer);
    take({ fromMs, untilMs: first }, finer);
    pieces.push({ level, range: { fromMs: first, untilMs: last } });
    take({ fromMs: last, untilMs }, finer);
  };
  const levels: readonly Level[] = ["day", "hour", "minute"];
  take(range, levels.slice(levels.indexOf(coarsest)));
  return pieces;
}

/** What a call to roll up has to sum: hours of minutes, then days of hours. Null: none. */
export interface RollPlan {
  readonly hours: Range | null;
  readonly days: Range | null;
  /** Afterwards. */
  readonly rolledUntilMs: number;
}

/**
 * The hours that a range touches and that end in it, those between them and what is rolled up already, and every day
 * of theirs that is whole then. Never one whose rows may be gone: it would be summed up to less than it was.
 *
 * @param firstMs When the first minute that is known begins; null: there is none.
 * @throws {RangeError} Of `checkRange`.
 */
export function rollPlanOf(range: Range, horizon: Horizon, firstMs: number | null): RollPlan {
  checkRange(range);
  const { rolledUntilMs, minutesFromMs, hoursFromMs } = horizon;
  const asked = floorTo(range.fromMs, HOUR_MS);
  const known = rolledUntilMs > 0 ? rolledUntilMs : floorTo(firstMs ?? asked, HOUR_MS);
  const begin = Math.max(Math.min(asked, known), rolledUntilMs > 0 ? minutesFromMs : 0);
  const hours = stretch(begin, floorTo(range.untilMs, HOUR_MS));
  if (hours === null) return { hours: null, days: null, rolledUntilMs };
  const rolled = Math.max(rolledUntilMs, hours.untilMs);
  const days = stretch(
    Math.max(floorTo(hours.fromMs, DAY_MS), hoursFromMs),
    Math.min(floorTo(rolled, DAY_MS), ceilTo(hours.untilMs, DAY_MS)),
  );
  return { hours, days, rolledUntilMs: rolled };
}

function stretch(fromMs: number, untilMs: number): Range | null {
  return fromMs < untilMs ? { fromMs, untilMs } : null;
}
