import { openState } from "@gopool/state";
import { FakeClock, settle, silent, waitFor } from "@gopool/testing";
import { assert, assertEquals } from "@std/assert";
import { setImmediate } from "node:timers/promises";
import { BanIndex } from "./ban_index.ts";
import { type Ban, Bans } from "./bans.ts";
import { closeBanned } from "./closing.ts";
import { BANS_EVERY_MS, CLOSING_SLICE_MS } from "./limits.ts";

/** Sessions as they are looked at: each look at an address is counted. */
class Seat {
  closed = false;
  constructor(
    readonly text: string,
    private readonly accounts: readonly string[],
    private readonly counted: { looks: number },
  ) {}

  get address(): string {
    this.counted.looks++;
    return this.text;
  }

  get workers() {
    return this.accounts.map((account) => ({ account, script: new Uint8Array(), worker: "" }));
  }
}

function banOf(over: Partial<Ban> & Pick<Ban, "kind" | "target">, clock: FakeClock): Ban {
  const nowMs = clock.now();
  return { reason: "r", by: "olga", sinceMs: nowMs, untilMs: nowMs + 60_000, ...over };
}

/** A list of bans over these sessions: what each call has closed, and how many it looked at. */
async function desk(seats: readonly [address: string, ...accounts: string[]][]) {
  const clock = new FakeClock();
  const state = await openState("memory:", { clock });
  const counted = { looks: 0 };
  const sessions = seats.map(([address, ...accounts]) => new Seat(address, accounts, counted));
  const gone: string[] = [];
  const drop = (session: Seat) => {
    session.closed = true;
    gone.push(session.text);
  };
  const onBans = (fresh: BanIndex) => closeBanned(sessions, fresh, { clock, drop });
  const bans = new Bans({ state, clock, log: silent, onBans });
  return {
    clock,
    state,
    bans,
    /** Whom the work closed, and how many sessions it looked at. */
    async seen(work: Promise<unknown>): Promise<[string[], number]> {
      counted.looks = 0;
      await work;
      return [gone.splice(0), counted.looks];
    },
    [Symbol.asyncDispose]: () => state[Symbol.asyncDispose](),
  };
}

Deno.test("a new ban closes whom it means; an unban and a prolonged ban look at nobody", async () => {
  await using it = await desk([["10.0.0.1", "a"], ["10.0.1.1", "b", "c"], ["::1", "c"], [
    "10.1.0.1",
  ]]);
  const { bans, clock, seen } = it;
  const wide = banOf({ kind: "network", target: "10.0.0.0/24" }, clock);
  assertEquals(await seen(bans.ban(wide)), [["10.0.0.1"], 4]);
  assertEquals(await seen(bans.ban({ ...wide, untilMs: wide.untilMs + 60_000 })), [[], 0]);
  const account = banOf({ kind: "account", target: "c" }, clock);
  assertEquals(await seen(bans.ban(account)), [["10.0.1.1", "::1"], 3]);
  assertEquals(await seen(bans.unban(account)), [[], 0]);
  await clock.advance(120_001);
  // That one was over: nobody kept them out since.
  assertEquals(await seen(bans.ban(banOf({ ...wide, untilMs: clock.now() + 1 }, clock))), [[], 1]);
});

Deno.test("of another gateway's list, too, the new bans alone are held against sessions", async () => {
  await using it = await desk([["10.0.0.1"], ["10.0.0.2"]]);
  const { clock, state, seen } = it;
  const other = new Bans({ state, clock, log: silent, onBans: () => 0 });
  await other.ban(banOf({ kind: "network", target: "10.0.0.1" }, clock));
  const look = async () => {
    const stop = new AbortController();
    const running = it.bans.run(stop.signal);
    stop.abort();
    await running;
  };
  assertEquals(await seen(look()), [["10.0.0.1"], 2]);
  await other.ban(banOf({ kind: "network", target: "10.0.0.9" }, clock));
  assertEquals(await seen(look()), [[], 1]);
  await other.unban({ kind: "network", target: "10.0.0.9" });
  assertEquals(await seen(look()), [[], 0]);
});

Deno.test("a call is told whom its own ban closed, whoever else looks at the list meanwhile", async () => {
  await using it = await desk([["10.0.0.1"], ["10.0.0.2"], ["10.0.0.3"]]);
  const { bans, clock, state } = it;
  // What the state answers to the first ban takes longer than until the next look.
  const held = Promise.withResolvers<void>();
  let isWritten = false;
  const { compareAndSet } = state;
  state.compareAndSet = async (...asked) => {
    const done = await compareAndSet.apply(state, asked);
    isWritten = true;
    await held.promise;
    return done;
  };
  const stop = new AbortController();
  const running = bans.run(stop.signal);
  await settle();
  const target = (i: number) => banOf({ kind: "network", target: `10.0.0.${i}` }, clock);
  const first = bans.ban(target(1));
  await waitFor(() => isWritten, "the list to be written");
  const second = bans.ban(target(2));
  await clock.advance(BANS_EVERY_MS);
  await settle();
  held.resolve();
  assertEquals([(await first).closed, (await second).closed], [1, 1]);
  stop.abort();
  await running;
});

Deno.test("while many sessions are looked at, other work has its turn", async () => {
  const clock = new FakeClock();
  const index = new BanIndex([banOf({ kind: "network", target: "10.0.0.0/8" }, clock)], clock);
  const sessions = Array.from({ length: 1_000 }, (_, i) => ({
    address: `10.0.${i >> 8}.${i & 255}`,
    workers: [],
    closed: false,
  }));
  let nowMs = 0;
  let inTurn = 0;
  let most = 0;
  let turns = 0;
  let isOver = false;
  const closing = closeBanned(sessions, index, {
    clock: { monotonic: () => nowMs },
    drop(session) {
      session.closed = true;
      nowMs += 1;
      most = Math.max(most, ++inTurn);
    },
  }).finally(() => isOver = true);
  // Somebody leaves while the others are looked at.
  sessions.at(-1)!.closed = true;
  while (!isOver) {
    await setImmediate();
    turns++;
    inTurn = 0;
  }
  assertEquals(await closing, 999);
  assert(turns > 20 && most <= 4 * CLOSING_SLICE_MS + 16, `${turns} turns, ${most} in one`);
});
