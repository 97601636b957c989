import { assert, assertEquals, assertRejects } from "@std/assert";
import { seededRandom } from "@gopool/runtime";
import { openState, type State, StateUnavailable } from "@gopool/state";
import { FakeClock, settle, silent, waitFor } from "@gopool/testing";
import { testRedis } from "@gopool/testing/servers";
import { systemClock } from "@gopool/runtime";
import { Answers, type Made } from "./answers.ts";
import {
  CLAIM_MS,
  DEGRADED_FRESH_MS,
  MAKING_MAX_MS,
  SHARED_ENTRY_MAX_BYTES,
  SHARED_MAX_BYTES,
} from "./limits.ts";

const TTL = { freshMs: 10_000, staleMs: 10_000 };
const utf8 = new TextEncoder();
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
let seed = 1;

function maker(text = "x", isDegraded = false) {
  const made = { count: 0, text, hold: Promise.resolve() };
  const make = async (): Promise<Made> => {
    made.count++;
    await made.hold;
    return { bytes: utf8.encode(made.text), isDegraded };
  };
  return { made, make };
}

async function memory() {
  const clock = new FakeClock();
  const state = await openState("memory:", { clock });
  const instance = (others: { state?: State } = {}) =>
    new Answers({
      state,
      clock,
      log: silent,
      pool: "gopool",
      random: seededRandom(seed++),
      ...others,
    });
  return { clock, state, instance };
}

Deno.test("an answer is made once while it is fresh, for all instances", async () => {
  const { clock, instance } = await memory();
  const [one, other] = [instance(), instance()];
  const { made, make } = maker();
  const first = await one.get("a", TTL, make);
  assertEquals([textOf(first.bytes), first.freshMs, first.from], ["x", 10_000, "made"]);
  await clock.advance(4_000);
  const second = await other.get("a", TTL, make);
  assertEquals([textOf(second.bytes), second.freshMs, second.from], ["x", 6_000, "shared"]);
  await other.get("b", TTL, make);
  assertEquals(made.count, 2, "another question");
  await clock.advance(6_000);
  made.text = "y";
  assertEquals(textOf((await one.get("a", TTL, make)).bytes), "y");
  assertEquals(made.count, 3);
});

Deno.test("all who ask at once share one computation, here and elsewhere", async () => {
  const { clock, instance } = await memory();
  const [one, other] = [instance(), instance()];
  const { made, make } = maker();
  const held = Promise.withResolvers<void>();
  made.hold = held.promise;
  const all = [one, one, other, other, one].map((each) => each.get("a", TTL, make));
  await settle();
  await clock.advance(200);
  assertEquals(made.count, 1);
  held.resolve();
  await settle();
  await clock.advance(200);
  assertEquals((await Promise.all(all)).map(({ bytes }) => textOf(bytes)), [
    "x",
    "x",
    "x",
    "x",
    "x",
  ]);
  assertEquals(made.count, 1);
});

Deno.test("who waits for an instance that does not come back makes the answer itself", async () => {
  const { clock, instance, state } = await memory();
  const { made, make } = maker();
  await state.set("answer:gopool:a:claim", utf8.encode("gone"), CLAIM_MS);
  const answer = instance().get("a", TTL, make);
  await clock.advance(CLAIM_MS - 100);
  assertEquals(made.count, 0);
  await clock.advance(200);
  assertEquals(textOf((await answer).bytes), "x");
});

Deno.test("who was slow does not give up another's claim", async () => {
  const { clock, instance } = await memory();
  const slow = maker("slow"), busy = maker("busy"), third = maker("third");
  const [slowly, busily] = [slow, busy].map(({ made }) => {
    const held = Promise.withResolvers<void>();
    made.hold = held.promise;
    return held;
  });
  const first = instance().get("a", TTL, slow.make);
  await clock.advance(CLAIM_MS + 1);
  const second = instance().get("a", TTL, busy.make);
  await settle();
  assertEquals(busy.made.count, 1, "the first is thought gone");
  slowly!.reject(new RangeError("no such miner"));
  await assertRejects(() => first, RangeError);
  const last = instance().get("a", TTL, third.make);
  await clock.advance(200);
  assertEquals(third.made.count, 0, "the second is at work");
  busily!.resolve();
  await settle();
  await clock.advance(200);
  assertEquals([textOf((await second).bytes), textOf((await last).bytes)], ["busy", "busy"]);
});

Deno.test("a failure reaches all who wait, and the next try is not held up by it", async () => {
  const { instance } = await memory();
  const one = instance();
  const { made, make } = maker();
  const held = Promise.withResolvers<void>();
  made.hold = held.promise;
  const both = [one.get("a", TTL, make), one.get("a", TTL, make)];
  held.reject(new RangeError("no such miner"));
  for (const each of both) await assertRejects(() => each, RangeError, "no such miner");
  made.hold = Promise.resolve();
  assertEquals(textOf((await one.get("a", TTL, make)).bytes), "x");
  assertEquals(made.count, 2);
});

Deno.test("an answer in which something is missing is not shared, and soon asked for again", async () => {
  const { instance } = await memory();
  const { made, make } = maker("part", true);
  const one = instance();
  assertEquals((await one.get("a", TTL, make)).freshMs, DEGRADED_FRESH_MS);
  await one.get("a", TTL, make);
  assertEquals(made.count, 2);
});

Deno.test("without the state every instance computes for itself", async () => {
  const { instance } = await memory();
  const away = () => Promise.reject(new StateUnavailable("away"));
  const state = { get: away, set: away, delete: away, compareAndSet: away } as unknown as State;
  const { made, make } = maker();
  const one = instance({ state });
  const answers = await Promise.all([one.get("a", TTL, make), one.get("a", TTL, make)]);
  assertEquals(answers.map(({ freshMs }) => freshMs), [10_000, 10_000]);
  assertEquals(made.count, 1, "still one for those who ask at once");
});

Deno.test("a computation that hangs is not waited for by those who come later", async () => {
  const { clock, instance } = await memory();
  const one = instance();
  const { made, make } = maker();
  const held = Promise.withResolvers<void>();
  made.hold = held.promise;
  const first = one.get("a", TTL, make);
  await settle();
  await clock.advance(MAKING_MAX_MS);
  made.hold = Promise.resolve();
  made.text = "later";
  assertEquals(textOf((await one.get("a", TTL, make)).bytes), "later");
  held.resolve();
  await first;
});

Deno.test("what is put into the state is bounded, by answer and in all", async () => {
  const { clock, instance } = await memory();
  const [one, other] = [instance(), instance()];
  const large = maker("x".repeat(SHARED_ENTRY_MAX_BYTES));
  await one.get("large", TTL, large.make);
  await other.get("large", TTL, large.make);
  assertEquals(large.made.count, 2);
  const size = SHARED_ENTRY_MAX_BYTES - 100;
  const many = Math.ceil(SHARED_MAX_BYTES / size) + 1;
  const { made, make } = maker("x".repeat(size));
  for (let i = 0; i < many; i++) await one.get(`a${i}`, TTL, make);
  made.count = 0;
  for (let i = 0; i < many; i++) await other.get(`a${i}`, TTL, make);
  assert(made.count > 0 && made.count < 4, `${made.count} were not shared`);
  await clock.advance(TTL.freshMs);
  await one.get("later", TTL, make);
  made.count = 0;
  await other.get("later", TTL, make);
  assertEquals(made.count, 0, "there is room again");
});

const redis = await testRedis();
if (redis !== null) {
  Deno.test("redis: of two instances one computes, the other gets its answer", async () => {
    const url = `${redis}?prefix=${crypto.randomUUID()}:`;
    await using first = await openState(url, { clock: systemClock });
    await using second = await openState(url, { clock: systemClock });
    const of = (state: State) =>
      new Answers({
        state,
        clock: systemClock,
        log: silent,
        pool: "p",
        random: seededRandom(seed++),
      });
    const [one, other] = [of(first), of(second)];
    const { made, make } = maker();
    const held = Promise.withResolvers<void>();
    made.hold = held.promise;
    const mine = one.get("a", { freshMs: 60_000, staleMs: 0 }, make);
    await waitFor(() => made.count === 1, "the first to compute");
    const theirs = other.get("a", { freshMs: 60_000, staleMs: 0 }, make);
    held.resolve();
    assertEquals(textOf((await mine).bytes), "x");
    const shared = await theirs;
    assertEquals([textOf(shared.bytes), made.count], ["x", 1]);
    assert(shared.freshMs > 0 && shared.freshMs <= 60_000);
  });
}
