import { assert, assertEquals } from "@std/assert";
import { openState, type State, StateUnavailable } from "@gopool/state";
import { FakeClock } from "@gopool/testing";
import { testRedis } from "@gopool/testing/servers";
import { type Allowed, Limiter } from "./limiter.ts";
import { CLIENTS_MAX, LIMITER_HELD_MS } from "./limits.ts";

const POOL = "gopool";

async function asked(limiter: Limiter, client: string, times: number): Promise<Allowed[]> {
  const answers: Allowed[] = [];
  for (let i = 0; i < times; i++) answers.push(await limiter.take(client));
  return answers;
}

const allowed = (answers: readonly Allowed[]) =>
  answers.filter(({ isAllowed }) => isAllowed).length;

async function memory() {
  const clock = new FakeClock();
  const state = await openState("memory:", { clock });
  const limiter = (others: Partial<{ state: Pick<State, "take"> }> = {}) =>
    new Limiter({ state, clock, pool: POOL, rate: 1, burst: 40, ...others });
  return { clock, state, limiter };
}

Deno.test("a client may make its burst at once, then its rate", async () => {
  const { clock, limiter } = await memory();
  const one = limiter();
  const answers = await asked(one, "a", 45);
  assertEquals(allowed(answers), 40);
  const last = answers.at(-1)!;
  assert(last.waitMs > 0 && last.waitMs <= 1_000, `${last.waitMs}`);
  assertEquals(one.refused, 5);
  assertEquals(allowed(await asked(one, "b", 1)), 1, "another client has its own");
  await clock.advance(3_000);
  assertEquals(allowed(await asked(one, "a", 5)), 3);
});

Deno.test("what is left is told, and goes down with each request", async () => {
  const { limiter } = await memory();
  const lefts = (await asked(limiter(), "a", 5)).map(({ left }) => left);
  assertEquals(lefts, [39, 38, 37, 36, 35]);
});

Deno.test("two instances share what a client may", async () => {
  const { limiter } = await memory();
  const [one, other] = [limiter(), limiter()];
  let count = 0;
  for (let i = 0; i < 40; i++) {
    count += allowed(await asked(one, "a", 1)) + allowed(await asked(other, "a", 1));
  }
  assertEquals(count, 40);
});

Deno.test("requests that come at once ask the state together", async () => {
  const { limiter, state } = await memory();
  let draws = 0;
  const counting = {
    take: (...call: Parameters<State["take"]>) => {
      draws++;
      return state.take(...call);
    },
  };
  const one = limiter({ state: counting });
  const answers = await Promise.all(Array.from({ length: 60 }, () => one.take("a")));
  assertEquals(allowed(answers), 40);
  // Packs of two (a twentieth of the burst), and one that was refused.
  assert(draws <= 22, `${draws}`);
  const before = draws;
  await asked(one, "a", 10);
  assertEquals(draws, before, "who is known to have none asks nobody");
});

Deno.test("tokens that were taken and not used are not kept", async () => {
  const { limiter, clock } = await memory();
  const one = limiter();
  await one.take("a");
  await clock.advance(LIMITER_HELD_MS + 1);
  const answers = await asked(one, "a", 60);
  // Full again meanwhile, and no more than full.
  assertEquals(allowed(answers), 40);
});

Deno.test("without the state each instance limits by itself, and says so", async () => {
  const { clock, limiter } = await memory();
  const away = { take: () => Promise.reject(new StateUnavailable("away")) };
  const one = limiter({ state: away });
  assertEquals(allowed(await asked(one, "a", 50)), 40);
  assert(one.isAlone);
  await clock.advance(2_000);
  assertEquals(allowed(await asked(one, "a", 5)), 2);
});

Deno.test("clients that are remembered are bounded; those that ask most come first", async () => {
  const { limiter } = await memory();
  const one = limiter();
  await asked(one, "busy", 50);
  for (let i = 0; i < CLIENTS_MAX + 10; i++) {
    void one.take(`client ${i}`);
    if (i % 1_000 === 0) await one.take("busy");
  }
  assertEquals(one.clients, CLIENTS_MAX);
  const [first, second] = one.top(2);
  assertEquals(first!.client, "busy");
  assert(first!.requests > 50 && first!.refused > 0 && second!.requests === 1);
});

Deno.test("what is owed is paid before anything else, at every instance, and waited for no longer than that takes", async () => {
  const { clock, limiter, state } = await memory();
  const away = { take: () => Promise.reject(new StateUnavailable("away")) };
  for (const given of [{ state }, { state: away }]) {
    const one = limiter({ state: given.state });
    const client = given.state === state ? "a" : "b";
    // A twentieth of 40 is two: each costs three in all.
    let made = 0;
    while ((await one.take(client)).isAllowed) {
      one.computes(client);
      made++;
    }
    assert(made >= 13 && made <= 14, `${made}`);
    const refused = await one.take(client);
    assert(!refused.isAllowed && refused.waitMs > 0 && refused.waitMs <= 3_000);
    await clock.advance(refused.waitMs);
    assertEquals(allowed(await asked(one, client, 2)), 1);
  }
});

Deno.test("many who owe at once are asked for no more than there can be", async () => {
  const { clock, limiter } = await memory();
  const one = limiter();
  await one.take("a");
  for (let i = 0; i < 100; i++) one.computes("a");
  assertEquals((await one.take("a")).isAllowed, false);
  let waitedMs = 0;
  while (!(await one.take("a")).isAllowed && waitedMs < 300_000) {
    await clock.advance(1_000);
    waitedMs += 1_000;
  }
  // 199 are owed beyond what was held, 38 were there.
  assert(waitedMs > 150_000 && waitedMs < 170_000, `${waitedMs}`);
});

const redis = await testRedis();
if (redis !== null) {
  Deno.test("redis: two instances share what a client may, over two connections", async () => {
    const clock = { monotonic: () => performance.now() };
    const url = `${redis}?prefix=${crypto.randomUUID()}:`;
    await using first = await openState(url, { clock });
    await using second = await openState(url, { clock });
    // So slow that nothing comes back meanwhile.
    const of = (state: State) => new Limiter({ state, clock, pool: POOL, rate: 0.01, burst: 60 });
    const [one, other] = [of(first), of(second)];
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => (i % 2 ? one : other).take("a")),
    );
    assertEquals(allowed(answers), 60);
  });
}
