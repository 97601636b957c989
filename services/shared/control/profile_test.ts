import { assert, assertEquals, assertRejects } from "@std/assert";
import { systemClock } from "@gopool/runtime";
import { CannotProfile, createProfiler, heapSummary } from "./profile.ts";

const never = new AbortController().signal;

/** What the profile is to find. */
function busyForAMoment(): number {
  let x = 0;
  for (let i = 0; i < 2e6; i++) x += Math.sqrt(i);
  return x;
}

/** A place of the profile, as the format has it. */
interface Place {
  readonly callFrame: { readonly url: string };
  readonly hitCount: number;
}

Deno.test("a profile names the place where the process was busy", async () => {
  const profiler = createProfiler(systemClock);
  let isOver = false;
  const stop = new AbortController();
  const taking = profiler.cpu({ forMs: 30_000, intervalUs: 500, signal: stop.signal })
    .finally(() => isOver = true);
  await assertRejects(
    () => profiler.cpu({ forMs: 1, intervalUs: 500, signal: never }),
    CannotProfile,
    "already",
  );
  stop.abort(new Error("enough"));
  await assertRejects(() => taking, Error, "enough");
  assertEquals(isOver, true);

  const working = profiler.cpu({ forMs: 50, intervalUs: 500, signal: never });
  let isWorking = true;
  const whole = working.finally(() => isWorking = false);
  while (isWorking) {
    busyForAMoment();
    await systemClock.sleep(1);
  }
  const profile = JSON.parse(await whole);
  assert(profile.samples.length > 0);
  // Under its own name or its caller's: the engine may have put it there.
  const here = profile.nodes.filter(({ callFrame: { url } }: Place) => url === import.meta.url);
  assert(here.some(({ hitCount }: Place) => hitCount > 0), JSON.stringify(profile.nodes));
});

Deno.test("allocations are told by place, the most first, and the summary adds up", async () => {
  const profiler = createProfiler(systemClock);
  const kept: number[][] = [];
  let isOver = false;
  const taking = profiler.allocations({ forMs: 50, signal: never }).finally(() => isOver = true);
  // All the while: on a busy machine the span may begin late.
  while (!isOver) {
    for (let i = 0; i < 100; i++) kept.push(Array.from({ length: 200 }, () => Math.random()));
    await systemClock.sleep(1);
  }
  const allocations = await taking;
  const here = "services/shared/control/profile_test.ts:";
  assert(allocations.some(({ place }) => place.startsWith(here)), JSON.stringify(allocations));
  assertEquals(allocations, allocations.toSorted((a, b) => b.bytes - a.bytes));
  // Held until here.
  assert(kept.length > 0);
  const { heapUsedBytes, heapLimitBytes, residentBytes, spaces } = heapSummary();
  assert(0 < heapUsedBytes && heapUsedBytes < heapLimitBytes && residentBytes > 0);
  assert(spaces.some(({ name, usedBytes }) => name === "old_space" && usedBytes > 0));
});
