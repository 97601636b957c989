/**
 * Several gateways of one pool: on one port, with one log and one shared state.
 *
 * @module
 */
import { openBus } from "@gopool/bus";
import { systemClock } from "@gopool/runtime";
import { openState } from "@gopool/state";
import { waitFor } from "@gopool/testing";
import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { faultyState } from "./kit_state_test.ts";
import { ADDRESS, EASY, Miner, openRig, type Rig, type RigOptions } from "./kit_test.ts";

const LOCAL = "127.0.0.1";
/** So many that the kernel deals none to one of two gateways once in 10^9 runs. */
const MINERS = 32;
const MASK = [["version-rolling"], { "version-rolling.mask": "00ffe000" }];

/** A pool's shared parts, and gateways on them. */
async function openPool() {
  const owned = new AsyncDisposableStack();
  const bus = owned.use(await openBus("memory:", { clock: systemClock, sharePartitions: 2 }));
  const state = owned.use(await openState("memory:", { clock: systemClock }));
  let opened = 0;
  return {
    bus,
    state,
    async gateway(config: RigOptions["config"] = {}, more: Partial<RigOptions> = {}): Promise<Rig> {
      const seed = ++opened;
      const gateway = `gw-${seed}`;
      return await openRig({ bus, state, seed, ...more, config: { gateway, ...config } });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const shared = (port: number) => ({ stratumListen: { host: LOCAL, port }, reusePort: true });

Deno.test("two gateways on one port share the miners; of one that stops, they go on at the other", async () => {
  await using pool = await openPool();
  await using first = await pool.gateway(shared(0));
  const { port } = first;
  await using second = await pool.gateway(shared(port));
  assertEquals(second.port, port);
  const miners: Miner[] = [];
  for (let i = 0; i < MINERS; i++) {
    const miner = await Miner.connect(port);
    await miner.ask("mining.configure", MASK);
    await miner.ask("mining.suggest_difficulty", [EASY * (1 + i % 3)]);
    await miner.login({ username: `${ADDRESS}.rig${i}` });
    miners.push(miner);
  }
  const sessions = (rig: Rig) => rig.stratumd.status().sessions;
  assertEquals(sessions(first) + sessions(second), MINERS);
  for (const rig of [first, second]) assertGreater(sessions(rig), 0);
  assertEquals(new Set(miners.map(({ extranonce1 }) => extranonce1.toHex())).size, MINERS);

  const leaving = sessions(first);
  await first.stop();
  const closed = () => miners.filter(({ closed }) => closed);
  await waitFor(() => closed().length === leaving, "the end of the first gateway's sessions");
  const gone = closed();
  const used = new Set(miners.map(({ extranonce1 }) => extranonce1.toHex()));
  for (const old of gone) {
    const again = await Miner.connect(port);
    await again.login({ session: old.sessionId, username: `${ADDRESS}.rig` });
    miners.push(again);
    assertEquals([again.sessionId, again.difficulty], [old.sessionId, old.difficulty]);
    const told = again.messages.find((m) => m.kind === "set_version_mask");
    assertEquals(told?.kind === "set_version_mask" && told.mask, 0x00ffe000);
    assert(!used.has(again.extranonce1.toHex()), "no value of the one that stopped");
    const rolled = again.mine({ versionBits: 0x00802000 });
    assertEquals((await again.submit(rolled, { versionBits: "00802000" })).result, true);
  }
  assertEquals(sessions(second), MINERS);
  await second.stop();
  for (const miner of miners) await miner.close();
});

Deno.test("a port is not shared with one that does not say so", async () => {
  await using pool = await openPool();
  await using first = await pool.gateway();
  let message = "";
  try {
    await pool.gateway(shared(first.port), { folder: first.folder });
  } catch (error) {
    message = (error as Error).message;
  }
  assertStringIncludes(message, "and does not share the port");
});

Deno.test("the connections of one address are bounded over all gateways, and each counts for itself without the store", async () => {
  await using pool = await openPool();
  const faulty = await faultyState(systemClock);
  const limits = { maxSessionsPerAddress: 3 };
  await using first = await pool.gateway(limits, { state: faulty.state });
  await using second = await pool.gateway(limits, { state: faulty.state });
  const here = [await first.connect(), await first.connect()];
  const keeps = await second.connect();
  const comesIn = async () => {
    const miner = await second.connect();
    // A connection that is refused is closed before it is answered.
    const answered = await Promise.race([
      miner.ask("mining.ping", []).then(() => true, () => false),
      miner.untilClosed().then(() => false),
    ]);
    await miner.close();
    return answered;
  };
  await waitFor(async () => !await comesIn(), "what the first gateway has to be known");
  assertGreater(second.stratumd.status().refusedConnections, 0);
  assertEquals((await keeps.ask("mining.ping", [])).result, "pong");

  faulty.mood = "away";
  await waitFor(
    () => second.said("stratumd/limits")?.includes("counts by itself"),
    "the board to say so",
  );
  assertEquals(await comesIn(), true);

  faulty.mood = "well";
  await waitFor(async () => !await comesIn(), "the sum again");
  for (const miner of here) await miner.close();
  await waitFor(comesIn, "room");
  assertEquals(second.said("stratumd/limits"), "ok: counted over all gateways");
});

Deno.test("new connections of one address a minute are bounded over all gateways", async () => {
  await using pool = await openPool();
  const limits = { maxConnectsPerAddress: 20 };
  await using first = await pool.gateway(limits);
  await using second = await pool.gateway(limits);
  for (let i = 0; i < 15; i++) await (await first.connect()).close();
  const refused = () => second.stratumd.status().refusedConnections;
  let came = 0;
  // The second learns of the fifteen within a report of its own.
  await waitFor(async () => {
    const miner = await second.connect();
    const before = refused();
    await Promise.race([miner.ask("mining.ping", []), miner.untilClosed()]).catch(() => {});
    await miner.close();
    if (refused() > before || refused() > 0) return true;
    came++;
    await new Promise((resolve) => setTimeout(resolve, 400));
    return false;
  }, "a connection to be refused");
  assert(came < 20, `${came} let in beside the first gateway's 15`);
});
