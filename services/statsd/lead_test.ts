import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  blockFound,
  type Bus,
  decode,
  encodeRecord,
  miningJobs,
  openBus,
  shareRejected,
  shareStale,
  shareSubmissions,
  shareValid,
  statsLive,
} from "@gopool/bus";
import { difficultyFromBits, displayHash, type Hash } from "@gopool/chain";
import { BlockOutcome, Reason, type StatsLive } from "@gopool/proto";
import { openState } from "@gopool/state";
import { FakeClock } from "@gopool/testing";
import { judgedShare, NBITS, POOL, put, run, START_MS, tempSeries, WORK_1 } from "./fixture.ts";
import { JUDGES } from "./sources.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** The newest record on stats.live; null before the first. */
async function latest(bus: Bus): Promise<StatsLive | null> {
  const last = await bus.last(statsLive, 0);
  return last === null ? null : decode(statsLive, last.value);
}

/** Commits everything in share.submissions as the judges do. */
async function judged(bus: Bus, clock: FakeClock): Promise<void> {
  const stop = new AbortController();
  const reading = bus.consume(shareSubmissions, {
    group: JUDGES,
    batchMax: 1_000,
    signal: stop.signal,
  }, () => Promise.resolve());
  await clock.advance(10);
  stop.abort();
  await reading;
}

function foundBlock(n: number, foundAtMs: number) {
  const header = new Uint8Array(80);
  new DataView(header.buffer).setUint32(72, NBITS, true);
  const hash = new Uint8Array(32).fill(n);
  return encodeRecord(blockFound, {
    facts: {
      pool: POOL,
      account: "bc1qfinder",
      worker: "lucky",
      header,
      hash,
      height: 100 + n,
      foundAtMs: BigInt(foundAtMs),
    },
    outcome: BlockOutcome.ACCEPTED,
  }, { key: hash });
}

Deno.test("stats.live tells the pool's and each active account's figures, true to what the topics hold", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock, sharePartitions: 2 });
  await using series = await tempSeries(clock);
  await bus.publish(miningJobs, [
    encodeRecord(miningJobs, { pool: POOL, id: "j", height: 850_000, nbits: NBITS }, { key: POOL }),
  ]);
  await bus.publish(blockFound, [foundBlock(7, START_MS - 5)]);
  // 20 shares of difficulty 8 in 10 s, from two machines of one account; one of another; a refused one that stands for three.
  const shares = Array.from({ length: 20 }, (_, i) =>
    judgedShare(i, {
      account: "bc1qone",
      worker: `rig${i % 2}`,
      difficulty: 8,
      loggedAtMs: START_MS + i * 500,
    }));
  await put(bus, shareValid, 0, ...shares, shares[5]!);
  const other = { account: "bc1qtwo", sourcePartition: 1, loggedAtMs: START_MS + 900 };
  await put(bus, shareValid, 1, judgedShare(0, other));
  await put(
    bus,
    shareRejected,
    0,
    judgedShare(30, {
      account: "bc1qone",
      reason: Reason.DUPLICATE,
      unlisted: 2,
      loggedAtMs: START_MS + 400,
    }),
    judgedShare(31, { account: "bc1qone", judgedReason: Reason.REPUBLISHED }),
  );
  await put(
    bus,
    shareStale,
    0,
    judgedShare(40, { account: "bc1qone", loggedAtMs: START_MS + 450 }),
  );
  await clock.advance(10_500);
  await using _ = await run({ bus, series, clock });
  await clock.advance(3_000);

  const told = (await latest(bus))!;
  // A pool this young is measured over a minute.
  const seconds = 60;
  assertAlmostEquals(told.hashrate, 161 * WORK_1 / seconds, told.hashrate * 0.01);
  // Poisson: the root of the squares' sum.
  const error = Math.sqrt(20 * 64 + 1) * WORK_1 / seconds;
  assertAlmostEquals(told.standardError, error, error * 0.01);
  assertEquals([told.accounts, told.workers, told.height], [2, 3, 850_000]);
  assertEquals(told.networkDifficulty, difficultyFromBits(NBITS));
  assertEquals(displayHash(told.lastBlock as Hash), "07".repeat(32));
  // Ten whole seconds before this one: the shares logged from then on.
  const from = Math.floor(clock.now() / 1_000) * 1_000 - 10_000;
  const valid = [...Array(20).keys()].filter((i) => START_MS + i * 500 >= from).length +
    (START_MS + 900 >= from ? 1 : 0);
  assertEquals(told.sharesPerSecond, valid / 10);

  // What each account did stands in the first record that was told; it is told once.
  const first = [];
  for await (const { messages } of bus.read(statsLive, 0, 0)) first.push(...messages);
  const active = first.flatMap(({ value }) => decode(statsLive, value).active);
  assertEquals(
    active.map(({ account, shares, rejects, workers }) => [account, shares, rejects, workers])
      .sort(),
    [["bc1qone", 20, 4, 2], ["bc1qtwo", 1, 0, 1]],
  );
  assertAlmostEquals(active.find(({ account }) => account === "bc1qone")!.difficulty, 8, 1e-6);

  // Ten minutes later nobody is there.
  await clock.advance(11 * MINUTE_MS);
  const later = (await latest(bus))!;
  assertEquals([later.hashrate, later.accounts, later.workers], [0, 0, 0]);
});

Deno.test("when the one that leads dies the other tells within seconds, with the figures of the last ten minutes", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock, sharePartitions: 1 });
  await using series = await tempSeries(clock);
  await using state = await openState("memory:", { clock });
  await put(bus, shareValid, 0, judgedShare(0, { loggedAtMs: clock.now() }));
  const one = await run({ bus, series, clock, state, seed: 1 });
  await clock.advance(3_000);
  await using two = await run({ bus, series, clock, state, seed: 2 });
  await clock.advance(3_000);
  assert(one.statsd.lead.isLeading && !two.statsd.lead.isLeading);
  const before = (await latest(bus))!;
  const stopped = one.stop();
  await clock.advance(6_000);
  await stopped;
  assert(two.statsd.lead.isLeading);
  const after = (await latest(bus))!;
  assert(after.atMs > before.atMs + 3_000n);
  assertEquals([after.accounts, after.workers], [1, 1]);
  assertAlmostEquals(after.hashrate, before.hashrate, before.hashrate * 0.05);
});

Deno.test("minutes are settled when judged, counted and written; hours are rolled up, blocks' effort is reckoned", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock, sharePartitions: 2 });
  await using series = await tempSeries(clock);
  await using running = await run({ bus, series, clock });
  // A share of difficulty 0.01 each ten seconds for two hours: by difficulty 1 a block each 1000 s.
  const shares = Array.from(
    { length: 720 },
    (_, i) => ({ offset: i, atMs: START_MS + i * 10_000 }),
  );
  for (const { offset, atMs } of shares) {
    const partition = offset % 2;
    await bus.publish(shareSubmissions, [{ partition, value: new Uint8Array(1) }]);
    const change = { difficulty: 0.01, loggedAtMs: atMs, sourcePartition: partition };
    await put(bus, shareValid, partition, judgedShare(offset, change));
    if (offset % 60 === 59) await clock.advance(600_000);
  }
  await bus.publish(blockFound, [
    foundBlock(1, START_MS + 1_000_000),
    foundBlock(2, START_MS + 3_000_000),
    foundBlock(2, START_MS + 3_000_000),
  ]);
  await clock.advance(MINUTE_MS);
  // Nothing was logged before the first minute; what came in it nobody has judged.
  assertEquals(running.statsd.lead.settledMs, START_MS);
  assertEquals(await series.rolledUntil(), 0);
  assertEquals((await series.blocks({ untilMs: clock.now(), limit: 10 })).map((b) => b.effort), [
    null,
    null,
  ]);

  await judged(bus, clock);
  await clock.advance(MINUTE_MS);
  const { settledMs } = running.statsd.lead;
  assert(settledMs >= START_MS + 2 * HOUR_MS, `settled until ${settledMs}`);
  assertEquals(await series.rolledUntil(), START_MS + 2 * HOUR_MS);
  const [second, first] = await series.blocks({ untilMs: clock.now(), limit: 10 });
  assertEquals([first!.height, second!.height], [101, 102]);
  assertAlmostEquals(first!.effort!, 1, 0.02);
  assertAlmostEquals(second!.effort!, 2, 0.02);
  assertEquals((await latest(bus))!.settledUntilMs, BigInt(settledMs));
  const [sum] = await series.sums({ kind: "pool" }, [
    { fromMs: START_MS, untilMs: START_MS + 2 * HOUR_MS },
  ]);
  assertEquals(sum!.valid.shares, 720);

  // One that is known late takes part of the later one's effort.
  await bus.publish(blockFound, [foundBlock(3, START_MS + 2_000_000)]);
  await clock.advance(2 * MINUTE_MS);
  const efforts = (await series.blocks({ untilMs: clock.now(), limit: 10 })).map((b) => b.effort!);
  assertEquals(efforts.length, 3);
  for (const effort of efforts) assertAlmostEquals(effort, 1, 0.02);
  const figures = await series.figures({ fromMs: START_MS, untilMs: START_MS + 2 * HOUR_MS });
  assert(figures.length > 100);
});

Deno.test("two statsd know together up to where minutes are settled, each by what it reads itself", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock, sharePartitions: 2 });
  await using series = await tempSeries(clock);
  await using state = await openState("memory:", { clock });
  // As a server is: it keeps no positions, so that several may write.
  const server = new Proxy(series, {
    get(target, name) {
      if (name === "positions") return () => Promise.resolve(null);
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  await using one = await run({ bus, series: server, clock, state, seed: 1 });
  await clock.advance(2_000);
  await using two = await run({ bus, series: server, clock, state, seed: 2 });
  await clock.advance(5_000);
  const read = [one, two].map(({ statsd }) => [...statsd.keeping.writer()!.parts.keys()]);
  assertEquals(read.map(({ length }) => length), [3, 3]);
  for (const partition of [0, 1]) {
    await bus.publish(shareSubmissions, [{ partition, value: new Uint8Array(1) }]);
    const share = judgedShare(0, { sourcePartition: partition, loggedAtMs: clock.now() });
    await put(bus, shareValid, partition, share);
  }
  await clock.advance(70_000);
  assertEquals(one.statsd.lead.settledMs, START_MS);
  await judged(bus, clock);
  await clock.advance(20_000);
  assertEquals(one.statsd.lead.settledMs, START_MS + MINUTE_MS);
  // Who leads says so; the other one knows its own.
  assertEquals([one.statsd.lead.isLeading, two.statsd.lead.isLeading], [true, false]);
  const known = read[1]!.map((name) => two.statsd.settling()!.untilOf(name));
  assertEquals(new Set(known), new Set([START_MS + MINUTE_MS]));
});
