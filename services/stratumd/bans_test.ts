/**
 * Bans: the list in the state, and what gateways make of it.
 *
 * @module
 */
import { Code } from "@gopool/control";
import { ConnectionRefusal } from "@gopool/proto/control";
import { systemClock } from "@gopool/runtime";
import { declareNewState, openState, type State } from "@gopool/state";
import { FakeClock, settle, silent, waitFor } from "@gopool/testing";
import fc from "@gopool/testing/fc";
import { startRedis, testRedisBinary } from "@gopool/testing/servers";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type Ban, Bans, CannotBan } from "./bans.ts";
import { openDesk, refusedWith } from "./kit_control_test.ts";
import { faultyState } from "./kit_state_test.ts";
import { ADDRESS, errorOf, openRig, type Rig } from "./kit_test.ts";
import { BANS_EVERY_MS, BANS_MAX } from "./limits.ts";

const OTHER = "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry";
const DAY_MS = 86_400_000n;

const network = (value: string) => ({ target: { case: "network" as const, value } });
const account = (value: string) => ({ target: { case: "account" as const, value } });

/** Whether a new connection is served. */
async function comesIn(rig: Rig): Promise<boolean> {
  const miner = await rig.connect();
  const served = await Promise.race([
    miner.ask("mining.ping", []).then(() => true, () => false),
    miner.untilClosed().then(() => false),
  ]);
  await miner.close();
  return served;
}

/** Two gateways of one pool: a ban at the first holds at the second, closes and refuses, and ends. */
async function twoGateways(firstState: State, secondState: State): Promise<void> {
  await using first = await openRig({ state: firstState });
  await using second = await openRig({
    bus: first.bus,
    state: secondState,
    seed: 2,
    config: { gateway: "gw-2" },
  });
  await using desk = await openDesk(first);
  await using other = await openDesk(second);
  const [here, there, spared] = [
    await first.connect(),
    await second.connect(),
    await second.connect(),
  ];
  await here.login();
  await there.login();
  await spared.login({ username: `${OTHER}.x` });

  const ban = await desk.sessions.ban({
    target: account(ADDRESS.toUpperCase()),
    forMs: DAY_MS,
    reason: "sells what it has not",
  });
  assertEquals([ban.closed, ban.before, ban.ban!.by], [1, undefined, "olga"]);
  assertEquals(ban.ban!.target!.target.value, ADDRESS);
  assertEquals(ban.ban!.untilMs - ban.ban!.sinceMs, DAY_MS);
  await here.untilClosed();
  await there.untilClosed();
  for (const rig of [first, second]) {
    const again = await rig.connect();
    await again.subscribe();
    const [code, text] = errorOf(await again.ask("mining.authorize", [`${ADDRESS}.rig`, "x"]));
    assertEquals(code, 24);
    assertMatch(text, /^This address is banned until 20.*Z: sells what it has not$/);
  }
  assertEquals((await other.sessions.listRefusedConnections({})).bannedUsernames, 1n);
  assertEquals((await spared.ask("mining.ping", [])).result, "pong");
  const { bans, trouble } = await other.sessions.listBans({});
  assertEquals([bans.map(({ reason }) => reason), trouble], [["sells what it has not"], ""]);

  // The second gateway ends what the first began.
  await other.sessions.unban({ target: account(ADDRESS) });
  await refusedWith(
    other.sessions.unban({ target: account(ADDRESS) }),
    Code.NotFound,
    /not banned/,
  );
  const back = await second.connect();
  await back.login();
  await waitFor(async () => {
    const miner = await first.connect();
    await miner.subscribe();
    const { result } = await miner.ask("mining.authorize", [`${ADDRESS}.rig`, "x"]);
    await miner.close();
    return result === true;
  }, "the end of the ban at the other gateway");

  const wide = await other.sessions.ban({
    target: network("127.0.0.99/8"),
    forMs: 60_000n,
    reason: "a flood",
  });
  assertEquals(wide.ban!.target!.target.value, "127.0.0.0/8");
  await spared.untilClosed();
  assertEquals(await comesIn(second), false);
  await waitFor(async () => !await comesIn(first), "the ban at the other gateway");
  const { totals } = await other.sessions.listRefusedConnections({});
  const counted = totals.find(({ refusal }) => refusal === ConnectionRefusal.BANNED)!;
  assertEquals(counted.count, 1n);
  // Said again it is another one, and told of the one before.
  const shorter = await desk.sessions.ban({
    target: network("127.0.0.0/8"),
    forMs: 1_000n,
    reason: "short",
  });
  assertEquals(shorter.before!.reason, "a flood");
  await waitFor(() => comesIn(first), "the ban to expire by itself");
  await waitFor(() => comesIn(second), "the ban to expire by itself");
  assertEquals((await desk.sessions.listBans({})).bans, []);
}

Deno.test("a ban at one gateway holds at the other within seconds, and ends at both", async () => {
  await using state = await openState("memory:", { clock: systemClock });
  await twoGateways(state, state);
});

const redis = await testRedisBinary();

Deno.test({
  name: "a ban at one gateway holds at the other within seconds, and ends at both: on a real Redis",
  ignore: redis === null,
  async fn() {
    await using server = await startRedis(redis!);
    await declareNewState(server.url, { clock: systemClock });
    await using first = await openState(server.url, { clock: systemClock });
    await using second = await openState(server.url, { clock: systemClock });
    await twoGateways(first, second);
  },
});

Deno.test("with the state away a ban is refused in words, and those in force stay", async () => {
  const faulty = await faultyState(systemClock);
  await using rig = await openRig({ state: faulty.state });
  await using desk = await openDesk(rig);
  await desk.sessions.ban({ target: network("127.0.0.0/8"), forMs: DAY_MS, reason: "flood" });
  faulty.mood = "away";
  const more = desk.sessions.ban({ target: network("::1"), forMs: DAY_MS, reason: "x" });
  await refusedWith(more, Code.Unavailable, /the state that all gateways share is away/);
  assertEquals(await comesIn(rig), false);
  await waitFor(async () => (await desk.sessions.listBans({})).trouble !== "", "the trouble");
  // It comes back with nothing: the gateway knows what was banned.
  await faulty.forget();
  faulty.mood = "well";
  await waitFor(
    async () => (await faulty.state.get("bans")) !== null,
    "the list to be written again",
  );
  assertEquals(await comesIn(rig), false);
});

Deno.test("a ban is asked for in words that can be read", async () => {
  await using rig = await openRig();
  await using desk = await openDesk(rig);
  const ban = (over: object) =>
    desk.sessions.ban({ target: network("10.0.0.1"), forMs: DAY_MS, reason: "x", ...over });
  await refusedWith(
    ban({ target: network("10.0.0.1/33") }),
    Code.InvalidArgument,
    /^network: .*0 to 32/,
  );
  await refusedWith(ban({ target: account("1nobody") }), Code.InvalidArgument, /^account: /);
  await refusedWith(ban({ target: undefined }), Code.InvalidArgument, /target/);
  await refusedWith(ban({ forMs: 0n }), Code.InvalidArgument, /for_ms/);
  await refusedWith(ban({ forMs: 367n * DAY_MS }), Code.InvalidArgument, /for_ms/);
  await refusedWith(ban({ reason: "" }), Code.InvalidArgument, /reason/);
  await refusedWith(ban({ reason: "x".repeat(201) }), Code.InvalidArgument, /reason/);
  assertEquals((await desk.sessions.listBans({})).bans, []);
});

function banOf(target: string, untilMs: number, reason = "r"): Ban {
  return { kind: "network", target, reason, by: "olga", sinceMs: 0, untilMs };
}

Deno.test("there is room for so many bans; those that are over make place", async () => {
  const clock = new FakeClock();
  await using state = await openState("memory:", { clock });
  const bans = new Bans({ state, clock, log: silent, onBans: () => 0 });
  const list = Array.from(
    { length: BANS_MAX },
    (_, i) => banOf(`10.0.${i >> 8}.${i & 255}`, clock.now() + 1000),
  );
  const text = JSON.stringify({
    version: 7,
    bans: [...list, banOf("11.0.0.1", clock.now() + 1000)],
  });
  await state.set("bans", new TextEncoder().encode(text));
  await assertRejects(() => bans.ban(banOf("12.0.0.1", clock.now() + 9000)), CannotBan, "already");
  assertEquals([bans.all.length, bans.ofAddress("11.0.0.1")], [BANS_MAX, null], "never more");
  await bans.ban(banOf("10.0.0.0", clock.now() + 1000, "a wider reason"));
  await clock.advance(1000);
  assertEquals([bans.all.length, bans.ofAddress("10.0.0.0")], [0, null]);
  await bans.ban(banOf("12.0.0.1", clock.now() + 9000));
  assertEquals(bans.all.length, 1);
});

Deno.test("an older copy of the list is written over; whatever else stands there is no list", async () => {
  const clock = new FakeClock();
  await using state = await openState("memory:", { clock });
  let told = 0;
  const bans = new Bans({ state, clock, log: silent, onBans: () => ++told });
  const stop = new AbortController();
  const running = bans.run(stop.signal);
  await bans.ban(banOf("10.0.0.1", clock.now() + DAY));
  const older = (await state.get("bans"))!;
  await bans.ban(banOf("10.0.0.2", clock.now() + DAY));
  const newest = (await state.get("bans"))!;
  for (const wrong of [older, new TextEncoder().encode("{]"), new Uint8Array([255]), null]) {
    if (wrong === null) await state.delete("bans");
    else await state.set("bans", wrong);
    await clock.advance(BANS_EVERY_MS);
    await settle();
    assertEquals(await state.get("bans"), newest);
  }
  assert(bans.ofAddress("10.0.0.1") !== null && bans.ofAddress("10.0.0.2") !== null);
  assertEquals(told, 2);
  stop.abort();
  await running;
});

const DAY = Number(DAY_MS);

Deno.test("two gateways that ban and unban as they like end with one list, and nothing is lost", async () => {
  const step = fc.record({
    who: fc.nat(1),
    add: fc.boolean(),
    target: fc.nat(5).map((i) => `10.0.0.${i}`),
  });
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
    const clock = new FakeClock();
    await using state = await openState("memory:", { clock });
    const gateways = [0, 1].map(() => new Bans({ state, clock, log: silent, onBans: () => 0 }));
    const model = new Set<string>();
    // Pairs of calls at one moment, of different targets: each must find its place in the list.
    for (let i = 0; i < steps.length; i += 2) {
      const pair = steps.slice(i, i + 2);
      if (pair[1]?.target === pair[0]!.target) pair.pop();
      await Promise.all(pair.map(async ({ who, add, target }) => {
        if (add) await gateways[who]!.ban(banOf(target, clock.now() + DAY));
        else await gateways[who]!.unban({ kind: "network", target });
        if (add) model.add(target);
        else model.delete(target);
      }));
    }
    const stop = new AbortController();
    const running = gateways.map((one) => one.run(stop.signal));
    await settle();
    stop.abort();
    await Promise.all(running);
    for (const one of gateways) {
      assertEquals(one.all.map(({ target }) => target).sort(), [...model].sort());
    }
  }));
});

Deno.test("whatever stands under the key, reading it ends in a list or none", async () => {
  const json = fc.oneof(
    fc.json(),
    fc.record({ version: fc.nat(), bans: fc.array(fc.anything()) }).map((any) =>
      JSON.stringify(any, (_, value) => typeof value === "bigint" ? 1 : value)
    ),
  );
  await fc.assert(fc.asyncProperty(json, async (text) => {
    const clock = new FakeClock();
    await using state = await openState("memory:", { clock });
    await state.set("bans", new TextEncoder().encode(text));
    const bans = new Bans({ state, clock, log: silent, onBans: () => 0 });
    await bans.unban({ kind: "network", target: "10.0.0.1" });
    await bans.ban(banOf("10.0.0.1", clock.now() + DAY));
    assert(bans.ofAddress("10.0.0.1") !== null);
  }));
});
