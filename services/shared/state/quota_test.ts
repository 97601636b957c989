import { assertEquals, assertMatch } from "@std/assert";
import { FakeClock, settle } from "@gopool/testing";
import { MemoryState } from "./memory.ts";
import { type Level, StateUnavailable, TALLY_KEYS_MAX } from "./port.ts";
import { SharedLevels, TALLY_EVERY_MS, TALLY_TTL_MS, type TallyStore } from "./quota.ts";

/** Members of one pool on one store; each can be cut off from it, or killed. */
function world() {
  const clock = new FakeClock();
  const state = new MemoryState(clock);
  const running: Promise<void>[] = [];
  const stop = new AbortController();
  let calls = 0;
  const member = (name: string) => {
    const has = new Map<string, number>();
    const cut = { away: false, hangs: null as Promise<never> | null };
    const told: (string | null)[] = [];
    const store: TallyStore = {
      tally(who, levels, ttlMs) {
        calls++;
        if (cut.hangs !== null) return cut.hangs;
        if (cut.away) return Promise.reject(new StateUnavailable("the store is away"));
        return state.tally(who, levels, ttlMs);
      },
    };
    const levels = (): Level[] => [...has].map(([key, level]) => ({ key, level }));
    const shared = new SharedLevels({
      state: store,
      clock,
      member: name,
      levels,
      onTrouble: (why) => told.push(why),
    });
    running.push(shared.run(stop.signal));
    return { has, cut, shared, told };
  };
  return {
    clock,
    state,
    member,
    calls: () => calls,
    async pass(ms: number) {
      await settle();
      for (let left = ms; left > 0; left -= 500) {
        await clock.advance(Math.min(500, left));
        await settle();
      }
    },
    async end() {
      stop.abort();
      await settle();
      await Promise.all(running);
    },
  };
}

Deno.test("each hears within two reports what all the others have, and not what it has itself", async () => {
  const w = world();
  const [a, b, c] = [w.member("a"), w.member("b"), w.member("c")];
  a.has.set("x", 5);
  b.has.set("x", 7);
  c.has.set("y", 1);
  await w.pass(2 * TALLY_EVERY_MS);
  assertEquals([a, b, c].map(({ shared }) => shared.others("x")), [7, 5, 0]);
  assertEquals(c.shared.others("y"), 0);
  c.has.set("x", 1);
  a.has.delete("x");
  await w.pass(2 * TALLY_EVERY_MS);
  assertEquals([a, b, c].map(({ shared }) => shared.others("x")), [0, 1, 7]);
  await w.end();
});

Deno.test("a member that is gone without a word is out of the sums after its time; one that ends, at once", async () => {
  const w = world();
  const [a, killed] = [w.member("a"), w.member("killed")];
  a.has.set("x", 1);
  killed.has.set("x", 9);
  await w.pass(2 * TALLY_EVERY_MS);
  killed.cut.hangs = new Promise<never>(() => {});
  await w.pass(TALLY_TTL_MS - TALLY_EVERY_MS);
  assertEquals(a.shared.others("x"), 9);
  await w.pass(2 * TALLY_EVERY_MS);
  assertEquals(a.shared.others("x"), 0);

  const other = world();
  const stays = other.member("stays");
  stays.has.set("x", 3);
  await other.pass(TALLY_EVERY_MS);
  await other.end();
  assertEquals(await other.state.tally("late", [{ key: "x", level: 1 }], 1_000), [1]);
});

Deno.test("with the store away each counts for itself, says so once, and counts for all when it is back", async () => {
  const w = world();
  const [a, b] = [w.member("a"), w.member("b")];
  for (const { has } of [a, b]) has.set("x", 4);
  await w.pass(2 * TALLY_EVERY_MS);
  assertEquals(a.shared.others("x"), 4);
  a.cut.away = true;
  await w.pass(3 * TALLY_EVERY_MS);
  assertEquals([a.shared.others("x"), a.told], [0, ["the store is away"]]);
  a.cut.away = false;
  await w.pass(2 * TALLY_EVERY_MS);
  assertEquals([a.shared.others("x"), a.told.at(-1)], [4, null]);
  await w.end();
});

Deno.test("one call a second, however many keys there are; with too many each has its turn", async () => {
  const w = world();
  const [a, b] = [w.member("a"), w.member("b")];
  for (let i = 0; i < 3 * TALLY_KEYS_MAX; i++) {
    a.has.set(`k${i}`, 1);
    b.has.set(`k${i}`, 2);
  }
  const before = w.calls();
  await w.pass(8 * TALLY_EVERY_MS);
  assertEquals(w.calls() - before <= 2 * 9, true, `${w.calls() - before} calls`);
  const heard = [...a.has.keys()].filter((key) => a.shared.others(key) === 2);
  assertEquals(heard.length, 3 * TALLY_KEYS_MAX);
  await w.end();
});

Deno.test("a new process of the same member replaces what the one before it said", async () => {
  const w = world();
  const [a, before] = [w.member("a"), w.member("b")];
  a.has.set("x", 1);
  before.has.set("x", 9);
  await w.pass(2 * TALLY_EVERY_MS);
  before.cut.hangs = new Promise<never>(() => {});
  const after = w.member("b");
  after.has.set("x", 2);
  await w.pass(2 * TALLY_EVERY_MS);
  assertEquals(a.shared.others("x"), 2);
  assertMatch(String(after.shared.trouble), /null/);
});
