import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Bus, encodeRecord, miningJobs, openBus } from "@gopool/bus";
import type { Job } from "@gopool/proto";
import { createStatusBoard, keepFollowing, silent } from "@gopool/runtime";
import { FakeClock, settle, waitFor } from "@gopool/testing";
import { makeJob, POOL, publishJob } from "./fixture.ts";
import { JobBook, type JobBookHooks } from "./job_book.ts";

const JOB_EVERY_MS = 30_000;
const HOUR_MS = 3_600_000;
const DAY_JOBS = 24 * HOUR_MS / JOB_EVERY_MS;

const idOf = (n: number) => n.toString(16).padStart(16, "0");

/** A bus whose mining.jobs has one job every 30 s. */
async function openWithJobs(clock: FakeClock, count: number): Promise<Bus> {
  const bus = await openBus("memory:", { clock, sharePartitions: 1 });
  const template = makeJob(idOf(0));
  for (let n = 0; n < count; n++) {
    await publishJob(bus, { ...template, id: idOf(n) });
    await clock.advance(JOB_EVERY_MS);
  }
  return bus;
}

/** Works with a book that has caught up and follows. */
async function withBook(
  bus: Bus,
  clock: FakeClock,
  work: (book: JobBook) => Promise<unknown>,
  hooks: JobBookHooks = {},
): Promise<void> {
  const stop = new AbortController();
  const book = new JobBook(bus, POOL, hooks);
  const ready = Promise.withResolvers<void>();
  const lane = { clock, log: silent, board: createStatusBoard(clock) };
  const running = keepFollowing(
    lane,
    "mining.jobs",
    stop.signal,
    (follow) => book.follow(follow),
    ready.resolve,
  );
  try {
    await ready.promise;
    await work(book);
  } finally {
    stop.abort();
    await running;
  }
}

/** Publishes a job and lets the book take it. */
async function next(bus: Bus, book: JobBook, job: Job): Promise<void> {
  const arrival = book.arrival();
  await publishJob(bus, job);
  await arrival;
}

Deno.test("the book begins two hours and a repeat horizon before the newest job, whatever the clock says", async () => {
  const clock = new FakeClock();
  await using bus = await openWithJobs(clock, 600);
  clock.stepWall(10 * HOUR_MS);
  await withBook(bus, clock, (book) => {
    assertEquals(book.size, (2 * 3_600 + 21.5 * 60) / 30 + 1);
    assertEquals(book.get(idOf(599))?.prepared.id, idOf(599));
    assertEquals(book.get(idOf(0)), undefined);
    return Promise.resolve();
  });
});

Deno.test("a partition that lags a day finds its jobs, and lets them go as it catches up", async () => {
  const clock = new FakeClock();
  const startMs = clock.now();
  await using bus = await openWithJobs(clock, DAY_JOBS);
  const dropped: string[] = [];
  await withBook(bus, clock, async (book) => {
    const usual = book.size;
    await book.cover(0, startMs);
    await book.cover(1, startMs + 20 * HOUR_MS);
    assertEquals(book.size, DAY_JOBS);
    assertEquals(book.get(idOf(5))?.prepared.id, idOf(5));
    await next(bus, book, makeJob(idOf(DAY_JOBS)));
    assertEquals(book.size, DAY_JOBS + 1, "nothing goes that a partition still needs");
    book.needs(0, startMs + 12 * HOUR_MS);
    await next(bus, book, makeJob(idOf(DAY_JOBS + 1)));
    assertEquals(book.size, DAY_JOBS / 2 + 2);
    assertEquals(dropped, [idOf(5)], "of the dropped ones only that was prepared");
    book.needs(0, undefined);
    book.needs(1, undefined);
    await next(bus, book, makeJob(idOf(DAY_JOBS + 2)));
    assertEquals(book.size, usual + 2);
    // Asked for again, after it had gone.
    await book.cover(0, startMs);
    assertEquals(book.get(idOf(5))?.prepared.id, idOf(5));
    assertEquals(book.get(idOf(DAY_JOBS + 2))?.prepared.id, idOf(DAY_JOBS + 2));
  }, { dropped: ({ id }) => dropped.push(id) });
});

Deno.test("a job is absent only when the topic is read to later than the share, and all through", async () => {
  const clock = new FakeClock();
  const startMs = clock.now();
  await using bus = await openWithJobs(clock, 1_000);
  await withBook(bus, clock, async (book) => {
    const submittedMs = clock.now();
    assertEquals(await book.find(idOf(999), submittedMs), { kind: "known" });
    assertEquals(await book.find("ff", submittedMs), { kind: "coming" });
    await clock.advance(1);
    await next(bus, book, makeJob(idOf(1_000)));
    assertEquals(await book.find("ff", submittedMs), { kind: "absent" });
    assertEquals(await book.find("ff", submittedMs), { kind: "absent" });
    await next(bus, book, makeJob("00000000000000ff"));
    // One that is older than the book goes back: far beyond the horizon of the share, and within it.
    assertEquals(await book.find(idOf(1), submittedMs), { kind: "known" });
    assertEquals(await book.find(idOf(3), startMs + 5 * 60_000), { kind: "known" });
  });
});

Deno.test("a job that is not read yet is not absent, however late its reader is", async () => {
  const clock = new FakeClock();
  await using bus = await openWithJobs(clock, 3);
  const book = new JobBook(bus, POOL);
  assertEquals(await book.find("ff", 0), { kind: "coming" });
});

Deno.test("a job that cannot be used is told once, with the reason, and other pools' jobs are none", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock, sharePartitions: 1 });
  const told: string[] = [];
  await publishJob(bus, { ...makeJob(idOf(1)), variants: [] });
  await publishJob(bus, { ...makeJob(idOf(2)), pool: "other" });
  await bus.publish(miningJobs, [{ key: new Uint8Array(), value: Uint8Array.of(0xff) }]);
  await bus.publish(miningJobs, [encodeRecord(miningJobs, makeJob(idOf(3)), { key: POOL })]);
  await withBook(bus, clock, async (book) => {
    const state = await book.find(idOf(1), clock.now());
    assertEquals(state.kind, "unusable");
    if (state.kind === "unusable") assertStringIncludes(state.problem, "no coinbase variant");
    assertEquals([book.get(idOf(1)), book.get(idOf(2))], [undefined, undefined]);
    assertEquals(book.get(idOf(3))?.prepared.id, idOf(3));
    assertEquals(told, ["offset 2", idOf(1)]);
  }, { malformed: (id) => told.push(id) });
});

Deno.test("a book whose reader has lost its place goes on from what the topic still holds", async () => {
  const clock = new FakeClock();
  await using inner = await openWithJobs(clock, 3);
  let fault: (() => void) | undefined;
  const bus = new Proxy(inner, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name !== "follow") return typeof value === "function" ? value.bind(target) : value;
      return (...[topic, options, handle]: Parameters<Bus["follow"]>) => {
        const troubled = { kind: "fault", topic: topic.name, group: "" } as const;
        fault = () => options.onTrouble?.({ ...troubled, error: new Error("overtaken") });
        return target.follow(topic, options, handle);
      };
    },
  });
  await withBook(bus, clock, async (book) => {
    assertEquals(book.size, 3);
    fault!();
    await settle();
    await publishJob(inner, makeJob(idOf(3)));
    await settle();
    assertEquals(book.get(idOf(3)), undefined, "it stands still");
    await clock.advance(2_000);
    await waitFor(() => book.get(idOf(3)) !== undefined, "it to begin anew");
    assertEquals(book.size, 4);
  });
});
