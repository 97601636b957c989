import { assertEquals } from "@std/assert";
import { settle } from "@gopool/testing";
import { Wakeups } from "./wakeups.ts";

const never = new AbortController().signal;

Deno.test("a partition that grows between the look and the wait is not missed", async () => {
  const wakeups = new Wakeups();
  const seen = wakeups.seen("topic", 0);
  wakeups.grew("topic", 0);
  await wakeups.wait("topic", 0, seen, never);
});

Deno.test("a reader wakes for its own partition, for any that may have grown, and for its end", async () => {
  const wakeups = new Wakeups();
  const stop = new AbortController();
  let woken = 0;
  const wait = (signal = never) =>
    void wakeups.wait("topic", 0, wakeups.seen("topic", 0), signal).then(() => woken += 1);
  wait();
  wakeups.grew("topic", 1);
  wakeups.grew("other", 0);
  await settle();
  assertEquals(woken, 0);
  wakeups.grew("topic", 0);
  await settle();
  assertEquals(woken, 1);
  wait();
  wakeups.allMayHaveGrown();
  await settle();
  assertEquals(woken, 2);
  wait(stop.signal);
  stop.abort();
  wait(stop.signal);
  await settle();
  assertEquals(woken, 4);
});
