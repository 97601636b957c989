import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { FakeClock } from "@gopool/testing";
import { seededRandom } from "@gopool/runtime";
import { MemoryState } from "./memory.ts";
import { type Bucket, type Lease, type Level, type State, StateUnavailable } from "./port.ts";
import { Extranonces, type ExtranoncesDeps, type Grant, type Taken } from "./prefix.ts";

const MINUTE_MS = 60_000;
const JOB_MAX_LIFE_MS = 20 * MINUTE_MS;

function at(grant: Grant): number {
  return new DataView(grant.extranonce1.buffer).getUint32(0);
}

function granted(taken: Taken): Grant {
  assert(!("refused" in taken), `refused: ${"refused" in taken && taken.refused}`);
  return taken;
}

/** One process of a gateway at work. */
function start(
  deps: { clock: FakeClock; state: State; id: string; seed?: number } & Partial<ExtranoncesDeps>,
) {
  const lost: string[] = [];
  const stop = new AbortController();
  const extranonces = new Extranonces({
    random: seededRandom(deps.seed ?? 1),
    jobMaxLifeMs: JOB_MAX_LIFE_MS,
    onLost: (_, why) => lost.push(why),
    ...deps,
  });
  const running = extranonces.run(stop.signal);
  return {
    extranonces,
    lost,
    [Symbol.asyncDispose]: () => {
      stop.abort();
      return running;
    },
  };
}

/** A store that can be out of reach for one of its clients. */
function behindWire(state: State): State & { away: boolean } {
  const wire = { away: false };
  const call = <T>(operation: () => Promise<T>) =>
    wire.away ? Promise.reject(new StateUnavailable("The wire is cut")) : operation();
  return Object.assign(wire, {
    name: "wire",
    acquire: (n: string, h: string, ttl: number) => call(() => state.acquire(n, h, ttl)),
    renew: (lease: Lease, ttl: number) => call(() => state.renew(lease, ttl)),
    release: (lease: Lease) => call(() => state.release(lease)),
    get: (key: string) => call(() => state.get(key)),
    set: (key: string, value: Uint8Array, ttl?: number) => call(() => state.set(key, value, ttl)),
    delete: (key: string) => call(() => state.delete(key)),
    compareAndSet: (key: string, old: Uint8Array | null, value: Uint8Array, ttl?: number) =>
      call(() => state.compareAndSet(key, old, value, ttl)),
    increment: (key: string, by: number, ttl?: number) => call(() => state.increment(key, by, ttl)),
    tally: (member: string, levels: readonly Level[], ttl: number) =>
      call(() => state.tally(member, levels, ttl)),
    take: (key: string, bucket: Bucket, cost: number) => call(() => state.take(key, bucket, cost)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
}

function world() {
  const clock = new FakeClock();
  return { clock, state: new MemoryState(clock) };
}

Deno.test("sessions of one gateway share its prefix and differ in the counter", async () => {
  const { clock, state } = world();
  await using a = start({ clock, state, id: "a" });
  await a.extranonces.ready;
  const values = await Promise.all(["x", "y", "z"].map((s) => a.extranonces.take(s)));
  const numbers = values.map((taken) => at(granted(taken)));
  assertEquals(new Set(numbers).size, 3);
  assertEquals(new Set(numbers.map((n) => n >>> 16)), new Set(a.extranonces.prefixes));
});

Deno.test("before a prefix is held sessions are refused with the reason", async () => {
  const { clock, state } = world();
  const wire = behindWire(state);
  wire.away = true;
  await using a = start({ clock, state: wire, id: "a" });
  await clock.advance(5_000);
  assertEquals(await a.extranonces.take("x"), { refused: "The wire is cut" });
  wire.away = false;
  await clock.runUntil(() => a.extranonces.trouble === null, { maxMs: 2_000 });
  granted(await a.extranonces.take("x"));
});

Deno.test("two gateways never have one prefix", async () => {
  const { clock, state } = world();
  await using a = start({ clock, state, id: "a", seed: 7 });
  await using b = start({ clock, state, id: "b", seed: 7 });
  await clock.advance(5 * MINUTE_MS);
  assertEquals([a.extranonces.prefixes.length, b.extranonces.prefixes.length], [1, 1]);
  assertNotEquals(a.extranonces.prefixes[0], b.extranonces.prefixes[0]);
});

Deno.test("a restarted gateway takes its own prefix at once and goes on above its mark", async () => {
  const { clock, state } = world();
  let before: number;
  {
    await using a = start({ clock, state, id: "a", seed: 1 });
    await a.extranonces.ready;
    before = at(granted(await a.extranonces.take("x")));
  }
  await using again = start({ clock, state, id: "a", seed: 2 });
  await again.extranonces.ready;
  const after = at(granted(await again.extranonces.take("y")));
  assertEquals(after >>> 16, before >>> 16);
  assertNotEquals(after, before);
  const own = again.extranonces.reclaim(
    "x",
    new Uint8Array(new Uint32Array([before]).buffer).reverse(),
  );
  assertEquals(at(own!), before, "the session of before gets its own back");
});

Deno.test("a lost gateway's prefix is nobody's for more than the lease and the life of a job", async () => {
  const { clock, state } = world();
  {
    await using a = start({ clock, state, id: "a", pinned: 0xbeef });
    await a.extranonces.ready;
  }
  const diedMs = clock.monotonic();
  await using b = start({ clock, state, id: "b", pinned: 0xbeef });
  await clock.advance(1_000);
  assertMatch(b.extranonces.trouble!, /beef is pinned here, and another gateway has it/);
  await clock.runUntil(() => b.extranonces.prefixes.length > 0);
  const waitedMs = clock.monotonic() - diedMs;
  assert(waitedMs > 30_000 + JOB_MAX_LIFE_MS && waitedMs < JOB_MAX_LIFE_MS + 3 * MINUTE_MS);
});

Deno.test("a holder that cannot renew takes no new sessions after the TTL, then goes on", async () => {
  const { clock, state } = world();
  const wire = behindWire(state);
  await using a = start({ clock, state: wire, id: "a" });
  await a.extranonces.ready;
  granted(await a.extranonces.take("x"));
  wire.away = true;
  await clock.advance(19_000);
  granted(await a.extranonces.take("y"));
  await clock.advance(12_000);
  assertEquals(await a.extranonces.take("z"), { refused: "The wire is cut" });
  await clock.advance(10 * MINUTE_MS);
  wire.away = false;
  await clock.advance(2_000);
  granted(await a.extranonces.take("z"));
  assertEquals(a.lost, []);
});

Deno.test("a holder that finds its prefix taken is told once, and takes another", async () => {
  const { clock, state } = world();
  const wire = behindWire(state);
  await using a = start({ clock, state: wire, id: "a", seed: 3 });
  await a.extranonces.ready;
  const prefix = a.extranonces.prefixes[0]!;
  granted(await a.extranonces.take("x"));
  wire.away = true;
  await clock.advance(25 * MINUTE_MS);
  await using b = start({ clock, state, id: "b", pinned: prefix });
  await b.extranonces.ready;
  wire.away = false;
  await clock.advance(15_000);
  assertEquals(a.lost, [
    `Prefix ${prefix.toString(16).padStart(4, "0")} now belongs to gateway "b"`,
  ]);
  assertEquals(b.lost, []);
  assertEquals(a.extranonces.prefixes.length, 1);
  assertNotEquals(a.extranonces.prefixes[0], prefix);
});

Deno.test("of two processes under one gateway id the older is told and does not fight", async () => {
  const { clock, state } = world();
  await using a = start({ clock, state, id: "twin", seed: 1 });
  await a.extranonces.ready;
  await using b = start({ clock, state, id: "twin", seed: 2 });
  await b.extranonces.ready;
  await clock.advance(5 * MINUTE_MS);
  assertEquals(a.lost.length, 1);
  assertMatch(a.lost[0]!, /^Another process runs as gateway "twin"/);
  assertEquals(b.lost, []);
  assertNotEquals(a.extranonces.prefixes, b.extranonces.prefixes);
});

Deno.test("a gateway that runs out takes a second prefix", async () => {
  const { clock, state } = world();
  await using a = start({ clock, state, id: "a" });
  await a.extranonces.ready;
  const seen = new Set<number>();
  for (let i = 0; i < 70_000; i++) seen.add(at(granted(await a.extranonces.take(`s${i}`))));
  assertEquals(seen.size, 70_000);
  assertEquals(a.extranonces.prefixes.length, 2);
  await clock.advance(MINUTE_MS);
  assertEquals(a.extranonces.prefixes.length, 2, "both are renewed");
});

Deno.test("ten thousand sessions that come at once are all served", async () => {
  const { clock, state } = world();
  await using a = start({ clock, state, id: "a" });
  await a.extranonces.ready;
  const taken = await Promise.all(
    Array.from({ length: 10_000 }, (_, i) => a.extranonces.take(`s${i}`)),
  );
  assertEquals(new Set(taken.map((one) => at(granted(one)))).size, 10_000);
});

Deno.test("a pinned gateway that runs out refuses, and says why", async () => {
  const { clock, state } = world();
  await using a = start({ clock, state, id: "a", pinned: 5 });
  await a.extranonces.ready;
  const last = [];
  for (let i = 0; i < 65_536; i++) last[i % 9] = granted(await a.extranonces.take(`s${i}`));
  const refused = "all extranonces are in use or at rest";
  assertEquals(await a.extranonces.take("more"), { refused });
  assertEquals([a.extranonces.isServing, a.extranonces.trouble], [false, refused]);
  last[0]!.giveBack();
  await clock.advance(JOB_MAX_LIFE_MS + 2_000);
  assertEquals([a.extranonces.isServing, a.extranonces.trouble], [true, null]);
  assertEquals(at(granted(await a.extranonces.take("more"))), at(last[0]!));
});

Deno.test("a store that has forgotten everything changes nothing for a holder at work", async () => {
  const clock = new FakeClock();
  const wire = behindWire(new MemoryState(clock));
  await using a = start({ clock, state: wire, id: "a" });
  await a.extranonces.ready;
  const prefix = a.extranonces.prefixes[0];
  const first = at(granted(await a.extranonces.take("x")));
  Object.assign(wire, behindWire(new MemoryState(clock)));
  await clock.advance(MINUTE_MS);
  const second = at(granted(await a.extranonces.take("y")));
  assertEquals([a.extranonces.prefixes[0], a.lost], [prefix, []]);
  assertNotEquals(first, second);
});

Deno.test("a pinned gateway that has given all its values in the course of time serves at once after a restart", async () => {
  const { clock, state } = world();
  {
    await using a = start({ clock, state, id: "a", seed: 1, pinned: 7 });
    await a.extranonces.ready;
    for (let hour = 0; hour < 4; hour++) {
      for (let i = 0; i < 20_000; i++) granted(await a.extranonces.take(`${hour}.${i}`)).giveBack();
      await clock.advance(60 * MINUTE_MS);
    }
    // Here when the process ends: its value may be in work that is still good.
    granted(await a.extranonces.take("last"));
  }
  await using again = start({ clock, state, id: "a", seed: 2, pinned: 7 });
  await again.extranonces.ready;
  granted(await again.extranonces.take("new"));
});

Deno.test("two processes of one name with a pinned prefix do not take it from each other in turns", async () => {
  const { clock, state } = world();
  await using a = start({ clock, state, id: "twin", seed: 1, pinned: 7 });
  await a.extranonces.ready;
  await using b = start({ clock, state, id: "twin", seed: 2, pinned: 7 });
  await clock.advance(MINUTE_MS);
  assertEquals([a.lost.length, b.lost.length], [1, 0]);
  assertEquals([a.extranonces.prefixes, b.extranonces.prefixes], [[], [7]]);
  assertMatch(String(a.extranonces.trouble), /another process runs as gateway "twin"/);
});
