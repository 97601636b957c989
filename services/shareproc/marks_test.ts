import { assertEquals } from "@std/assert";
import { type Bus, openBus, shareSubmissions, shareValid } from "@gopool/bus";
import { silent } from "@gopool/runtime";
import { FakeClock, settle, waitFor } from "@gopool/testing";
import { NEVER_VALID, rebuild, UNKNOWN_VALID } from "./chain_of_valid.ts";
import { judgedOn, makeJob, makeShare, publishJob, submission } from "./fixture.ts";
import { MARK_EVERY_MS, MARK_LOOK_MS } from "./limits.ts";
import { keepMarks } from "./marks.ts";
import { GROUP } from "./service.ts";
import { judgedAll, readByRule, withJudge } from "./stand_fixture.ts";

const JOB = makeJob("0000000100000000");
const DAYS_31_MS = 31 * 86_400_000;

interface Judged {
  partition: number;
  head: number;
  loggedAtMs: number;
  exclusively(work: () => Promise<void>): Promise<void>;
}

function at(partition: number, head: number, loggedAtMs = 77): Judged {
  return { partition, head, loggedAtMs, exclusively: (work) => work() };
}

/** Lets marks be kept for a time over these partitions. */
async function marking(
  bus: Bus,
  clock: FakeClock,
  judges: Judged[],
  ms: number,
  logId = "log",
): Promise<void> {
  const stop = new AbortController();
  const partitions = () => judges;
  const running = keepMarks({ bus, clock, log: silent, logId, partitions }, stop.signal);
  await clock.advance(ms);
  await settle();
  stop.abort();
  await running;
}

async function openWithRecord(clock: FakeClock): Promise<Bus> {
  const bus = await openBus("memory:", { clock, sharePartitions: 2 });
  for (const partition of [0, 1]) {
    await bus.publish(shareValid, [{ partition, value: new Uint8Array() }]);
  }
  return bus;
}

Deno.test("a partition without valid shares for a day gets one mark, with its head and log time", async () => {
  const clock = new FakeClock();
  await using bus = await openWithRecord(clock);
  await marking(bus, clock, [at(0, 41)], MARK_EVERY_MS - MARK_LOOK_MS);
  assertEquals((await judgedOn(bus, shareValid)).length, 1);
  await marking(bus, clock, [at(0, 41)], 3 * MARK_LOOK_MS);
  const [, mark, ...more] = await judgedOn(bus, shareValid);
  assertEquals(more, []);
  assertEquals(
    [mark!.mark, mark!.logId, Number(mark!.previousValidOffset), Number(mark!.loggedAtMs)],
    [true, "log", 41, 77],
  );
  assertEquals((await judgedOn(bus, shareValid, 1)).length, 1);
});

Deno.test("no mark where the topic was never written to, nor where the head is not known", async () => {
  const clock = new FakeClock();
  await using empty = await openBus("memory:", { clock, sharePartitions: 1 });
  await marking(empty, clock, [at(0, NEVER_VALID)], 2 * MARK_EVERY_MS);
  assertEquals(await judgedOn(empty, shareValid), []);
  await using bus = await openWithRecord(clock);
  await marking(bus, clock, [at(0, UNKNOWN_VALID)], 2 * MARK_EVERY_MS);
  assertEquals((await judgedOn(bus, shareValid)).length, 1);
});

Deno.test("a partition whose mark fails keeps no other from its own", async () => {
  const clock = new FakeClock();
  await using bus = await openWithRecord(clock);
  const broken = { ...at(0, 1), exclusively: () => Promise.reject(new Error("given back")) };
  await marking(bus, clock, [broken, at(1, 1)], MARK_EVERY_MS + MARK_LOOK_MS);
  assertEquals((await judgedOn(bus, shareValid, 1)).length, 2);
});

Deno.test("a quiet partition keeps its chain and its log time through retention and a restart", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock, sharePartitions: 1 });
  await publishJob(bus, JOB);
  await bus.publish(shareSubmissions, [submission(makeShare(JOB, 1), 0)]);
  const judged = () => waitFor(() => judgedAll(bus), "judgement");
  const firstMs = clock.now();
  await withJudge(bus, judged, { clock });
  await marking(bus, clock, [at(0, 0, firstMs)], DAYS_31_MS + 2 * MARK_EVERY_MS, await bus.logId());
  const [{ earliest } = { earliest: 0 }] = await bus.ends(shareValid);
  assertEquals(earliest > 0, true);
  const start = await rebuild(bus, await bus.logId(), 0, GROUP, new AbortController().signal);
  assertEquals([start.head, start.loggedAtMs], [0, firstMs]);
  assertEquals(await bus.committed(shareSubmissions, GROUP), [1]);
});

Deno.test("a reader ignores marks", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock, sharePartitions: 1 });
  await publishJob(bus, JOB);
  const judged = () => waitFor(() => judgedAll(bus), "judgement");
  await bus.publish(shareSubmissions, [submission(makeShare(JOB, 1), 0)]);
  await withJudge(bus, judged, { clock });
  await marking(bus, clock, [at(0, 0)], 2 * MARK_EVERY_MS, await bus.logId());
  await publishJob(bus, makeJob("0000000100000001"));
  await bus.publish(shareSubmissions, [
    submission(makeShare(makeJob("0000000100000001"), 1), 0),
  ]);
  await withJudge(bus, judged, { clock });
  const reading = await readByRule(bus, 0);
  assertEquals([reading.hashes.length, reading.stopped], [2, undefined]);
});

Deno.test("where retention took all of share.valid the head is unknown, and readers are told", async () => {
  const clock = new FakeClock();
  await using bus = await openWithRecord(clock);
  await clock.advance(DAYS_31_MS);
  // What a broker does, and an embedded log never: the last record goes too.
  const emptied = new Proxy(bus, {
    get(target, name) {
      if (name === "last") return () => Promise.resolve(null);
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const start = await rebuild(emptied, "log", 0, GROUP, new AbortController().signal);
  assertEquals(start.head, UNKNOWN_VALID);
});
