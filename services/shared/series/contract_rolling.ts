/**
 * The contract's promises about hours and days: the same sums, further back, whatever was rolled up when.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { DAY_MS, floorTo, HOUR_MS, MINUTE_MS } from "./levels.ts";
import type { Range, Series } from "./port.ts";
import {
  type ContractAdapter,
  type Declare,
  declaring,
  foldOf,
  KEEPS_ALL,
  point,
} from "./contract_stand.ts";
import type { FakeClock } from "@gopool/testing";

const POOL = { kind: "pool" } as const;
const ALICE = { kind: "account", account: "bc1qalice" } as const;

async function sharesOf(series: Series, range: Range): Promise<number> {
  const [[pool], [account], [worker]] = await Promise.all([
    series.sums(POOL, [range]),
    series.sums(ALICE, [range]),
    series.sums({ ...ALICE, kind: "worker", worker: "rig1" }, [range]),
  ]);
  assertEquals(account!.valid.shares, pool!.valid.shares);
  assertEquals(worker!.valid.shares, pool!.valid.shares);
  return pool!.valid.shares;
}

/** The whole hour that is so many hours back; noon of a day would be another thing. */
function hoursAgo(clock: FakeClock, hours: number): number {
  return floorTo(clock.now(), HOUR_MS) - hours * HOUR_MS;
}

export function rollingContract(adapter: ContractAdapter, test: Declare): void {
  test("rolling up changes no sum, and once more does not either", async ({ series, clock }) => {
    const from = hoursAgo(clock, 30), until = hoursAgo(clock, 0);
    const minutes = Array.from(
      { length: 60 },
      (_, i) => point({ minuteMs: from + i * HOUR_MS / 2 + 3 * MINUTE_MS }),
    );
    await series.write(foldOf(minutes));
    const odd = { fromMs: from + 3 * MINUTE_MS, untilMs: until - 26 * MINUTE_MS };
    assertEquals(await sharesOf(series, odd), 60);
    const { hours } = await series.rollUp({ fromMs: from, untilMs: until });
    assertEquals(hours, 30);
    assertEquals(await series.rolledUntil(), until);
    assertEquals(await sharesOf(series, odd), 60);
    assertEquals(await sharesOf(series, { ...odd, fromMs: odd.fromMs + MINUTE_MS }), 59);
    assertEquals((await series.rollUp({ fromMs: from, untilMs: until })).hours, 30);
    assertEquals(await sharesOf(series, odd), 60);
    assertEquals(await series.rolledUntil(), until);
  });

  test("an hour that changed is rolled up again, and its day with it", async ({ series, clock }) => {
    const day = floorTo(clock.now(), DAY_MS) - DAY_MS;
    const whole = { fromMs: day, untilMs: day + DAY_MS };
    const late = day + 5 * HOUR_MS;
    await series.write(foldOf([point({ minuteMs: late, shares: 2 })]));
    assertEquals(await series.rollUp(whole), { hours: 24, days: 1 });
    await series.write(foldOf([point({ minuteMs: late, shares: 7 })]));
    const again = { fromMs: late + MINUTE_MS, untilMs: late + HOUR_MS };
    assertEquals(await series.rollUp(again), { hours: 1, days: 1 });
    assertEquals(await sharesOf(series, whole), 7);
    assertEquals(await sharesOf(series, { fromMs: day, untilMs: late + HOUR_MS }), 7);
    assertEquals(await series.rolledUntil(), whole.untilMs);
  });

  test("an hour that has not ended by the range's end waits", async ({ series, clock }) => {
    const hour = hoursAgo(clock, 3);
    await series.write(foldOf([point({ minuteMs: hour })]));
    assertEquals(
      (await series.rollUp({ fromMs: hour, untilMs: hour + HOUR_MS - MINUTE_MS })).hours,
      0,
    );
    assertEquals(await series.rolledUntil(), 0);
    assertEquals((await series.rollUp({ fromMs: hour, untilMs: hour + HOUR_MS })).hours, 1);
    assertEquals(await series.rolledUntil(), hour + HOUR_MS);
  });

  test("what lies between is rolled up, too: hours without a share and hours forgotten", async ({ series, clock }) => {
    const from = hoursAgo(clock, 20);
    const minutes = [0, 4, 9, 19].map((hour) => point({ minuteMs: from + hour * HOUR_MS }));
    await series.write(foldOf(minutes));
    // Nothing is rolled up yet: from the first minute on.
    assertEquals(
      (await series.rollUp({ fromMs: from + 2 * HOUR_MS, untilMs: from + 6 * HOUR_MS })).hours,
      6,
    );
    assertEquals(
      (await series.rollUp({ fromMs: from + 18 * HOUR_MS, untilMs: from + 20 * HOUR_MS })).hours,
      14,
    );
    clock.stepWall(5 * DAY_MS);
    assertEquals(await sharesOf(series, { fromMs: from, untilMs: from + 20 * HOUR_MS }), 4);
  });

  test("further back than minutes are kept whole hours are told, then whole days", async ({ series, clock }) => {
    const day = floorTo(clock.now(), DAY_MS) - DAY_MS;
    const [early, noon] = [day + HOUR_MS, day + 12 * HOUR_MS];
    await series.write(
      foldOf([point({ minuteMs: early }), point({ minuteMs: noon + 7 * MINUTE_MS })]),
    );
    await series.rollUp({ fromMs: day, untilMs: day + DAY_MS });
    const asked = { fromMs: noon + 9 * MINUTE_MS, untilMs: noon + 11 * MINUTE_MS };
    assertEquals(await sharesOf(series, asked), 0);
    clock.stepWall(6 * DAY_MS);
    const [inHours] = await series.sums(POOL, [asked]);
    assertEquals(inHours!.range, { fromMs: noon, untilMs: noon + HOUR_MS });
    assertEquals(inHours!.valid.shares, 1);
    clock.stepWall(200 * DAY_MS);
    const [inDays] = await series.sums(POOL, [asked]);
    assertEquals(inDays!.range, { fromMs: day, untilMs: day + DAY_MS });
    assertEquals(inDays!.valid.shares, 2);
    const steps = await series.chart(POOL, asked, 5 * MINUTE_MS);
    assertEquals(steps.map(({ range }) => range), [{ fromMs: day, untilMs: day + DAY_MS }]);
  });

  test("an hour whose minutes may be gone keeps the sum it has", async ({ series, clock }) => {
    const day = floorTo(clock.now(), DAY_MS) - DAY_MS;
    const whole = { fromMs: day, untilMs: day + DAY_MS };
    await series.write(foldOf([point({ minuteMs: day + HOUR_MS, shares: 4 })]));
    await series.rollUp(whole);
    clock.stepWall(10 * DAY_MS);
    await series.prune(clock.now());
    assertEquals(await sharesOf(series, whole), 4);
    assertEquals(await series.rollUp(whole), { hours: 0, days: 0 });
    assertEquals(await sharesOf(series, whole), 4);
    clock.stepWall(300 * DAY_MS);
    await series.prune(clock.now());
    assertEquals(await sharesOf(series, whole), 4);
    assertEquals(await series.firstMinute(), day + HOUR_MS);
  });

  const testAll = declaring(adapter, KEEPS_ALL);
  testAll(
    "a week, a month and a year of shares are told, as sums and as charts",
    async ({ series, clock }) => {
      const untilMs = floorTo(clock.now(), 10 * MINUTE_MS);
      const dayEnd = floorTo(untilMs, HOUR_MS);
      const spaced = (count: number, ms: number) =>
        Array.from({ length: count }, (_, i) => untilMs - (i + 1) * ms);
      const starts = new Set([
        ...spaced(7 * 144, 10 * MINUTE_MS),
        ...spaced(31 * 24, HOUR_MS),
        ...spaced(366, DAY_MS),
      ]);
      const minutes = [...starts].map((minuteMs) => point({ minuteMs }));
      await series.write(foldOf(minutes));
      // Before anything is rolled up a week is answered from minutes alone.
      const week = { fromMs: untilMs - 7 * DAY_MS, untilMs };
      assertEquals(await sharesOf(series, week), 7 * 144);
      await series.rollUp({ fromMs: floorTo(untilMs - 366 * DAY_MS, HOUR_MS), untilMs: dayEnd });
      for (
        const [days, step] of [
          [7, HOUR_MS],
          [7, 10 * MINUTE_MS],
          [30, 6 * HOUR_MS],
          [30, HOUR_MS],
          [365, DAY_MS],
        ] as const
      ) {
        const range = { fromMs: untilMs - days * DAY_MS, untilMs };
        const wanted = [...starts].filter((ms) => ms >= range.fromMs).length;
        assertEquals(await sharesOf(series, range), wanted, `${days} days`);
        const steps = await series.chart(POOL, range, step);
        const begun = floorTo(range.fromMs, step);
        assertEquals(steps[0]!.range.fromMs, begun);
        assertEquals(steps.at(-1)!.range.untilMs, untilMs);
        const drawn = steps.reduce((sum, { valid }) => sum + valid.shares, 0);
        assertEquals(
          drawn,
          [...starts].filter((ms) => ms >= begun).length,
          `${days} days by ${step}`,
        );
      }
      const best = await series.best(POOL, { fromMs: untilMs - 365 * DAY_MS, untilMs });
      assertEquals(best?.worker, "rig1");
      assert(await series.top({ fromMs: untilMs - 365 * DAY_MS, untilMs }, 3));
    },
  );
}
