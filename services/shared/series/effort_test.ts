import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { FakeClock, tempDir } from "@gopool/testing";
import { foldOf, point } from "./contract_stand.ts";
import { DAY_MS, expectedBetween, HOUR_MS, MINUTE_MS, openSeries, type Series } from "./mod.ts";

/** A series of two hours, each minute of which finds a thousandth of a block more than the one before. */
async function withMinutes(
  body: (series: Series, firstMs: number, clock: FakeClock) => Promise<void>,
): Promise<void> {
  await using folder = await tempDir();
  const clock = new FakeClock();
  await using series = await openSeries(`sqlite:${folder.path}/series.sqlite`, {
    clock,
    raw: false,
  });
  const firstMs = clock.now() - 2 * HOUR_MS;
  const minutes = Array.from(
    { length: 120 },
    (_, i) => point({ minuteMs: firstMs + i * MINUTE_MS, expected: (i + 1) / 1_000 }),
  );
  await series.write(foldOf(minutes));
  await body(series, firstMs, clock);
}

Deno.test("expectedBetween() takes the minutes at both ends in proportion", () =>
  withMinutes(async (series, firstMs) => {
    const between = async (from: number, until: number) =>
      await expectedBetween(series, firstMs + from * MINUTE_MS, firstMs + until * MINUTE_MS) *
      1_000;
    assertAlmostEquals(await between(0, 3), 6, 1e-9);
    assertAlmostEquals(await between(0.5, 3), 5.5, 1e-9);
    assertAlmostEquals(await between(0.5, 2.25), 0.5 + 2 + 0.75, 1e-9);
    assertAlmostEquals(await between(1.25, 1.75), 1, 1e-9);
    assertAlmostEquals(await between(-30, 1), 1, 1e-9);
    assertEquals(await between(2, 2), 0);
    assertEquals(await between(3, 2), 0);
  }));

Deno.test("expectedBetween() of two spans is that of the whole, also where only hours or days are left", () =>
  withMinutes(async (series, firstMs, clock) => {
    await series.rollUp({ fromMs: firstMs, untilMs: firstMs + 2 * HOUR_MS });
    const total = 120 * 121 / 2 / 1_000;
    for (const days of [0, 5, 300]) {
      clock.stepWall(days * DAY_MS);
      const cuts = [-3_000, 61_234, 1_800_000, 3_600_000, 5_000_001, 7_200_000].map((ms) =>
        firstMs + ms
      );
      let sum = 0;
      for (const [i, cut] of cuts.slice(1).entries()) {
        const part = await expectedBetween(series, cuts[i]!, cut);
        assert(part > 0);
        sum += part;
      }
      const whole = await expectedBetween(series, cuts[0]!, cuts.at(-1)!);
      assertAlmostEquals(sum, whole, 1e-9);
      // A day's row says nothing of where in the day its work was.
      if (days < 300) assertAlmostEquals(whole, total, 1e-9);
    }
  }));
