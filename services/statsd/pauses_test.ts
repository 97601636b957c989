import { assertEquals } from "@std/assert";
import { silent } from "@gopool/runtime";
import { FakeClock } from "@gopool/testing";
import { Pauses } from "./pauses.ts";

/** A clock whose process can be stopped: time passes, and nobody wakes. */
class StoppableClock extends FakeClock {
  #stoppedMs = 0;

  stop(ms: number): void {
    this.#stoppedMs += ms;
  }

  override monotonic(): number {
    return super.monotonic() + this.#stoppedMs;
  }
}

Deno.test("a process that was stopped notices before it does anything, and waits until its group can have told it", async () => {
  const clock = new StoppableClock();
  let pauses = 0;
  const watch = new Pauses(clock, silent, () => pauses++);
  const stop = new AbortController();
  const running = watch.run(stop.signal);
  await clock.advance(60_000);
  assertEquals([watch.isShaken, pauses], [false, 0]);
  clock.stop(4_000);
  await clock.advance(1_000);
  assertEquals([watch.isShaken, pauses], [false, 0]);
  clock.stop(12_000);
  assertEquals([watch.isShaken, pauses], [true, 1]);
  let calm = false;
  const waiting = watch.calm().then(() => calm = true);
  await clock.advance(2_000);
  assertEquals(calm, false);
  await clock.advance(1_500);
  await waiting;
  assertEquals([watch.isShaken, pauses], [false, 1]);
  stop.abort();
  await running;
});
