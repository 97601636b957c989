import { assertEquals, assertGreaterOrEqual, assertLess } from "@std/assert";
import { blockCandidates, blockFound, openBus } from "@gopool/bus";
import { FakeClock } from "@gopool/testing";
import { BLOCKS_WAIT_MS, settleBlocks } from "./blocks_in_hand.ts";

const hash = (n: number) => new Uint8Array(32).fill(n);
const record = (n: number) => [{ key: hash(n), value: new Uint8Array(1) }];

async function setUp() {
  const clock = new FakeClock();
  const bus = await openBus("memory:", { clock });
  return { clock, bus };
}

Deno.test("with no candidate on its way stopping waits for none", async () => {
  const { clock, bus } = await setUp();
  await using _ = bus;
  await bus.publish(blockCandidates, record(1));
  await bus.publish(blockFound, record(1));
  assertEquals(await settleBlocks(bus, clock), 0);
  assertEquals(clock.monotonic(), 0);
});

Deno.test("stopping waits for a block that is on its way, and no longer", async () => {
  const { clock, bus } = await setUp();
  await using _ = bus;
  await bus.publish(blockCandidates, record(1));
  await bus.publish(blockCandidates, record(2));
  await bus.publish(blockFound, record(1));
  const settling = settleBlocks(bus, clock);
  await clock.advance(300);
  await bus.publish(blockFound, record(2));
  const left = await ending(settling, clock);
  assertEquals(left, 0);
  assertLess(clock.monotonic(), 500);
});

Deno.test("a block that no node takes is not waited for beyond the bound", async () => {
  const { clock, bus } = await setUp();
  await using _ = bus;
  await bus.publish(blockCandidates, record(1));
  assertEquals(await ending(settleBlocks(bus, clock), clock), 1);
  assertGreaterOrEqual(clock.monotonic(), BLOCKS_WAIT_MS);
  assertLess(clock.monotonic(), BLOCKS_WAIT_MS + 500);
});

Deno.test("an old candidate is not waited for, though it is published again every ten seconds", async () => {
  const { clock, bus } = await setUp();
  await using _ = bus;
  for (let i = 0; i < 3; i++) {
    await bus.publish(blockCandidates, record(1));
    await clock.advance(i < 2 ? 10_000 : 1_000);
  }
  const before = clock.monotonic();
  assertEquals(await settleBlocks(bus, clock), 0);
  assertEquals(clock.monotonic(), before);
});

async function ending<T>(task: Promise<T>, clock: FakeClock): Promise<T> {
  let ended = false;
  task.finally(() => ended = true);
  await clock.runUntil(() => ended);
  return await task;
}
