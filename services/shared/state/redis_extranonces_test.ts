/**
 * The rule of the extranonces on a real Redis: a gateway cut off from it, the server wiped, another gateway
 * started. The pool here lives 50 times as fast, so that the 30 s of a prefix lease are 0.6 s.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { seededRandom, systemClock } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { startRedis, testRedisBinary } from "@gopool/testing/servers";
import { declareNewState, Extranonces, openState, type State } from "./mod.ts";
import { openWire } from "./wire_fixture.ts";

const binary = await testRedisBinary();
const FAST = 50;
const JOB_MAX_LIFE_MS = 20 * 60_000;
const PREFIX_TTL_MS = 30_000;
const DEADLINE = { deadlineMs: 60_000 };

const fastClock = {
  monotonic: () => systemClock.monotonic() * FAST,
  sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / FAST, signal),
};

/** The same state for who lives faster. */
function fastState(state: State): State {
  const real = (ttlMs: number | undefined) => ttlMs === undefined ? undefined : ttlMs / FAST;
  return {
    name: state.name,
    acquire: (name, holder, ttlMs) => state.acquire(name, holder, ttlMs / FAST),
    renew: (lease, ttlMs) => state.renew(lease, ttlMs / FAST),
    release: (lease) => state.release(lease),
    get: (key) => state.get(key),
    set: (key, value, ttlMs) => state.set(key, value, real(ttlMs)),
    delete: (key) => state.delete(key),
    compareAndSet: (key, expected, value, ttlMs) =>
      state.compareAndSet(key, expected, value, real(ttlMs)),
    increment: (key, by, ttlMs) => state.increment(key, by, real(ttlMs)),
    tally: (member, levels, ttlMs) => state.tally(member, levels, ttlMs / FAST),
    take: (key, { capacity, perSecond }, cost) =>
      state.take(key, { capacity, perSecond: perSecond * FAST }, cost),
    [Symbol.asyncDispose]: () => state[Symbol.asyncDispose](),
  };
}

/** Every extranonce1 that any gateway has given: none is given twice, for all jobs of a test are live. */
class Given {
  readonly #owners = new Map<string, string>();

  add(extranonce1: Uint8Array, session: string): string {
    const hex = extranonce1.toHex();
    assert(!this.#owners.has(hex), `${hex} is ${this.#owners.get(hex)}'s and ${session}'s`);
    this.#owners.set(hex, session);
    return hex;
  }
}

/** A process of a gateway. */
async function gateway(url: string, id: string, given: Given, pinned?: number) {
  const state = await openState(url, { clock: systemClock });
  const lost: string[] = [];
  const stop = new AbortController();
  const extranonces = new Extranonces({
    clock: fastClock,
    state: fastState(state),
    random: seededRandom(id.charCodeAt(0)),
    id,
    ...(pinned === undefined ? {} : { pinned }),
    jobMaxLifeMs: JOB_MAX_LIFE_MS,
    onLost: (_, why) => lost.push(why),
  });
  const running = extranonces.run(stop.signal);
  let count = 0;
  /** A new session's extranonce1; null where it is refused. */
  const take = async () => {
    const session = `${id}-${count++}`;
    const taken = await extranonces.take(session);
    return "refused" in taken ? null : given.add(taken.extranonce1, session);
  };
  return {
    extranonces,
    lost,
    take,
    takeSoon: () => waitFor(take, `${id} to serve`, DEADLINE),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      await state[Symbol.asyncDispose]();
    },
  };
}

function test(
  promise: string,
  body: (server: Awaited<ReturnType<typeof startRedis>>) => Promise<void>,
) {
  Deno.test({
    name: `redis: ${promise}`,
    ignore: binary === null,
    async fn() {
      await using server = await startRedis(binary!);
      await declareNewState(server.url, { clock: systemClock });
      await body(server);
    },
  });
}

test("a gateway cut off, the server wiped, another started: no extranonce1 twice", async (server) => {
  const given = new Given();
  await using wire = openWire(server.port);
  await using a = await gateway(`redis://127.0.0.1:${wire.port}`, "a", given);
  const first = await a.takeSoon();
  const prefix = a.extranonces.prefixes[0];
  wire.set("hang");
  const cutMs = fastClock.monotonic();
  await server.ask("FLUSHALL");

  await using b = await gateway(server.url, "b", given);
  await b.extranonces.ready;
  assert(
    fastClock.monotonic() - cutMs >= PREFIX_TTL_MS,
    "a wiped server grants nothing for one TTL",
  );
  for (let i = 0; i < 2_000; i++) await b.takeSoon();

  // Cut off it takes no new sessions once its lease is over, and moves none of those it has.
  await waitFor(async () => await a.take() === null, "a to refuse", DEADLINE);
  assertEquals([a.extranonces.prefixes[0], a.lost], [prefix, []]);
  const refusal = await a.extranonces.take("one more");
  assertMatch("refused" in refusal ? refusal.refused : "", /is away|has not renewed/);

  wire.set("open");
  for (let i = 0; i < 2_000; i++) await a.takeSoon();
  assertEquals([a.extranonces.prefixes[0], a.lost], [prefix, []], "its own again");
  assertEquals(parseInt(first, 16) >>> 16, prefix);
  assertNotEquals(b.extranonces.prefixes[0], prefix);
  assertEquals(b.lost, []);
});

test("a gateway at work re-asserts its prefix after a wipe before anybody can have it", async (server) => {
  const given = new Given();
  await using a = await gateway(server.url, "a", given);
  await a.takeSoon();
  const prefix = a.extranonces.prefixes[0]!;
  await server.ask("FLUSHALL");
  const wipedMs = fastClock.monotonic();
  await using b = await gateway(server.url, "b", given, prefix);
  await using c = await gateway(server.url, "c", given);
  while (fastClock.monotonic() - wipedMs < 4 * PREFIX_TTL_MS) {
    await a.takeSoon();
    await fastClock.sleep(1_000);
  }
  await c.takeSoon();
  assertEquals(await b.take(), null);
  assertEquals([a.extranonces.prefixes, b.extranonces.prefixes], [[prefix], []]);
  assertEquals([a.lost, c.lost], [[], []]);
});

test("a gateway that was cut off through a wipe, and finds its prefix taken, moves", async (server) => {
  const given = new Given();
  await using wire = openWire(server.port);
  await using a = await gateway(`redis://127.0.0.1:${wire.port}`, "a", given);
  await a.takeSoon();
  const prefix = a.extranonces.prefixes[0]!;
  wire.set("cut");
  await server.ask("FLUSHALL");
  // By chance it would be one in 65,536.
  await using b = await gateway(server.url, "b", given, prefix);
  await b.takeSoon();
  assertEquals(b.extranonces.prefixes[0], prefix);
  wire.set("open");
  await waitFor(() => a.lost.length > 0, "a to find out", DEADLINE);
  assertEquals(a.lost, [
    `Prefix ${prefix.toString(16).padStart(4, "0")} now belongs to gateway "b"`,
  ]);
  await a.takeSoon();
  assertNotEquals(a.extranonces.prefixes[0], prefix);
  assertEquals(b.lost, []);
});
