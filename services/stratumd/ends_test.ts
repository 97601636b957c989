/**
 * What ends a connection, or moves it: a slow reader, a line past the bound, invalid shares for minutes, a prefix that
 * is another's now, a fault of the pool's own.
 *
 * @module
 */
import { systemClock } from "@gopool/runtime";
import { openState, type State } from "@gopool/state";
import type { PoolMessage } from "@gopool/stratum";
import { type FakeClock, settle, waitFor } from "@gopool/testing";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { EASY, errorOf, gated, goRound, type Miner, openRig, timed } from "./kit_test.ts";
import { INVALID_STREAK_MIN } from "./limits.ts";

Deno.test("a miner that does not read what it is sent is dropped, the others go on", async () => {
  await using rig = await openRig();
  const other = await rig.connect();
  await other.login();
  using deaf = await Deno.connect({ hostname: "127.0.0.1", port: rig.port });
  // What the kernel takes for both ends is megabytes; what the gateway keeps besides is bounded.
  const pings = new TextEncoder().encode(
    `{"id":"${"p".repeat(100)}","method":"mining.ping"}\n`.repeat(500),
  );
  const flood = (async () => {
    try {
      for (;;) await deaf.write(pings);
    } catch {
      return "closed";
    }
  })();
  assertEquals(await flood, "closed");
  await waitFor(() => rig.stratumd.status().sessions === 1, "the deaf one gone");
  assertEquals((await other.submit(other.mine())).result, true);
});

Deno.test("nothing behind a line past the bound is looked at, however long its answer has to wait", async () => {
  let gate!: ReturnType<typeof gated>;
  await using rig = await openRig({ wrap: (bus) => (gate = gated(bus)).bus });
  const miner = await rig.connect();
  await miner.login();
  const before = miner.lines.length;
  await miner.send("mining.submit", miner.params(miner.mine()), 1);
  await waitFor(() => gate.held() === 1, "a publish under way");
  await miner.raw("x".repeat(10_000));
  await goRound(rig);
  for (let i = 0; i < 3; i++) {
    await miner.raw(`{"id":9,"method":"mining.ping"}\n`);
    await goRound(rig);
  }
  gate.open();
  await miner.untilClosed();
  assertEquals(miner.lines.slice(before).map((line) => JSON.parse(line).result), [true, null]);
});

/** Sends as many invalid shares in a row as the escalation looks at. */
async function misbehave(miner: Miner): Promise<void> {
  const bad = miner.params(miner.mine({ difficulty: EASY })).with(2, "00");
  for (let i = 0; i < INVALID_STREAK_MIN; i++) {
    assertEquals(errorOf(await miner.ask("mining.submit", bad))[0], 20);
  }
}

async function pass(clock: FakeClock, seconds: number): Promise<void> {
  for (let s = 0; s < seconds; s++) {
    await clock.advance(1000);
    await settle();
  }
}

Deno.test("nothing but invalid shares: told again after a minute, to reconnect after two, closed after three", () =>
  timed(async (rig, clock) => {
    const miner = await rig.connect();
    await miner.login({ agent: "cgminer/4.12", password: "d=1" });
    await misbehave(miner);
    const count = (kind: string) => miner.messages.filter((m) => m.kind === kind).length;
    assertEquals(count("set_difficulty"), 1);
    await pass(clock, 61);
    await miner.wait(() => count("set_difficulty") === 2, "the difficulty again");
    assertEquals(count("reconnect"), 0);
    await pass(clock, 60);
    await miner.wait(() => count("reconnect") === 1, "the wish to reconnect");
    assertEquals(rig.stratumd.status().sessions, 1);
    await pass(clock, 60);
    await miner.untilClosed();
    assertEquals(count("notify"), 1, "no job is ever sent again");
  }, { config: { startDifficulty: 0, minDifficulty: EASY } }));

Deno.test("a miner that does not understand client.reconnect is closed instead", () =>
  timed(async (rig, clock) => {
    const miner = await rig.connect();
    await miner.login({ agent: "bitaxe/BM1368", password: "d=1" });
    await misbehave(miner);
    await pass(clock, 121);
    await miner.untilClosed();
    assert(!miner.messages.some((m) => m.kind === "reconnect"));
  }));

Deno.test("one good share ends the escalation", () =>
  timed(async (rig, clock) => {
    const miner = await rig.connect();
    await miner.login();
    const good = miner.mine();
    await misbehave(miner);
    await pass(clock, 100);
    assertEquals((await miner.submit(good)).result, true);
    await pass(clock, 200);
    assertEquals((await miner.ask("mining.ping", [])).result, "pong");
  }));

Deno.test("when another gateway has the prefix, sessions get a new extranonce1 if they understand it, or are closed", () =>
  timed(async (rig, clock) => {
    const [moved, closed] = [await rig.connect(), await rig.connect()];
    await moved.ask("mining.extranonce.subscribe", []);
    await moved.login();
    await closed.login();
    const [own, notifies] = [moved.extranonce1.toHex(), moved.lines.length];
    const rival = { gateway: "gw-9", incarnation: "1-1", start: 0, taken: 0 };
    const key = `prefix-held:${own.slice(0, 4)}`;
    await rig.state.set(key, new TextEncoder().encode(JSON.stringify(rival)));
    for (let i = 0; i < 60 && !closed.closed; i++) await pass(clock, 1);
    await closed.untilClosed();
    await moved.wait(() => moved.messages.some((m) => m.kind === "set_extranonce"), "a new one");
    await moved.wait(() => moved.lines.length >= notifies + 3, "difficulty and job under it");
    const told = moved.messages.slice(notifies);
    assertEquals(told.map((m) => m.kind), ["set_extranonce", "set_difficulty", "notify"]);
    const { extranonce1, extranonce2Size } = told[0] as Extract<
      PoolMessage,
      { kind: "set_extranonce" }
    >;
    assertNotEquals(extranonce1.toHex().slice(0, 4), own.slice(0, 4));
    assertEquals(extranonce2Size, 8);
    assertEquals(moved.notify.clean, true, "what was found under the old value is void");
    moved.extranonce1 = extranonce1;
    assertEquals((await moved.submit(moved.mine())).result, true);
    assertEquals((await rig.submissions()).at(-1)!.extranonce1, extranonce1);
  }));

Deno.test("a fault of the pool's own over one session ends that session and nothing else", async () => {
  await using state = await openState(new URL("memory:"), { clock: systemClock });
  const broken: State = new Proxy(state, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (name === "get" && `${args[0]}`.startsWith("session:")) throw new TypeError("a bug");
        return value.apply(target, args);
      };
    },
  });
  await using rig = await openRig({ state: broken });
  const [other, victim] = [await rig.connect(), await rig.connect()];
  await other.login();
  await victim.send("mining.subscribe", ["x", "00112233445566ff"]);
  await victim.untilClosed();
  assertEquals((await other.submit(other.mine())).result, true);
});
