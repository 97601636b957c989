/**
 * What every adapter of the state port must do, as tests. Runs by an adapter's own clock: the memory adapter
 * is driven, a server is waited for.
 *
 * @module
 */
import { assert, assertEquals, assertGreater, assertRejects } from "@std/assert";
import { type Lease, type State, StateUnavailable, TALLY_KEYS_MAX } from "./port.ts";

/** An adapter under test. */
export interface Bench extends AsyncDisposable {
  readonly state: State;
  /** Another client of the same store; the same object where there can be only one. */
  readonly other: State;
  /** The monotonic clock that both were opened with. */
  now(): number;
  /** Lets time pass for the store. */
  pass(ms: number): Promise<void>;
  /** A span long enough that the store's answers fit in it many times: 1,000 driven, perhaps 200 on a server. */
  readonly spanMs: number;
  /** Makes a store that outlives its clients forget everything, as a server restarted without its data. */
  forget?(): Promise<void>;
  /** How much later it is than it should be by what has passed: for a store whose time is not driven. */
  lateMs?(): number;
}

/** Declares the tests. `open` is called for each; the store may hold what others have left in it. */
export function stateContract(adapter: string, open: () => Promise<Bench>): void {
  const test = (promise: string, body: (bench: Bench) => Promise<void>) =>
    Deno.test(`${adapter}: ${promise}`, () => inTime(open, body));

  test("a lease is granted to one holder at a time", async ({ state, other, spanMs }) => {
    const name = fresh("lease");
    const lease = await state.acquire(name, "a", spanMs);
    assertEquals([lease?.name, lease?.holder], [name, "a"]);
    assertEquals(await other.acquire(name, "b", spanMs), null);
  });

  test("acquiring again as the same holder prolongs with the same fence", async (bench) => {
    const { state, other, spanMs, pass } = bench;
    const name = fresh("lease");
    const first = await held(state, name, "a", spanMs);
    await pass(spanMs * 0.6);
    assertEquals((await other.acquire(name, "a", spanMs))?.fence, first.fence);
    await pass(spanMs * 0.6);
    assertEquals(await state.acquire(name, "b", spanMs), null);
  });

  test("a lease ends after its time, and the next has a higher fence", async (bench) => {
    const { state, spanMs, pass } = bench;
    const name = fresh("lease");
    const first = await held(state, name, "a", spanMs);
    await pass(spanMs * 1.2);
    const next = await held(state, name, "b", spanMs);
    assertGreater(next.fence, first.fence);
    await pass(spanMs * 1.2);
    // Its own again, but in between it could have been another's: a new grant, a new number.
    assertGreater((await held(state, name, "b", spanMs)).fence, next.fence);
  });

  test("renewing prolongs, and says when a lease is no longer the holder's", async (bench) => {
    const { state, other, spanMs, pass } = bench;
    const name = fresh("lease");
    const lease = await held(state, name, "a", spanMs);
    await pass(spanMs * 0.6);
    const renewed = await other.renew(lease, spanMs);
    assertEquals(renewed?.fence, lease.fence);
    await pass(spanMs * 0.6);
    assertEquals(await state.acquire(name, "b", spanMs), null);
    await pass(spanMs * 0.8);
    assertEquals(await state.renew(lease, spanMs), null);
    const next = await held(state, name, "b", spanMs);
    assertEquals(await state.renew(lease, spanMs), null);
    assertEquals((await state.renew(next, spanMs))?.holder, "b");
  });

  test("a fence of before is refused to the same holder", async ({ state, spanMs, pass }) => {
    const name = fresh("lease");
    const old = await held(state, name, "a", spanMs);
    await pass(spanMs * 1.2);
    await held(state, name, "a", spanMs);
    assertEquals(await state.renew(old, spanMs), null);
  });

  test("a released lease is free at once and its fence stays counted", async (bench) => {
    const { state, other, spanMs } = bench;
    const name = fresh("lease");
    const first = await held(state, name, "a", spanMs);
    await state.release(first);
    const next = await held(other, name, "b", spanMs);
    assertGreater(next.fence, first.fence);
    // A late release by the old holder does nothing.
    await state.release(first);
    assertEquals(await state.acquire(name, "c", spanMs), null);
  });

  test("of many who ask at once one gets the lease", async ({ state, other, spanMs }) => {
    const name = fresh("lease");
    const asked = await Promise.all(
      Array.from(
        { length: 20 },
        (_, i) => (i % 2 === 0 ? state : other).acquire(name, `holder-${i}`, spanMs),
      ),
    );
    assertEquals(asked.filter((lease) => lease !== null).length, 1);
  });

  test("a store that has lost its leases grants none until their holders must know", async (b) => {
    const { state, other, spanMs, pass } = b;
    if (b.forget === undefined) return;
    const name = fresh("lease");
    const first = await held(state, name, "a", spanMs);
    await b.forget();
    assertEquals(await other.acquire(name, "b", spanMs), null);
    await pass(spanMs * 0.6);
    assertEquals(await other.acquire(name, "b", spanMs), null);
    assertEquals(await other.acquire(fresh("lease"), "b", spanMs), null, "nor any other");
    await pass(spanMs * 0.6);
    assertEquals(await state.renew(first, spanMs), null, "its time was over");
    assertGreater((await held(other, name, "b", spanMs)).fence, first.fence);
  });

  test("a holder at work goes on through a loss, with its fence and before all others", async (b) => {
    const { state, other, spanMs, pass } = b;
    if (b.forget === undefined) return;
    const name = fresh("lease");
    const first = await held(state, name, "a", spanMs);
    await b.forget();
    assertEquals(await other.acquire(name, "b", spanMs), null);
    const renewed = await state.renew(first, spanMs);
    assertEquals(renewed?.fence, first.fence);
    await pass(spanMs * 0.6);
    assertEquals((await state.renew(renewed!, spanMs))?.fence, first.fence);
    await pass(spanMs * 0.6);
    assertEquals(await other.acquire(name, "b", spanMs), null, "held, quarantine or not");
    await state.release(renewed!);
    assertGreater((await held(other, name, "b", spanMs)).fence, first.fence);
  });

  test("what was given up or has ended before a loss is not taken back", async (b) => {
    const { state, other, spanMs, pass } = b;
    if (b.forget === undefined) return;
    const name = fresh("lease");
    const ended = await held(state, name, "a", spanMs);
    await pass(spanMs * 1.2);
    const now = await held(other, name, "b", spanMs);
    await b.forget();
    assertEquals(await state.renew(ended, spanMs), null);
    assertEquals((await other.renew(now, spanMs))?.fence, now.fence);
    assertEquals(await state.renew(ended, spanMs), null);
  });

  test("a value is what was set, byte for byte, for everybody", async ({ state, other }) => {
    const key = fresh("value");
    assertEquals(await state.get(key), null);
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    await state.set(key, bytes);
    assertEquals(await other.get(key), bytes);
    await state.set(key, new Uint8Array());
    assertEquals(await other.get(key), new Uint8Array());
    await other.delete(key);
    assertEquals(await state.get(key), null);
    await state.delete(key);
  });

  test("a value belongs to the caller before and after", async ({ state }) => {
    const key = fresh("value");
    const mine = new Uint8Array([1, 2, 3]);
    await state.set(key, mine);
    mine[0] = 9;
    const got = await state.get(key);
    assertEquals(got, new Uint8Array([1, 2, 3]));
    got![0] = 8;
    assertEquals(await state.get(key), new Uint8Array([1, 2, 3]));
  });

  test("eight megabytes go in and come out", async ({ state }) => {
    const key = fresh("value");
    const bytes = new Uint8Array(8 * 1024 * 1024).fill(7);
    await state.set(key, bytes, 60_000);
    const got = await state.get(key);
    assert(got !== null && got.length === bytes.length && got.at(-1) === 7);
    await state.delete(key);
  });

  test("a value with a time to live is gone after it; setting anew sets its time anew", async (b) => {
    const { state, spanMs, pass } = b;
    const key = fresh("value");
    await state.set(key, text("x"), spanMs);
    await pass(spanMs * 0.6);
    await state.set(key, text("y"), spanMs);
    await pass(spanMs * 0.6);
    assertEquals(await state.get(key), text("y"));
    await pass(spanMs * 0.6);
    assertEquals(await state.get(key), null);
    await state.set(key, text("x"), spanMs);
    await state.set(key, text("z"));
    await pass(spanMs * 1.2);
    assertEquals(await state.get(key), text("z"));
    await state.delete(key);
  });

  test("compare-and-set writes only over what was expected", async ({ state, other }) => {
    const key = fresh("value");
    assertEquals(await state.compareAndSet(key, text("x"), text("a")), false);
    assertEquals(await state.compareAndSet(key, null, text("a")), true);
    assertEquals(await other.compareAndSet(key, null, text("b")), false);
    assertEquals(await other.compareAndSet(key, text("aa"), text("b")), false);
    assertEquals(await other.compareAndSet(key, text("a"), text("b")), true);
    assertEquals(await state.get(key), text("b"));
    await state.set(key, new Uint8Array());
    // Nothing and an empty value are two things.
    assertEquals(await state.compareAndSet(key, null, text("c")), false);
    assertEquals(await state.compareAndSet(key, new Uint8Array(), text("c")), true);
    await state.delete(key);
  });

  test("compare-and-set takes an expired value for none and sets a time of its own", async (b) => {
    const { state, spanMs, pass } = b;
    const key = fresh("value");
    await state.set(key, text("x"), spanMs);
    await pass(spanMs * 1.2);
    assertEquals(await state.compareAndSet(key, text("x"), text("y"), spanMs), false);
    assertEquals(await state.compareAndSet(key, null, text("y"), spanMs), true);
    await pass(spanMs * 1.2);
    assertEquals(await state.get(key), null);
  });

  test("of many who compare and set at once one succeeds", async ({ state, other }) => {
    const key = fresh("value");
    const done = await Promise.all(
      Array.from(
        { length: 20 },
        (_, i) => (i % 2 === 0 ? state : other).compareAndSet(key, null, text(`${i}`)),
      ),
    );
    assertEquals(done.filter(Boolean).length, 1);
    await state.delete(key);
  });

  test("a counter starts at nothing and loses no step", async ({ state, other }) => {
    const key = fresh("counter");
    const sums = await Promise.all(
      Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? state : other).increment(key, 2)),
    );
    assertEquals(sums.toSorted((a, b) => a - b), Array.from({ length: 50 }, (_, i) => 2 * i + 2));
    assertEquals(await state.increment(key, -100), 0);
    assertEquals(await state.increment(key, 2 ** 40), 2 ** 40);
    assertEquals(await state.get(key), text(String(2 ** 40)));
    await state.delete(key);
  });

  test("a counter lives from its creation, whatever is added later", async (bench) => {
    const { state, spanMs, pass } = bench;
    const key = fresh("counter");
    await state.increment(key, 1, spanMs);
    await pass(spanMs * 0.6);
    assertEquals(await state.increment(key, 1, spanMs), 2);
    await pass(spanMs * 0.6);
    assertEquals(await state.increment(key, 1, spanMs), 1);
    await state.delete(key);
  });

  test("a tally is the sum of what the members last said", async ({ state, other, spanMs }) => {
    const [x, y] = [fresh("tally"), fresh("tally")];
    const say = (at: State, member: string, levels: [string, number][]) =>
      at.tally(member, levels.map(([key, level]) => ({ key, level })), spanMs);
    assertEquals(await say(state, "a", [[x, 3], [y, 1]]), [3, 1]);
    assertEquals(await say(other, "b", [[y, 10], [x, 4]]), [11, 7]);
    assertEquals(await say(state, "a", [[x, 5]]), [9], "a level replaces the one before");
    assertEquals(await say(state, "a", [[x, 0]]), [4]);
    assertEquals(await say(state, "c", [[x, 0]]), [4]);
    assertEquals(await say(other, "b", [[x, 0], [y, 0]]), [0, 1]);
    assertEquals(await say(state, "a", []), []);
  });

  test("a member that says no more is out of the tally after its time", async (bench) => {
    const { state, other, spanMs, pass } = bench;
    const key = fresh("tally");
    await state.tally("silent", [{ key, level: 2 }], spanMs);
    await other.tally("alive", [{ key, level: 5 }], spanMs);
    await pass(spanMs * 0.6);
    assertEquals(await other.tally("alive", [{ key, level: 6 }], spanMs), [8]);
    await pass(spanMs * 0.6);
    assertEquals(await state.tally("asks", [{ key, level: 0 }], spanMs), [6]);
    await pass(spanMs * 0.6);
    assertEquals(await state.tally("asks", [{ key, level: 0 }], spanMs), [0]);
  });

  test("members that tell at once are all in the tally", async ({ state, other }) => {
    const key = fresh("tally");
    await Promise.all(Array.from(
      { length: 30 },
      (_, i) => (i % 2 ? state : other).tally(`m${i}`, [{ key, level: i }], 60_000),
    ));
    assertEquals(await state.tally("asks", [{ key, level: 0 }], 60_000), [30 * 29 / 2]);
  });

  test("a tally takes as many keys as the port says, whole levels, each key once", async (bench) => {
    const { state } = bench;
    const levels = Array.from({ length: TALLY_KEYS_MAX }, (_, i) => ({
      key: fresh("tally"),
      level: i,
    }));
    assertEquals(await state.tally("a", levels, 60_000), levels.map(({ level }) => level));
    const key = fresh("tally");
    const refused = [[...levels, { key, level: 1 }], [{ key, level: 1.5 }], [{ key, level: -1 }]];
    for (const wrong of [...refused, [{ key, level: 1 }, { key, level: 2 }]]) {
      await assertRejects(() => state.tally("a", wrong, 1_000), RangeError);
    }
    await assertRejects(() => state.tally("a", [{ key, level: 1 }], 0), RangeError);
  });

  test("nothing is kept for no time, nor counted in parts", async ({ state }) => {
    const key = fresh("value");
    for (const ttlMs of [0, -1, NaN]) {
      await assertRejects(() => state.set(key, text("x"), ttlMs), RangeError);
      await assertRejects(() => state.compareAndSet(key, null, text("x"), ttlMs), RangeError);
      await assertRejects(() => state.increment(key, 1, ttlMs), RangeError);
      await assertRejects(() => state.acquire(key, "a", ttlMs), RangeError);
    }
    await assertRejects(() => state.increment(key, 0.5), RangeError);
    await state.increment(key, Number.MAX_SAFE_INTEGER);
    await assertRejects(() => state.increment(key, 1), RangeError);
    await state.set(key, text("no number"));
    await assertRejects(() => state.increment(key, 1), TypeError);
    await state.delete(key);
  });

  test("a lease is the holder's from before it was asked for", async (bench) => {
    const { state, spanMs, now } = bench;
    const name = fresh("lease");
    const askedMs = now();
    const lease = await held(state, name, "a", spanMs);
    const answeredMs = now();
    assert(lease.validUntilMs >= askedMs + spanMs && lease.validUntilMs <= answeredMs + spanMs);
    const renewed = await state.renew(lease, spanMs);
    assert(renewed!.validUntilMs >= answeredMs + spanMs && renewed!.validUntilMs <= now() + spanMs);
  });

  test("after closing every operation says that the store is away", async ({ state, spanMs }) => {
    await state[Symbol.asyncDispose]();
    await assertRejects(() => state.get("any"), StateUnavailable);
    await assertRejects(() => state.acquire("any", "a", spanMs), StateUnavailable);
  });
}

/** Late by more than this share of a span a failure says nothing: what the tests tell apart is 0.2 spans away. */
const LATE = 0.15;
/** On a machine that is late every time something else is wrong. */
const TRIES = 5;

/** Runs a test, again where it failed and the machine was too slow for its spans. */
async function inTime(
  open: () => Promise<Bench>,
  body: (bench: Bench) => Promise<void>,
): Promise<void> {
  for (let tries = 1;; tries++) {
    await using bench = await open();
    try {
      return await body(bench);
    } catch (error) {
      const isLate = (bench.lateMs?.() ?? 0) > bench.spanMs * LATE;
      if (!isLate || tries === TRIES) throw error;
    }
  }
}

/** A key that no other test, and no other run against the same server, uses. */
function fresh(kind: string): string {
  return `contract:${kind}:${crypto.randomUUID()}`;
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

async function held(state: State, name: string, holder: string, ttlMs: number): Promise<Lease> {
  const lease = await state.acquire(name, holder, ttlMs);
  assert(lease !== null, `${holder} was not granted ${name}`);
  return lease;
}
