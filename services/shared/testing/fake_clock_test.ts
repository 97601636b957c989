import { assert, assertEquals, assertRejects } from "@std/assert";
import { FakeClock } from "./fake_clock.ts";
import { waitFor } from "./wait_for.ts";

Deno.test("sleepers wake in the order of their time, those of one instant in order of arrival", async () => {
  const clock = new FakeClock();
  const woke: string[] = [];
  const sleeper = async (name: string, ms: number) => {
    await clock.sleep(ms);
    woke.push(`${name}@${clock.monotonic()}`);
  };
  const all = Promise.all([
    sleeper("late", 300),
    sleeper("first", 100),
    sleeper("second", 100),
    sleeper("now", 0),
  ]);
  await clock.advance(250);
  assertEquals(woke, ["now@0", "first@100", "second@100"]);
  assertEquals(clock.monotonic(), 250);
  await clock.advance(50);
  await all;
  assertEquals(woke.at(-1), "late@300");
});

Deno.test("what a sleeper starts on waking runs within the same advance", async () => {
  const clock = new FakeClock();
  let ticks = 0;
  const stop = new AbortController();
  const loop = (async () => {
    while (!stop.signal.aborted) {
      await clock.sleep(10, stop.signal);
      // Several turns of promises between two sleeps, as real code has them.
      for (let i = 0; i < 20; i++) await Promise.resolve();
      ticks++;
    }
  })();
  await clock.advance(1_000);
  assertEquals(ticks, 100);
  stop.abort();
  await loop;
  assertEquals(clock.sleepers, 0);
});

Deno.test("an abort ends a sleep at once and without a throw", async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const asleep = clock.sleep(1_000, stop.signal);
  stop.abort();
  await asleep;
  await clock.sleep(1_000, stop.signal);
  assertEquals([clock.monotonic(), clock.sleepers], [0, 0]);
});

Deno.test("runUntil() stops at the first instant at which the condition holds", async () => {
  const clock = new FakeClock();
  let done = false;
  const work = clock.sleep(700).then(() => done = true);
  const other = clock.sleep(900);
  assertEquals(await clock.runUntil(() => done), 700);
  assertEquals(clock.monotonic(), 700);
  await clock.advance(200);
  await Promise.all([work, other]);
  await assertRejects(() => clock.runUntil(() => false, { what: "it" }), Error, "Nobody sleeps");
});

Deno.test("runUntil() gives up after its longest time", async () => {
  const clock = new FakeClock();
  const asleep = clock.sleep(5_000);
  await assertRejects(() => clock.runUntil(() => false, { maxMs: 4_999 }), Error, "Not within");
  await clock.advance(5_000);
  await asleep;
});

Deno.test("a step of the wall clock moves now() alone", async () => {
  const clock = new FakeClock();
  const before = clock.now();
  clock.stepWall(-60_000);
  assertEquals([clock.now() - before, clock.monotonic()], [-60_000, 0]);
  await clock.advance(5);
  assertEquals(clock.now() - before, -59_995);
});

Deno.test("waitFor() gives what it waited for, and says what it waited for in vain", async () => {
  let looks = 0;
  assertEquals(await waitFor(() => ++looks === 3 && "found", "the third look"), "found");
  const error = await assertRejects(
    () => waitFor(() => false, "nothing", { deadlineMs: 20 }),
    Error,
  );
  assert(error.message.includes("20 ms for nothing"));
});
