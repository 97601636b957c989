import { assertEquals, assertRejects } from "@std/assert";
import { createMetrics } from "@gopool/runtime";
import { FakeClock, samples, tempDir } from "@gopool/testing";
import { foldOf, minutesAgo, point } from "./contract_stand.ts";
import { measured } from "./measured.ts";
import { openSeries, type Series } from "./mod.ts";

const POOL = { kind: "pool" } as const;

Deno.test("questions and writes are timed by kind; faults are counted, mistakes of who asks are not", async () => {
  await using dir = await tempDir();
  const clock = new FakeClock();
  const metrics = createMetrics();
  const series = await openSeries(`sqlite:${dir.path}/s.sqlite`, { clock, raw: false, metrics });
  const range = { fromMs: minutesAgo(clock, 5), untilMs: minutesAgo(clock, 0) };
  await series.write(foldOf([point({ minuteMs: range.fromMs })]));
  assertEquals((await series.sums(POOL, [range]))[0]!.valid.shares, 1);
  await series.sums(POOL, [range]);
  await assertRejects(() => series.chart(POOL, range, 1), RangeError);
  await series[Symbol.asyncDispose]();
  await assertRejects(() => series.top(range, 3));
  const timed = await samples(metrics, "gopool_series_seconds_count");
  assertEquals(timed['{operation="write"}'], 1);
  assertEquals(timed['{operation="sums"}'], 2);
  assertEquals(timed['{operation="chart"}'], 0);
  const failed = await samples(metrics, "gopool_series_failures_total");
  assertEquals(failed['{operation="chart"}'], 0);
  assertEquals(failed['{operation="top"}'], 1);
  assertEquals(await samples(metrics, "gopool_series_points_dropped_total"), { "": 0 });
  assertEquals(await samples(metrics, "gopool_series_points_written_total"), { "": 2 });
});

Deno.test("what a server was written is counted where the adapter counts it", async () => {
  await using dir = await tempDir();
  const clock = new FakeClock();
  const metrics = createMetrics();
  await using file = await openSeries(`sqlite:${dir.path}/s.sqlite`, { clock, raw: false });
  const counters = () => ({ inFlight: 2, lines: 30, retries: 4, dropped: 1 });
  const series: Series = measured(Object.assign(file, { counters }), { metrics, clock });
  assertEquals(series.counters!().lines, 30);
  assertEquals(await samples(metrics, "gopool_series_points_dropped_total"), { "": 1 });
  assertEquals(await samples(metrics, "gopool_series_writes_in_flight"), { "": 2 });
});
