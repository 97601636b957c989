import { assert, assertEquals, assertRejects } from "@std/assert";
import { openBus, shareValid } from "@gopool/bus";
import { Code, ConnectError } from "@gopool/control";
import { createMetrics } from "@gopool/runtime";
import { FakeClock, samples } from "@gopool/testing";
import { judgedShare, put, run, START_MS, tempSeries } from "./fixture.ts";
import { createSeriesRpc } from "./rpc.ts";

const HOUR_MS = 3_600_000;

/** What a handler is given of its call; nothing of it is a real one's. */
const context = () => ({
  signal: new AbortController().signal,
  values: { get: () => ({}), set: () => {} },
});

Deno.test("an operator is told what is read, held, written and dropped, and may have a range summed again", async () => {
  const clock = new FakeClock(START_MS + HOUR_MS);
  await using bus = await openBus("memory:", { clock, sharePartitions: 2 });
  await using series = await tempSeries(clock);
  const metrics = createMetrics();
  await using running = await run({ bus, series, clock, metrics });
  const { statsd } = running;
  const rpc = createSeriesRpc({ statsd, series, clock });
  await put(
    bus,
    shareValid,
    1,
    judgedShare(0, { sourcePartition: 1 }),
    judgedShare(1, { pool: "x" }),
  );
  await put(bus, shareValid, 1, judgedShare(0, { sourcePartition: 1 }));
  await clock.advance(3_000);
  const asked = rpc.getSeries({} as never, context() as never);
  await clock.advance(10);
  const found = await asked;
  assertEquals([found.storeAnswers, found.leads, found.storeTrouble], [true, true, ""]);
  assertEquals(found.partitions!.map(({ status, partition }) => `${status}/${partition}`), [
    "valid/0",
    "valid/1",
    "rejected/0",
    "rejected/1",
    "stale/0",
    "stale/1",
  ]);
  const part = found.partitions![1]!;
  assertEquals([part.offset, part.lag, part.writtenOffset, part.keptOffset], [3n, 0n, 3n, 0n]);
  assertEquals([part.openMinutes, part.totals, part.oldestMinuteMs], [1, 1n, BigInt(START_MS)]);
  assertEquals([part.catchingUp, part.lost], [false, false]);
  const drops = found.drops!.find(({ status }) => status === "valid")!;
  assertEquals([drops.repeated, drops.foreign], [1n, 1n]);
  assert(found.writes!.writes! > 0n && found.live!.told! > 0n);

  assertEquals(await samples(metrics, "gopool_statsd_lag_records"), {
    '{topic="share.valid"}': 0,
    '{topic="share.rejected"}': 0,
    '{topic="share.stale"}': 0,
  });
  assertEquals(await samples(metrics, "gopool_statsd_leading"), { "": 1 });
  const dropped = await samples(metrics, "gopool_statsd_drops_total");
  assertEquals(dropped['{status="valid",why="repeated"}'], 1);
  assertEquals(await samples(metrics, "gopool_metric_failures_total"), { "": 0 });

  const roll = async (fromMs: number, untilMs: number) =>
    await rpc.rollUpAgain(
      { fromMs: BigInt(fromMs), untilMs: BigInt(untilMs) } as never,
      context() as never,
    );
  assertEquals(await roll(START_MS, START_MS + HOUR_MS), { hours: 1, days: 0 });
  for (
    const [fromMs, untilMs] of [
      [START_MS + 1, START_MS + 60_000],
      [START_MS, START_MS],
      [START_MS, START_MS + 8 * 86_400_000],
      [START_MS, START_MS + 2 * HOUR_MS],
    ] as const
  ) {
    const error = await assertRejects(() => roll(fromMs, untilMs), ConnectError);
    assertEquals(error.code, Code.InvalidArgument);
  }
});
