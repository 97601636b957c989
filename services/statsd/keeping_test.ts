import { assertEquals } from "@std/assert";
import { openBus, shareRejected, shareValid } from "@gopool/bus";
import { Reason } from "@gopool/proto";
import { systemClock } from "@gopool/runtime";
import { type Series, SeriesUnavailable } from "@gopool/series";
import { openState } from "@gopool/state";
import { FakeClock, waitFor } from "@gopool/testing";
import { isWritten, judgedShare, POOL, put, run, START_MS, tempSeries, WORK_1 } from "./fixture.ts";

const MINUTE = { fromMs: START_MS, untilMs: START_MS + 60_000 };
const pool = { kind: "pool" } as const;

Deno.test("shares of all topics are in the store within a moment, each once", async () => {
  await using bus = await openBus("memory:", { clock: systemClock, sharePartitions: 2 });
  await using series = await tempSeries(systemClock);
  await using running = await run({ bus, series, clock: systemClock });
  await put(bus, shareValid, 0, judgedShare(0), judgedShare(1, { difficulty: 4 }));
  await put(bus, shareValid, 1, judgedShare(0, { sourcePartition: 1 }));
  await put(bus, shareRejected, 0, judgedShare(2, { reason: Reason.LOW_DIFFICULTY, unlisted: 4 }));
  await waitFor(() => isWritten(bus, running), "all of it in the store");
  const [sum] = await series.sums(pool, [MINUTE]);
  assertEquals(sum!.valid.shares, 3);
  assertEquals(Math.round(sum!.valid.work / WORK_1), 6);
  assertEquals([sum!.rejected, sum!.stale, sum!.reasons], [5, 0, { "low-difficulty": 5 }]);
  assertEquals(sum!.best.difficulty, 4);
});

/** A store that keeps no positions, and refuses writes while it is told to. */
function serverOf(series: Series): Series & { refuses: boolean } {
  const own = { refuses: false };
  return new Proxy(series as Series & { refuses: boolean }, {
    get(target, name) {
      if (name === "refuses") return own.refuses;
      if (name === "positions") return () => Promise.resolve(null);
      if (name === "write" && own.refuses) {
        return () => Promise.reject(new SeriesUnavailable("it is full"));
      }
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
    set(_, name, value) {
      if (name !== "refuses") return false;
      own.refuses = value;
      return true;
    },
  });
}

Deno.test("a partition whose claim is another's is begun anew, and nothing of it is written before", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock, sharePartitions: 1 });
  await using series = await tempSeries(clock);
  await using state = await openState("memory:", { clock });
  const server = serverOf(series);
  await using running = await run({ bus, series: server, clock, state });
  await put(bus, shareValid, 0, judgedShare(0));
  await clock.advance(2_000);
  const valid = async () => (await series.sums(pool, [MINUTE]))[0]!.valid.shares;
  assertEquals(await valid(), 1);
  const part = () => running.statsd.keeping.writer()!.parts.get("valid/0");
  const before = part();
  await state.set(`statsd:claim:${POOL}:valid/0`, new TextEncoder().encode("another/1"));
  // While nothing is amiss nobody looks; a write that failed is a reason to.
  server.refuses = true;
  await put(bus, shareValid, 0, judgedShare(1));
  await clock.advance(1_500);
  server.refuses = false;
  await clock.advance(10_000);
  assertEquals(before!.isLost, true);
  assertEquals(part()!.isLost, false);
  assertEquals(await valid(), 2);
  await put(bus, shareValid, 0, judgedShare(2));
  await clock.advance(2_000);
  assertEquals(await valid(), 3);
});

Deno.test("a store that is away holds the reading up when enough waits, says so, and has everything afterwards", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock, sharePartitions: 1 });
  await using series = await tempSeries(clock);
  const server = serverOf(series);
  await using running = await run({ bus, series: server, clock });
  await clock.advance(1_000);
  server.refuses = true;
  // Hours of a share a minute: more minutes than may wait.
  const shares = Array.from(
    { length: 200 },
    (_, i) => judgedShare(i, { loggedAtMs: START_MS + i * 60_000 }),
  );
  await put(bus, shareValid, 0, ...shares);
  await clock.advance(20_000);
  const said = running.board.all().find(({ part }) => part === "statsd/series");
  assertEquals([said?.health, said?.detail], ["degraded", "Nothing is written: it is full"]);
  const part = () => running.statsd.keeping.writer()!.parts.get("valid/0")!;
  assertEquals(part().minutes.next < 200, true);
  const [lag] = (await running.statsd.lags()).filter(({ topic }) => topic === shareValid.name);
  assertEquals(lag!.partitions[0]!.lag, 200 - part().minutes.next);
  assertEquals((await bus.committed(shareValid, "statsd-valid"))[0], 0);
  server.refuses = false;
  await clock.advance(120_000);
  const [sum] = await series.sums(pool, [{ fromMs: START_MS, untilMs: START_MS + 12_000_000 }]);
  assertEquals(sum!.valid.shares, 200);
  assertEquals(running.board.all().some(({ part }) => part === "statsd/series"), false);
  assertEquals((await running.statsd.lags()).map(({ partitions }) => partitions[0]!.lag), [
    0,
    0,
    0,
    0,
  ]);
});

Deno.test("a reader whose place retention took begins at the earliest, without the minute that has lost its head", async () => {
  const clock = new FakeClock();
  await using memory = await openBus("memory:", { clock, sharePartitions: 1 });
  await using series = await tempSeries(clock);
  const shares = Array.from(
    { length: 9 },
    (_, i) => judgedShare(i, { loggedAtMs: START_MS + i * 20_000 }),
  );
  await put(memory, shareValid, 0, ...shares);
  // The log from its fifth record on, which stands within the second minute.
  const bus = new Proxy(memory, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name === "ends") {
        return async (...args: Parameters<typeof memory.ends>) =>
          (await target.ends(...args)).map((one) => ({ ...one, earliest: Math.min(4, one.next) }));
      }
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const running = await run({ bus, series, clock });
  await clock.advance(3_000);
  const sums = () =>
    series.sums(
      pool,
      [0, 1, 2].map((n) => ({
        fromMs: START_MS + n * 60_000,
        untilMs: START_MS + (n + 1) * 60_000,
      })),
    );
  assertEquals((await sums()).map(({ valid }) => valid.shares), [0, 0, 3]);
  assertEquals(running.statsd.keeping.totals().drops.valid.headless, 2);
  await running.stop();
  // The second minute is over; from here on its place is known.
  await using again = await run({ bus, series, clock });
  await put(memory, shareValid, 0, judgedShare(9, { loggedAtMs: START_MS + 170_000 }));
  await clock.advance(3_000);
  assertEquals((await sums()).map(({ valid }) => valid.shares), [0, 0, 4]);
  assertEquals(again.statsd.keeping.totals().drops.valid.headless, 0);
});

Deno.test("what is no share of this pool's counts for nothing, and is told; marks and notes are not", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock, sharePartitions: 1 });
  await using series = await tempSeries(clock);
  await using running = await run({ bus, series, clock, raw: true });
  await put(
    bus,
    shareValid,
    0,
    judgedShare(0),
    judgedShare(1, { pool: "other" }),
    judgedShare(2, { mark: true }),
    judgedShare(3, { sourcePartition: 7 }),
    Uint8Array.of(0xff, 0xff),
    judgedShare(0),
    judgedShare(4, { operator: { reason: "by hand" } }),
  );
  await put(
    bus,
    shareRejected,
    0,
    judgedShare(5, { judgedReason: Reason.REPUBLISHED, reason: Reason.UNSPECIFIED }),
    judgedShare(6, { reason: Reason.UNAUTHORIZED, judgedReason: Reason.OPERATOR, account: "" }),
  );
  await clock.advance(3_000);
  const [sum] = await series.sums(pool, [MINUTE]);
  assertEquals([sum!.valid.shares, sum!.rejected, sum!.reasons], [1, 1, { operator: 1 }]);
  const { drops, records } = running.statsd.keeping.totals();
  assertEquals(records, 9);
  assertEquals(drops.valid, {
    repeated: 1,
    republished: 0,
    foreign: 1,
    unreadable: 2,
    headless: 0,
  });
  assertEquals(drops.rejected.republished, 1);
  assertEquals(running.statsd.keeping.counts.raw, 2);
});
