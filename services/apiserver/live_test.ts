import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Bus, encodeRecord, openBus, statsLive } from "@gopool/bus";
import { FakeClock, settle, silent, waitFor } from "@gopool/testing";
import { LIVE_BACK_MS, LIVE_STALE_MS, STREAMS_MAX } from "./limits.ts";
import { type AccountTick, Live, TooManyWatch } from "./live.ts";

const POOL = "gopool";

interface Said {
  readonly hashrate?: number;
  readonly pool?: string;
  readonly active?: { account: string; shares: number; rejects?: number; difficulty?: number }[];
}

interface Bench extends AsyncDisposable {
  readonly live: Live;
  readonly clock: FakeClock;
  say(said: Said): Promise<void>;
}

async function publish(bus: Bus, clock: FakeClock, { pool = POOL, ...rest }: Said) {
  const record = { pool, atMs: BigInt(clock.now()), ...rest };
  await bus.publish(statsLive, [encodeRecord(statsLive, record, { key: pool })]);
}

async function opened(before: (bus: Bus, clock: FakeClock) => Promise<void> = async () => {}) {
  const clock = new FakeClock();
  const bus = await openBus("memory:", { clock });
  await before(bus, clock);
  const live = new Live({ bus, clock, log: silent, pool: POOL });
  const stop = new AbortController();
  const reading = Promise.withResolvers<void>();
  const running = live.follow({
    signal: stop.signal,
    caughtUp: reading.resolve,
    onTrouble: () => {},
  });
  await reading.promise;
  const bench: Bench = {
    live,
    clock,
    async say(said) {
      const older = live.latest();
      await publish(bus, clock, said);
      if ((said.pool ?? POOL) === POOL) await waitFor(() => live.latest() !== older, "the record");
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      await bus[Symbol.asyncDispose]();
    },
  };
  return bench;
}

Deno.test("the newest record is known at the start, and how old it is", async () => {
  await using bench = await opened(async (bus, clock) => {
    await publish(bus, clock, { hashrate: 1 });
    await clock.advance(LIVE_STALE_MS + 1);
    await publish(bus, clock, { hashrate: 2, pool: "another" });
  });
  const { live, clock, say } = bench;
  assertEquals(live.latest()?.hashrate, 1);
  assert(live.isStale());
  await say({ hashrate: 3 });
  assert(!live.isStale());
  await clock.advance(LIVE_STALE_MS + 1);
  assert(live.isStale());
  assertEquals(live.latest()?.hashrate, 3);
});

Deno.test("nothing is known before the first record, and of what is long past", async () => {
  await using bench = await opened(async (bus, clock) => {
    await publish(bus, clock, { hashrate: 1 });
    await clock.advance(LIVE_BACK_MS + 1);
  });
  assertEquals(bench.live.latest(), null);
  assert(bench.live.isStale());
});

Deno.test("who watches the pool gets what is there and what comes, the newest where it is slow", async () => {
  await using bench = await opened();
  const { live, say } = bench;
  await say({ hashrate: 1 });
  const stop = new AbortController();
  const records = live.watchPool(stop.signal)[Symbol.asyncIterator]();
  assertEquals((await records.next()).value?.hashrate, 1);
  const next = records.next();
  await say({ hashrate: 2 });
  assertEquals((await next).value?.hashrate, 2);
  await say({ hashrate: 3 });
  await say({ hashrate: 4 });
  assertEquals((await records.next()).value?.hashrate, 4);
  const last = records.next();
  stop.abort();
  assertEquals((await last).done, true);
  assertEquals(live.watchers, 0);
});

Deno.test("who watches an account gets its own, added up where it is slow", async () => {
  await using bench = await opened();
  const { live, say } = bench;
  const stop = new AbortController();
  const ticks = live.watchAccount("a", stop.signal)[Symbol.asyncIterator]();
  await say({ active: [{ account: "b", shares: 9 }, { account: "a", shares: 1, difficulty: 5 }] });
  await say({ active: [{ account: "b", shares: 9 }] });
  await say({ active: [{ account: "a", shares: 2, rejects: 1, difficulty: 0 }] });
  const { value } = await ticks.next() as { value: AccountTick };
  assertEquals([value.shares, value.rejects, value.difficulty], [3, 1, 5]);
  const next = ticks.next();
  await say({ active: [{ account: "a", shares: 4 }] });
  assertEquals((await next).value?.shares, 4);
  await ticks.return?.();
  assertEquals(live.watchers, 0);
});

Deno.test("a watcher that is told to end ends, also one that nobody reads", async () => {
  await using bench = await opened();
  const { live } = bench;
  const stop = new AbortController();
  live.watchPool(stop.signal);
  live.watchAccount("a", stop.signal);
  assertEquals(live.watchers, 2);
  stop.abort();
  assertEquals(live.watchers, 0);
  const read = live.watchPool(new AbortController().signal)[Symbol.asyncIterator]();
  const next = read.next();
  await settle();
  live.endAll();
  assertEquals((await next).done, true);
  assertEquals(live.watchers, 0);
  assertEquals((await live.watchPool(stop.signal)[Symbol.asyncIterator]().next()).done, true);
});

Deno.test("streams are bounded", async () => {
  await using bench = await opened();
  const { live } = bench;
  const stop = new AbortController();
  for (let i = 0; i < STREAMS_MAX; i++) live.watchPool(stop.signal);
  assertThrows(() => live.watchAccount("a", stop.signal), TooManyWatch);
  stop.abort();
  live.watchAccount("a", new AbortController().signal);
  live.endAll();
});
