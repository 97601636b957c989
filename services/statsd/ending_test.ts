import { assert, assertEquals } from "@std/assert";
import { openBus, shareValid } from "@gopool/bus";
import { type Series, SeriesUnavailable } from "@gopool/series";
import { openState } from "@gopool/state";
import { FakeClock, waitFor } from "@gopool/testing";
import { judgedShare, put, run, START_MS, tempSeries } from "./fixture.ts";
import { END_WAIT_MS } from "./limits.ts";

const pool = { kind: "pool" } as const;
const MINUTE = { fromMs: START_MS, untilMs: START_MS + 60_000 };

/** A server that keeps no positions; away, each of its writes is refused after half a minute of tries. */
function serverOf(series: Series, clock: FakeClock) {
  const own = { isAway: false, writes: 0 };
  const server = new Proxy(series, {
    get(target, name) {
      if (name === "positions") return () => Promise.resolve(null);
      if (name === "write" && own.isAway) {
        return async () => {
          own.writes += 1;
          await clock.sleep(30_000);
          throw new SeriesUnavailable("the server refuses");
        };
      }
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { own, server };
}

Deno.test("told to end while the store refuses, statsd ends soon, and the next one writes what was not written", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock, sharePartitions: 2 });
  await using series = await tempSeries(clock);
  await using state = await openState("memory:", { clock });
  const { own, server } = serverOf(series, clock);
  const running = await run({ bus, series: server, clock, state });
  await put(bus, shareValid, 0, judgedShare(0));
  await clock.advance(3_000);
  const valid = async () => (await series.sums(pool, [MINUTE]))[0]!.valid.shares;
  assertEquals(await valid(), 1);
  own.isAway = true;
  await put(bus, shareValid, 0, judgedShare(1));
  await put(bus, shareValid, 1, judgedShare(0, { sourcePartition: 1 }));
  await clock.advance(2_000);
  assertEquals(own.writes, 1, "a write is under way");
  const told = clock.monotonic();
  let isOver = false;
  const stopped = running.stop().then(() => isOver = true);
  await waitFor(async () => {
    await clock.advance(500);
    return isOver;
  }, "its end");
  await stopped;
  assert(clock.monotonic() - told <= END_WAIT_MS + 1_000, `${clock.monotonic() - told} ms`);
  own.isAway = false;
  await using _next = await run({ bus, series: server, clock, state, seed: 2 });
  await clock.advance(5_000);
  assertEquals(await valid(), 3);
});

Deno.test("an end that the store answers in time loses no second of what was read", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock, sharePartitions: 1 });
  await using series = await tempSeries(clock);
  const running = await run({ bus, series, clock });
  await clock.advance(3_000);
  await put(bus, shareValid, 0, judgedShare(0));
  await clock.advance(100);
  await running.stop();
  const [sum] = await series.sums(pool, [MINUTE]);
  assertEquals(sum!.valid.shares, 1);
});
