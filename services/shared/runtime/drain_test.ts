import { assertEquals, assertRejects } from "@std/assert";
import { FakeClock } from "@gopool/testing";
import { orGiveUp } from "./drain.ts";

Deno.test("orGiveUp() waits for its work as long as nobody asks for an end", async () => {
  const clock = new FakeClock();
  const work = Promise.withResolvers<string>();
  const done = orGiveUp(work.promise, clock, new AbortController().signal, 100);
  await clock.advance(1_000_000);
  work.resolve("done");
  assertEquals(await done, "done");
  assertEquals(clock.sleepers, 0);
});

Deno.test("orGiveUp() gives work that is under way a moment at the end, and then gives up", async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const quick = Promise.withResolvers<string>();
  const inTime = orGiveUp(quick.promise, clock, stop.signal, 100);
  const never = orGiveUp(new Promise<never>(() => {}), clock, stop.signal, 100);
  const refused = assertRejects(() => never, Error, "the end");
  stop.abort(new Error("the end"));
  await clock.advance(99);
  quick.resolve("in time");
  assertEquals(await inTime, "in time");
  await clock.advance(1);
  await refused;
});

Deno.test("orGiveUp() passes a failure on", async () => {
  const clock = new FakeClock();
  const work = Promise.reject(new Error("no"));
  await assertRejects(() => orGiveUp(work, clock, new AbortController().signal, 100), Error, "no");
});
