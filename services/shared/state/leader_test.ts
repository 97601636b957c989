import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { FakeClock } from "@gopool/testing";
import { LEADER_TTL_MS, type LeaderDeps, type Leadership, runLeader } from "./leader.ts";
import { MemoryState } from "./memory.ts";
import { type State, StateUnavailable } from "./port.ts";

function world() {
  const clock = new FakeClock();
  return { clock, state: new MemoryState(clock) };
}

/** A candidate that writes down when it leads. */
function candidate(
  clock: FakeClock,
  state: State,
  holder: string,
  more: Pick<LeaderDeps, "mayStay"> = {},
) {
  const stop = new AbortController();
  const said: string[] = [];
  const events: { what: "from" | "to"; ms: number }[] = [];
  let leadership: Leadership | null = null;
  const running = runLeader(
    { clock, state, name: "test", holder, onChange: (_, detail) => said.push(detail), ...more },
    async (given, signal) => {
      leadership = given;
      events.push({ what: "from", ms: clock.monotonic() });
      while (!signal.aborted) await clock.sleep(100, signal);
      events.push({ what: "to", ms: clock.monotonic() });
      leadership = null;
    },
    stop.signal,
  );
  return {
    said,
    events,
    get leads() {
      return leadership !== null;
    },
    get leadership() {
      return leadership!;
    },
    [Symbol.asyncDispose]: () => {
      stop.abort();
      return running;
    },
  };
}

Deno.test("one candidate leads, the other stands by", async () => {
  const { clock, state } = world();
  await using a = candidate(clock, state, "a");
  await using b = candidate(clock, state, "b");
  await clock.advance(60_000);
  assertEquals([a.leads, b.leads], [true, false]);
  assertEquals([a.said, b.said], [["leads"], ["stands by"]]);
});

Deno.test("a candidate leads within 3 s after a leader has died", async () => {
  for (const offsetMs of [0, 123, 250, 499]) {
    const { clock, state } = world();
    await state.acquire("leader:test", "dead", LEADER_TTL_MS);
    await clock.advance(offsetMs);
    await using a = candidate(clock, state, "a");
    const tookMs = await clock.runUntil(() => a.leads);
    assertLess(tookMs + offsetMs, 3_000);
  }
});

Deno.test("a leader that stops in order hands over at once", async () => {
  const { clock, state } = world();
  const a = candidate(clock, state, "a");
  await using b = candidate(clock, state, "b");
  await clock.advance(5_100);
  await a[Symbol.asyncDispose]();
  assertLess(await clock.runUntil(() => b.leads), 501);
});

Deno.test("a leader cut off from the store ends before another begins", async () => {
  for (let cutMs = 1_000; cutMs < 1_500; cutMs += 50) {
    const { clock, state } = world();
    let away = false;
    const cut = new Proxy(state, {
      get: (target, name) => (...args: unknown[]) =>
        away
          ? Promise.reject(new StateUnavailable("The wire is cut"))
          : Reflect.get(target, name).apply(target, args),
    });
    await using a = candidate(clock, cut, "a");
    await using b = candidate(clock, state, "b");
    await clock.advance(cutMs);
    assert(a.leads);
    away = true;
    await clock.runUntil(() => b.leads);
    assertEquals(a.events.at(-1)!.what, "to");
    assertLess(a.events.at(-1)!.ms, b.events[0]!.ms);
    assertLess(b.events[0]!.ms - cutMs, 3_000);
    away = false;
    await clock.advance(5_000);
    assertEquals(a.said.at(-1), "stands by");
  }
});

Deno.test("a store that is away leaves a leader in office that may stay, until it may not or the store knows better", async () => {
  const { clock, state } = world();
  let away = false;
  let may = true;
  const cut = new Proxy(state, {
    get: (target, name) => (...args: unknown[]) =>
      away
        ? Promise.reject(new StateUnavailable("The wire is cut"))
        : Reflect.get(target, name).apply(target, args),
  });
  await using a = candidate(clock, cut, "a", { mayStay: () => may });
  await clock.advance(1_000);
  const term = await a.leadership.nextTerm(0);
  away = true;
  await clock.advance(3_600_000);
  assert(a.leads);
  assertEquals(a.said, ["leads", "leads without the store: The wire is cut"]);
  // The lease ended long ago, and what the store says counts: here, a new term.
  away = false;
  await clock.advance(1_500);
  assert(a.leads);
  assertEquals(a.said.slice(2), ["has lost the lead", "leads"]);
  assertGreater(await a.leadership.nextTerm(0), term);

  away = true;
  await clock.advance(60_000);
  assert(a.leads);
  may = false;
  await clock.advance(1_000);
  assertEquals(a.leads, false);
  assertEquals(a.said.at(-1), "The wire is cut");
});

Deno.test("a leader that may stay does not outstay a lease that it only forgot to renew, nor a short cut of the wire", async () => {
  const { clock, state } = world();
  let away = false;
  const cut = new Proxy(state, {
    get: (target, name) => (...args: unknown[]) =>
      away
        ? Promise.reject(new StateUnavailable("The wire is cut"))
        : Reflect.get(target, name).apply(target, args),
  });
  await using a = candidate(clock, cut, "a", { mayStay: () => true });
  await clock.advance(1_000);
  away = true;
  await clock.advance(1_000);
  away = false;
  await clock.advance(10_000);
  assertEquals([a.leads, a.events.length, a.said], [true, 1, ["leads"]]);
  // Another holds it: the store says so at the next renewal.
  const lease = await state.acquire("leader:test", "a", LEADER_TTL_MS);
  await state.release(lease!);
  await state.acquire("leader:test", "b", 60_000);
  await clock.advance(1_000);
  assertEquals([a.leads, a.said.at(-1)], [false, "stands by"]);
});

Deno.test("a store that grew slow before it fell silent leaves a leader in office that may stay", async () => {
  const { clock, state } = world();
  let slowMs = 0;
  let away = false;
  const slow = new Proxy(state, {
    get: (target, name) => async (...args: unknown[]) => {
      if (slowMs > 0) await clock.sleep(slowMs);
      if (away) throw new StateUnavailable("no answer within 1 s");
      return await Reflect.get(target, name).apply(target, args);
    },
  });
  await using a = candidate(clock, slow, "a", { mayStay: () => true });
  await clock.advance(1_000);
  slowMs = 900;
  await clock.advance(5_000);
  // The next question finds it silent, and is given up after the lease has ended.
  const { length } = a.events;
  slowMs = 1_000;
  away = true;
  await clock.advance(60_000);
  assertEquals([a.leads, a.events.length], [true, length]);
  assertEquals(a.said.at(-1), "leads without the store: no answer within 1 s");
  slowMs = 0;
  await clock.advance(5_000);
});

Deno.test("a store that hangs keeps nobody in office", async () => {
  const { clock, state } = world();
  const hung = Promise.withResolvers<null>();
  const hanging = new Proxy(state, {
    get: (target, name) => (...args: unknown[]) =>
      name === "renew" ? hung.promise : Reflect.get(target, name).apply(target, args),
  });
  await using a = candidate(clock, hanging, "a");
  await using b = candidate(clock, state, "b");
  await clock.runUntil(() => b.leads, { maxMs: 3_000 });
  assertEquals(a.events.at(-1)!.what, "to");
  assertLess(a.events.at(-1)!.ms, b.events[0]!.ms);
  hung.resolve(null);
});

Deno.test("a term is above every term before it and above the last in the log", async () => {
  const { clock, state } = world();
  await using a = candidate(clock, state, "a");
  await clock.runUntil(() => a.leads);
  assertEquals(await a.leadership.nextTerm(0), 1);
  assertEquals(await a.leadership.nextTerm(0), 2);
  assertEquals(await a.leadership.nextTerm(41), 42);
  assertEquals(await a.leadership.nextTerm(7), 43);
  const both = await Promise.all([a.leadership.nextTerm(100), a.leadership.nextTerm(100)]);
  assertGreater(Math.min(...both), 100);
  assertEquals(new Set(both).size, 2);
});

Deno.test("what a leader throws ends its candidacy and frees the lease", async () => {
  const { clock, state } = world();
  const running = runLeader(
    { clock, state, name: "test", holder: "a" },
    () => Promise.reject(new TypeError("no template")),
    new AbortController().signal,
  );
  await assertRejects(() => running, TypeError, "no template");
  assert(await state.acquire("leader:test", "b", 1_000));
});
