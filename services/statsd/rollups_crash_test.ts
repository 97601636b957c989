import { assertEquals } from "@std/assert";
import { openBus, shareValid } from "@gopool/bus";
import type { Series } from "@gopool/series";
import { openState } from "@gopool/state";
import { FakeClock } from "@gopool/testing";
import { judgedShare, POOL, put, run, START_MS, tempSeries } from "./fixture.ts";

const HOUR_MS = 3_600_000;
const HOUR = { fromMs: START_MS, untilMs: START_MS + HOUR_MS };
const pool = { kind: "pool" } as const;

/** A store that notes, of each write, where the valid shares' position then stood. */
function noting(series: Series, positions: number[]): Series {
  return new Proxy(series, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== "write") return value.bind(target);
      return async (fold: Parameters<Series["write"]>[0]) => {
        for (const { topic, offset } of fold.positions) {
          if (topic === shareValid.name) positions.push(offset);
        }
        await target.write(fold);
      };
    },
  });
}

Deno.test("an hour that has to be rolled up again is not forgotten when statsd ends before it was", async () => {
  const clock = new FakeClock(START_MS + 2 * HOUR_MS);
  await using bus = await openBus("memory:", { clock, sharePartitions: 1 });
  await using series = await tempSeries(clock);
  await using state = await openState("memory:", { clock });
  await put(bus, shareValid, 0, judgedShare(0));
  const positions: number[] = [];
  const first = await run({ bus, series: noting(series, positions), clock, state });
  await clock.advance(3_000);
  // By a hand that did not wait; and somebody else has the right to roll up from now on.
  await series.rollUp(HOUR);
  await clock.advance(6_000);
  const lease = await state.acquire(`statsd-roll:${POOL}`, "another", 3_600_000);
  await put(bus, shareValid, 0, judgedShare(1, { loggedAtMs: START_MS + 600_000 }));
  await put(bus, shareValid, 0, judgedShare(2, { loggedAtMs: START_MS + HOUR_MS + 1 }));
  await clock.advance(2_000);
  await first.stop();
  // No write went past the late share, not for a moment.
  assertEquals(positions, [0, 1]);

  await state.release(lease!);
  await using _ = await run({ bus, series, clock, state, seed: 2 });
  await clock.advance(15_000);
  assertEquals((await series.sums(pool, [HOUR]))[0]!.valid.shares, 2);
});
