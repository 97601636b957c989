import { assert, assertEquals, assertRejects } from "@std/assert";
import { FakeClock } from "@gopool/testing";
import { systemClock } from "./clock.ts";
import { aborted, runTogether } from "./service.ts";

Deno.test("when one task throws the others are stopped and awaited, and the throw is passed on", async () => {
  const clock = new FakeClock();
  let drained = false;
  const running = runTogether(
    new AbortController().signal,
    async (signal) => {
      await aborted(signal);
      await clock.sleep(100);
      drained = true;
    },
    async () => {
      await clock.sleep(10);
      throw new RangeError("fault");
    },
  );
  const seen = assertRejects(() => running, RangeError, "fault");
  await clock.advance(10);
  assert(!drained);
  await clock.advance(100);
  await seen;
  assert(drained);
});

Deno.test("several faults are all passed on", async () => {
  const error = await assertRejects(
    () =>
      runTogether(
        new AbortController().signal,
        () => Promise.reject(new Error("a")),
        () => Promise.reject(new Error("b")),
      ),
    AggregateError,
  );
  assertEquals(error.errors.map((one: Error) => one.message), ["a", "b"]);
});

Deno.test("an abort from outside ends all tasks, and obeying it is no fault", async () => {
  const stop = new AbortController();
  const running = runTogether(
    stop.signal,
    (signal) => aborted(signal),
    async (signal) => {
      await aborted(signal);
      throw signal.reason;
    },
  );
  stop.abort();
  await running;
});

Deno.test("the system's clock sleeps at least as long as asked, and ends early on abort", async () => {
  const before = systemClock.monotonic();
  await systemClock.sleep(20);
  assert(systemClock.monotonic() - before >= 19);
  const stop = new AbortController();
  const asleep = systemClock.sleep(60_000, stop.signal);
  stop.abort();
  await asleep;
  await systemClock.sleep(60_000, stop.signal);
  assert(systemClock.monotonic() - before < 10_000);
  assert(Math.abs(systemClock.now() - Date.now()) < 1_000);
});
