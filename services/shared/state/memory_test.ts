import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { FakeClock } from "@gopool/testing";
import { type Bench, stateContract } from "./contract.ts";
import { leaseRace } from "./contract_race.ts";
import { MemoryState } from "./memory.ts";
import { MemoryBuckets } from "./memory_buckets.ts";
import { openState, StateUnavailable } from "./mod.ts";

function memoryBench(): Promise<Bench> {
  const clock = new FakeClock();
  const state = new MemoryState(clock);
  return Promise.resolve({
    state,
    other: state,
    now: () => clock.monotonic(),
    pass: (ms: number) => clock.advance(ms),
    spanMs: 1_000,
    [Symbol.asyncDispose]: () => state[Symbol.asyncDispose](),
  });
}

stateContract("memory", memoryBench);
leaseRace("memory", memoryBench, { ttlMs: 1_000, runs: 300 });

Deno.test("a step of the wall clock ends no lease and no value", async () => {
  const clock = new FakeClock();
  const state = new MemoryState(clock);
  const lease = await state.acquire("x", "a", 1_000);
  await state.set("k", new Uint8Array([1]), 1_000);
  clock.stepWall(3_600_000);
  assertEquals((await state.renew(lease!, 1_000))?.fence, lease!.fence);
  assertEquals(await state.get("k"), new Uint8Array([1]));
});

Deno.test("a full memory refuses and goes on when time has made room", async () => {
  const clock = new FakeClock();
  const state = new MemoryState(clock, { maxBytes: 10_000 });
  await state.set("old", new Uint8Array(6_000), 1_000);
  await assertRejects(() => state.set("new", new Uint8Array(6_000)), StateUnavailable, "full");
  await state.set("small", new Uint8Array(100));
  // Replacing counts only the difference.
  await state.set("old", new Uint8Array(7_000), 1_000);
  await clock.advance(1_000);
  await state.set("new", new Uint8Array(6_000));
  assertEquals((await state.get("small"))?.length, 100);
});

Deno.test("openState() names the scheme it does not know", async () => {
  const clock = new FakeClock();
  await assertRejects(
    () => openState(new URL("carrier-pigeon://x"), { clock }),
    TypeError,
    "carrier",
  );
  await using state = await openState(new URL("memory:"), { clock });
  assertEquals(state.name, "memory");
});

Deno.test("buckets that are full again make room, and no more are kept than may be", async () => {
  const clock = new FakeClock();
  const buckets = new MemoryBuckets(clock, 2);
  const bucket = { capacity: 10, perSecond: 1 };
  buckets.take("a", bucket, 1);
  buckets.take("b", bucket, 5);
  assertThrows(() => buckets.take("c", bucket, 1), StateUnavailable, "full");
  assertEquals(buckets.take("a", bucket, 1).granted, true, "one that is known goes on");
  await clock.advance(2_000);
  // The sweep comes with draws, and takes what is full: a.
  for (let i = 0; i < 1_024; i++) buckets.take("b", bucket, 10);
  assertEquals(buckets.take("c", bucket, 1).granted, true);
});
