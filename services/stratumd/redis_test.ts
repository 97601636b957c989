/**
 * Gateways on a real Redis: what they share, and what is left when it is killed and comes back with nothing.
 *
 * @module
 */
import { type Bus, openBus } from "@gopool/bus";
import { systemClock } from "@gopool/runtime";
import { declareNewState, openState } from "@gopool/state";
import { waitFor } from "@gopool/testing";
import { type RedisServer, startRedis, testRedisBinary } from "@gopool/testing/servers";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ADDRESS, EASY, type Miner, openRig, type Rig, type RigOptions } from "./kit_test.ts";

const binary = await testRedisBinary();

interface Pool {
  readonly redis: RedisServer;
  readonly bus: Bus;
  /** A gateway with a client of its own. */
  gateway(name: string, config?: RigOptions["config"]): Promise<Rig>;
}

/** Declares a test on a Redis of its own, skipped where the machine has none. */
function test(name: string, body: (pool: Pool) => Promise<void>): void {
  Deno.test({
    name,
    ignore: binary === null,
    async fn() {
      const clock = systemClock;
      await using owned = new AsyncDisposableStack();
      const redis = owned.use(await startRedis(binary!));
      await declareNewState(redis.url, { clock });
      const bus = owned.use(await openBus("memory:", { clock, sharePartitions: 2 }));
      let seed = 0;
      await body({
        redis,
        bus,
        async gateway(gateway, config) {
          const state = owned.use(await openState(redis.url, { clock }));
          const options = { bus, state, seed: ++seed, config: { gateway, ...config } };
          return owned.use(await openRig(options));
        },
      });
    },
  });
}

const stored = ({ redis }: Pool, key: string) =>
  waitFor(async () => (await redis.ask("EXISTS", key)) === 1 || null, key);

async function good(miner: Miner): Promise<void> {
  assertEquals((await miner.submit(miner.mine())).result, true);
}

test("sessions, levels and prefixes on Redis: back at another gateway, and at the same one restarted", async (pool) => {
  const first = await pool.gateway("gw-1", { vardiff: "on" });
  const old = await first.connect();
  await old.ask("mining.configure", [["version-rolling"], { "version-rolling.mask": "00ffe000" }]);
  await old.login({ password: `d=${EASY * 2}` });
  await good(old);
  const stays = await first.connect();
  await stays.login({ password: `d=${EASY * 2}` });
  const [job, share] = [stays.notify, stays.mine()];
  for (const { sessionId } of [old, stays]) await stored(pool, `session:${sessionId}`);

  const second = await pool.gateway("gw-2", { vardiff: "on" });
  const elsewhere = await second.connect();
  await elsewhere.login({ session: old.sessionId });
  assertEquals([elsewhere.sessionId, elsewhere.difficulty], [old.sessionId, old.difficulty]);
  assert(elsewhere.extranonce1.toHex() !== old.extranonce1.toHex());
  const told = elsewhere.messages.find((m) => m.kind === "set_version_mask");
  assertEquals(told?.kind === "set_version_mask" && told.mask, 0x00ffe000);
  await elsewhere.close();

  await first.stop();
  await stored(pool, `difficulty:${ADDRESS}.rig`);
  const again = await pool.gateway("gw-1", { vardiff: "on" });
  const nameOnly = await again.connect();
  await nameOnly.login();
  assertEquals(nameOnly.difficulty, old.difficulty, "its worker's level");
  assertEquals(nameOnly.extranonce1.slice(0, 2), old.extranonce1.slice(0, 2), "its own prefix");
  const back = await again.connect();
  await back.login({ session: stays.sessionId });
  assertEquals([back.extranonce1, back.notify.clean], [stays.extranonce1, false]);
  assertEquals((await back.submit(share, { job: job.jobId })).result, true);
});

test("the connections of one address are bounded over gateways by Redis", async (pool) => {
  const limits = { maxSessionsPerAddress: 2 };
  const first = await pool.gateway("gw-1", limits);
  const second = await pool.gateway("gw-2", limits);
  await first.connect();
  await second.connect();
  await waitFor(async () => {
    const more = await second.connect();
    await Promise.race([more.ask("mining.ping", []), more.untilClosed()]).catch(() => {});
    await more.close();
    return second.stratumd.status().refusedConnections > 0;
  }, "the other gateway's connection to count");
});

test("Redis killed, and back with nothing: work goes on throughout, and it is told again what it must know", async (pool) => {
  const { redis } = pool;
  const rig = await pool.gateway("gw-1");
  const [miner, leaves] = [await rig.connect(), await rig.connect()];
  for (const m of [miner, leaves]) await m.login();
  await good(miner);
  const prefix = miner.extranonce1.toHex().slice(0, 4);
  await stored(pool, `prefix-held:${prefix}`);

  await redis.kill();
  await waitFor(() => rig.said("stratumd/limits")?.startsWith("degraded"), "the board to say so");
  assertMatch(rig.said("stratumd/limits")!, /This gateway counts by itself/);
  const id = await rig.job();
  await miner.wait(() => miner.notify.jobId === id, "a job");
  await good(miner);
  const share = leaves.mine();
  await leaves.close();
  await waitFor(() => rig.stratumd.status().sessions === 1, "the end of a session");
  const [back, fresh] = [await rig.connect(), await rig.connect()];
  await back.login({ session: leaves.sessionId });
  await fresh.login();
  assertEquals(back.extranonce1, leaves.extranonce1);
  assertEquals((await back.submit(share)).result, true);
  await good(fresh);

  await redis.restart();
  assertEquals(await redis.ask("DBSIZE"), 0);
  const parts = ["extranonces", "limits", "sessions"].map((part) => `stratumd/${part}`);
  await waitFor(
    () => parts.every((part) => rig.said(part)?.startsWith("ok")),
    "the board to clear",
  );
  await stored(pool, `prefix-held:${prefix}`);
  const next = await rig.job();
  for (const m of [miner, back, fresh]) {
    await m.wait(() => m.notify.jobId === next, "a job");
    await good(m);
  }
  const late = await rig.connect();
  await late.login();
  await good(late);
  const values = [miner, back, fresh, late].map(({ extranonce1 }) => extranonce1.toHex());
  assertEquals(new Set(values).size, 4);
  assertEquals(new Set(values.map((value) => value.slice(0, 4))).size, 1, "one prefix throughout");
  const accepted = rig.stratumd.status().shares.accepted;
  assertEquals(
    [accepted, (await rig.submissions()).length],
    [8, 8],
    "each answer stands in the log",
  );
});
