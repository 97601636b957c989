import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import {
  chartPlanOf,
  DAY_MS,
  fittingStep,
  type Horizon,
  horizonOf,
  HOUR_MS,
  LEVEL_MS,
  MINUTE_MS,
  type Piece,
  planOf,
  rollPlanOf,
  STEPS,
} from "./levels.ts";
import type { Range } from "./port.ts";

const DAY = 20_500 * DAY_MS;

/** `03:04` of the day, or of one so many days away. */
function at(time: string, days = 0): number {
  const [hours, minutes] = time.split(":").map(Number);
  return DAY + days * DAY_MS + hours! * HOUR_MS + minutes! * MINUTE_MS;
}

function horizon(over: Partial<Horizon> = {}): Horizon {
  return { rolledUntilMs: at("00:00", 10), minutesFromMs: 0, hoursFromMs: 0, ...over };
}

function told(pieces: readonly Piece[]): string[] {
  return pieces.map(({ level, range }) =>
    `${level}s ${(range.fromMs - DAY) / HOUR_MS}-${(range.untilMs - DAY) / HOUR_MS}`
  );
}

Deno.test("planOf() takes days in the middle, hours beside them and minutes at the edges", () => {
  const range = { fromMs: at("21:30"), untilMs: at("02:15", 3) };
  const plan = planOf(range, horizon());
  assertEquals(plan.range, range);
  assertEquals(told(plan.pieces), [
    "minutes 21.5-22",
    "hours 22-24",
    "days 24-72",
    "hours 72-74",
    "minutes 74-74.25",
  ]);
});

Deno.test("planOf() reads minutes where nothing is rolled up yet", () => {
  const range = { fromMs: at("21:30"), untilMs: at("02:15", 3) };
  const none = horizon({ rolledUntilMs: 0 });
  assertEquals(told(planOf(range, none).pieces), ["minutes 21.5-74.25"]);
  const some = horizon({ rolledUntilMs: at("23:00", 1) });
  assertEquals(told(planOf(range, some).pieces), [
    "minutes 21.5-22",
    "hours 22-47",
    "minutes 47-74.25",
  ]);
  const within = { fromMs: at("21:30"), untilMs: at("22:45") };
  assertEquals(told(planOf(within, horizon()).pieces), ["minutes 21.5-22.75"]);
});

Deno.test("planOf() widens ends that lie where minutes or hours are gone", () => {
  const { range } = planOf(
    { fromMs: at("03:30"), untilMs: at("05:15") },
    horizon({ minutesFromMs: at("00:00", 2) }),
  );
  assertEquals(range, { fromMs: at("03:00"), untilMs: at("06:00") });
  const days = planOf(
    { fromMs: at("03:30"), untilMs: at("05:15") },
    horizon({ minutesFromMs: at("00:00", 2), hoursFromMs: at("00:00", 1) }),
  );
  assertEquals(days.range, { fromMs: at("00:00"), untilMs: at("00:00", 1) });
  assertEquals(told(days.pieces), ["days 0-24"]);
  const empty = { fromMs: at("03:30"), untilMs: at("03:30") };
  assertEquals(planOf(empty, horizon({ minutesFromMs: at("00:00", 2) })), {
    range: empty,
    pieces: [],
  });
});

const minutes = fc.integer({ min: 0, max: 60 * 24 * 60 }).map((n) => DAY + n * MINUTE_MS);
const ranges = fc.tuple(minutes, minutes).map(([a, b]) => ({
  fromMs: Math.min(a, b),
  untilMs: Math.max(a, b),
}));
const horizons = fc.record({
  now: minutes,
  rolled: fc.option(minutes, { nil: 0 }),
  kept: fc.record({
    minutesMs: fc.integer({ min: 26, max: 400 }).map((n) => n * HOUR_MS),
    hoursMs: fc.integer({ min: 20, max: 60 }).map((n) => n * DAY_MS),
  }),
}).map(({ now, rolled, kept }) =>
  horizonOf(Math.max(now, rolled), kept, Math.floor(rolled / HOUR_MS) * HOUR_MS)
);

/** Disjoint, in order, whole rows, none that may be gone or is not there yet. */
function assertSound({ fromMs, untilMs }: Range, pieces: readonly Piece[], known: Horizon): void {
  let end = fromMs;
  for (const { level, range } of pieces) {
    assertEquals(range.fromMs, end);
    assert(range.untilMs > range.fromMs);
    assertEquals(range.fromMs % LEVEL_MS[level], 0);
    assertEquals(range.untilMs % LEVEL_MS[level], 0);
    if (level === "minute") assert(range.fromMs >= known.minutesFromMs, "minutes that are gone");
    else assert(range.untilMs <= known.rolledUntilMs, "not rolled up");
    if (level === "hour") assert(range.fromMs >= known.hoursFromMs, "hours that are gone");
    end = range.untilMs;
  }
  assertEquals(end, untilMs);
}

Deno.test("planOf() covers every range without gaps, from rows that are there", () => {
  fc.assert(fc.property(ranges, horizons, (asked, known) => {
    const { range, pieces } = planOf(asked, known);
    assert(range.fromMs <= asked.fromMs && range.untilMs >= asked.untilMs);
    if (asked.fromMs >= known.minutesFromMs) assertEquals(range, asked);
    if (asked.fromMs < asked.untilMs) assertSound(range, pieces, known);
    else assertEquals(pieces, []);
    assert(pieces.length <= 5);
    // Whatever the range, an answer reads few rows: minutes of two hours, hours of two days, days.
    const rows = pieces.filter(({ level }) => level === "hour").reduce(
      (n, { range: own }) => n + (own.untilMs - own.fromMs) / HOUR_MS,
      0,
    );
    assert(rows <= 46);
  }));
});

Deno.test("chartPlanOf() covers every range with steps of one grid, no row across two of them", () => {
  fc.assert(fc.property(ranges, horizons, fc.constantFrom(...STEPS), (asked, known, step) => {
    fc.pre((asked.untilMs - asked.fromMs) / step < 1_990);
    const plan = chartPlanOf(asked, step, known);
    assert(plan.stepMs >= step);
    if (asked.fromMs === asked.untilMs) return assertEquals([plan.steps, plan.pieces], [[], []]);
    assertSound(plan.range, plan.pieces, known);
    let end = plan.range.fromMs;
    for (const [i, own] of plan.steps.entries()) {
      assertEquals(own.fromMs, end);
      assertEquals(own.fromMs % plan.stepMs, 0);
      if (i < plan.steps.length - 1) assertEquals(own.untilMs - own.fromMs, plan.stepMs);
      end = own.untilMs;
    }
    assertEquals(end, plan.range.untilMs);
    for (const { level } of plan.pieces) assertEquals(plan.stepMs % LEVEL_MS[level], 0);
  }));
});

Deno.test("chartPlanOf() says which steps there are, and how many are too many", () => {
  const day = { fromMs: at("00:00"), untilMs: at("00:00", 2) };
  assertThrows(
    () => chartPlanOf(day, 7 * MINUTE_MS, horizon()),
    RangeError,
    "steps are of 1, 2, 5",
  );
  assertThrows(() => chartPlanOf(day, MINUTE_MS, horizon()), RangeError, "these would be 2880");
  assertEquals(chartPlanOf(day, 2 * MINUTE_MS, horizon()).steps.length, 1_440);
});

Deno.test("fittingStep() is the finest step that keeps to so many points", () => {
  const of = (hours: number, points: number) =>
    fittingStep({ fromMs: 0, untilMs: hours * HOUR_MS }, points) / MINUTE_MS;
  assertEquals([of(1, 60), of(6, 100), of(24, 150), of(168, 200), of(24 * 365, 400)], [
    1,
    5,
    10,
    60,
    1_440,
  ]);
  assertEquals(of(24 * 3_650, 10), 7 * 1_440);
});

Deno.test("rollPlanOf() takes the hours that have ended, those forgotten before them, and their whole days", () => {
  const none = horizon({ rolledUntilMs: 0 });
  const range = { fromMs: at("10:20"), untilMs: at("12:59") };
  assertEquals(rollPlanOf(range, none, null), {
    hours: { fromMs: at("10:00"), untilMs: at("12:00") },
    days: null,
    rolledUntilMs: at("12:00"),
  });
  const first = rollPlanOf(range, none, at("23:50", -1));
  assertEquals(first.hours, { fromMs: at("23:00", -1), untilMs: at("12:00") });
  assertEquals(first.days, { fromMs: at("00:00", -1), untilMs: at("00:00") });
  const until9 = horizon({ rolledUntilMs: at("09:00") });
  assertEquals(rollPlanOf(range, until9, at("23:50", -1)).hours?.fromMs, at("09:00"));
  const again = rollPlanOf(
    { fromMs: at("03:10"), untilMs: at("04:00") },
    horizon(),
    at("23:50", -1),
  );
  assertEquals(again, {
    hours: { fromMs: at("03:00"), untilMs: at("04:00") },
    days: { fromMs: at("00:00"), untilMs: at("00:00", 1) },
    rolledUntilMs: at("00:00", 10),
  });
  const gone = horizon({ minutesFromMs: at("04:00") });
  assertEquals(rollPlanOf({ fromMs: at("02:00"), untilMs: at("04:00") }, gone, 0).hours, null);
});

Deno.test("rollPlanOf() leaves no gap behind what counts as rolled up, and touches nothing that may be gone", () => {
  fc.assert(fc.property(ranges, horizons, fc.option(minutes), (asked, known, first) => {
    const { hours, days, rolledUntilMs } = rollPlanOf(asked, known, first);
    if (hours === null) return assertEquals([days, rolledUntilMs], [null, known.rolledUntilMs]);
    assert(hours.fromMs >= known.minutesFromMs && hours.untilMs <= asked.untilMs);
    assert(known.rolledUntilMs === 0 || hours.fromMs <= known.rolledUntilMs);
    assertEquals(rolledUntilMs, Math.max(known.rolledUntilMs, hours.untilMs));
    const ended = Math.floor(rolledUntilMs / DAY_MS) * DAY_MS;
    const begun = Math.floor(hours.fromMs / DAY_MS) * DAY_MS;
    if (days === null) return assert(ended <= Math.max(begun, known.hoursFromMs));
    assert(days.fromMs >= known.hoursFromMs && days.untilMs <= ended);
    if (hours.untilMs >= known.rolledUntilMs) assertEquals(days.untilMs, ended);
  }));
});
