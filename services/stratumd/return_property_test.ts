/**
 * Whatever restarts of a gateway and returns of its miners come, in whatever order: an extranonce1 is one session's.
 *
 * @module
 */
import { openBus } from "@gopool/bus";
import { seededRandom } from "@gopool/runtime";
import { JOB_MAX_LIFE_MS } from "@gopool/shares";
import { FakeClock, settle } from "@gopool/testing";
import { assert, assertNotEquals } from "@std/assert";
import { faultyState } from "./kit_state_test.ts";
import { type Miner, openRig } from "./kit_test.ts";

Deno.test("no extranonce1 is two sessions' within a job's life, through restarts and whoever returns", async () => {
  const clock = new FakeClock(Date.now());
  const store = await faultyState(clock);
  const bus = await openBus("memory:", { clock, sharePartitions: 2 });
  const random = seededRandom(7);
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 1_000) {
      await clock.advance(Math.min(1_000, left));
      await settle();
    }
  };
  /** By value: the last session that had it, and when that session was last connected. */
  const had = new Map<string, { session: string; untilMs: number }>();
  const known: string[] = [];
  let returned = 0;
  for (let life = 0; life < 6; life++) {
    const rig = await openRig({ clock, bus, state: store.state, seed: life });
    const miners: Miner[] = [];
    for (let i = 0; i < 12; i++) {
      const miner = await rig.connect();
      const session = random.unit() < 0.5 ? known[random.uint32() % known.length] : undefined;
      await miner.login(session === undefined ? {} : { session });
      const value = miner.extranonce1.toHex();
      const before = had.get(value);
      if (before !== undefined && before.session !== miner.sessionId) {
        assert(clock.monotonic() - before.untilMs >= JOB_MAX_LIFE_MS, `${value} given too soon`);
      }
      if (before?.session === miner.sessionId) returned++;
      had.set(value, { session: miner.sessionId, untilMs: Infinity });
      if (!known.includes(miner.sessionId)) known.push(miner.sessionId);
      miners.push(miner);
    }
    await pass(random.uint32() % 120_000);
    const stopping = rig.stop();
    await pass(20_000);
    await stopping;
    for (const { extranonce1, sessionId } of miners) {
      const value = extranonce1.toHex();
      if (had.get(value)!.session === sessionId) {
        had.set(value, { session: sessionId, untilMs: clock.monotonic() });
      }
    }
    await Deno.remove(rig.folder, { recursive: true });
  }
  assertNotEquals(returned, 0);
  await bus[Symbol.asyncDispose]();
  await store.state[Symbol.asyncDispose]();
});
