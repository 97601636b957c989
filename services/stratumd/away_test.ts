/**
 * The shared state away, slow, or emptied: who has work goes on, and the board says what is missing.
 *
 * @module
 */
import { JOB_MAX_LIFE_MS } from "@gopool/shares";
import { PREFIX_RENEW_MS, PREFIX_TTL_MS } from "@gopool/state";
import { FakeClock, settle, waitFor } from "@gopool/testing";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type FaultyState, faultyState } from "./kit_state_test.ts";
import { openBus } from "@gopool/bus";
import {
  ADDRESS,
  EASY,
  goRound,
  type Miner,
  openRig,
  type Rig,
  type RigOptions,
} from "./kit_test.ts";
import { RECALL_REST_MS, REMEMBER_EVERY_MS, RESUME_WAIT_MS, WORKER_WAIT_MS } from "./limits.ts";

interface Stand {
  readonly rig: Rig;
  readonly clock: FakeClock;
  readonly store: FaultyState;
  pass(ms: number): Promise<void>;
  good(miner: Miner): Promise<void>;
}

/** A gateway on a clock of its own, vardiff on, and a store that can fail. */
async function stand(check: (s: Stand) => Promise<void>, options: RigOptions = {}): Promise<void> {
  const clock = new FakeClock(Date.now());
  const store = await faultyState(clock);
  const bus = await openBus("memory:", { clock, sharePartitions: 2 });
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 1_000) {
      await clock.advance(Math.min(1_000, left));
      await settle();
    }
  };
  const config = { vardiff: "on" as const, ...options.config };
  const rig = await openRig({ ...options, clock, bus, state: store.state, config });
  const good = async (miner: Miner) => {
    const share = miner.mine();
    assertEquals((await miner.submit(share)).result, true);
  };
  try {
    await check({ rig, clock, store, pass, good });
  } finally {
    const stopping = rig.stop();
    await pass(20_000);
    await stopping;
    await Deno.remove(rig.folder, { recursive: true });
    await bus[Symbol.asyncDispose]();
    await store.state[Symbol.asyncDispose]();
  }
}

for (const mood of ["away", "hangs"] as const) {
  Deno.test(`with a store that ${mood === "away" ? "is away" : "hangs"} sessions go on, new ones for the life of the lease, and the board says so`, () =>
    stand(async ({ rig, store, pass, good }) => {
      const old = await rig.connect();
      await old.login();
      await pass(2_000);
      store.mood = mood;
      await pass(PREFIX_RENEW_MS + 3_000);
      const during = await rig.connect();
      await during.login();
      for (const miner of [old, during]) await good(miner);
      await pass(2_000);
      assertMatch(
        rig.said("stratumd/extranonces")!,
        /^degraded: The prefix is not renewed, new ses/,
      );
      assertMatch(rig.said("stratumd/limits")!, /^degraded: This gateway counts by itself: the st/);
      assertMatch(rig.said("stratumd/sessions")!, /^degraded: Not remembered .*does not answer$/);

      await pass(PREFIX_TTL_MS);
      const late = await rig.connect();
      const { error } = await late.ask("mining.subscribe", ["x"]);
      assertMatch(JSON.stringify(error), /No new sessions now: the store does not answer/);
      await late.untilClosed();
      await pass(2_000);
      assertMatch(rig.said("stratumd/extranonces")!, /^down: No new sessions: the store does not/);
      // An hour of it: jobs, and shares of those who were here.
      for (let minute = 0; minute < 60; minute++) {
        const id = await rig.job();
        await waitFor(() => old.notify.jobId === id && during.notify.jobId === id, "the job");
        await pass(60_000);
      }
      for (const miner of [old, during]) await good(miner);

      store.mood = "well";
      await pass(3_000 + RECALL_REST_MS);
      const again = await rig.connect();
      await again.login();
      await good(again);
      assertEquals(again.extranonce1.slice(0, 2), old.extranonce1.slice(0, 2), "its own prefix");
      for (const part of ["extranonces", "limits", "sessions"]) {
        assertMatch(rig.said(`stratumd/${part}`)!, /^ok: /);
      }
    }));
}

Deno.test("a store that hangs holds a handshake up for moments, and the next ones not at all", () =>
  stand(async ({ rig, clock, store, pass }) => {
    await pass(2_000);
    store.mood = "hangs";
    const subscribing = await rig.connect();
    const authorizing = await rig.connect();
    await authorizing.subscribe();
    const { result } = await authorizing.ask("mining.authorize", [`${ADDRESS}.rig`, "x"]);
    assertEquals(result, true, "the answer itself waits for nothing");
    const id = await subscribing.send("mining.subscribe", ["x", "00112233445566aa"]);
    await goRound(rig);
    const notified = () => authorizing.messages.some((m) => m.kind === "notify");
    assertEquals([subscribing.lines.length, notified()], [0, false]);
    await clock.advance(WORKER_WAIT_MS);
    await authorizing.wait(notified, "the first job");
    assertEquals(authorizing.difficulty, Number(EASY.toPrecision(3)));
    await clock.advance(RESUME_WAIT_MS - WORKER_WAIT_MS);
    await subscribing.answer(id);
    // From here on the clock stands: nobody waits.
    for (let i = 0; i < 5; i++) {
      await (await rig.connect()).login({ session: "00112233445566aa" });
    }
  }));

Deno.test("with the store away a miner that comes back to its own gateway has all it had", () =>
  stand(async ({ rig, store, pass, good }) => {
    const old = await rig.connect();
    await old.login();
    await good(old);
    await pass(2_000);
    store.mood = "away";
    const share = old.mine();
    await old.close();
    await waitFor(() => rig.stratumd.status().sessions === 0, "the end");
    const again = await rig.connect();
    await again.login({ session: old.sessionId });
    assertEquals([again.extranonce1, again.difficulty], [old.extranonce1, old.difficulty]);
    assertEquals((await again.submit(share)).result, true);
  }));

Deno.test("a store that loses all it had loses nothing that matters: work, shares and numbers go on, and it is told again", () =>
  stand(async ({ rig, store, pass, good }) => {
    const [miner, other] = [await rig.connect(), await rig.connect()];
    for (const m of [miner, other]) await m.login();
    await good(miner);
    await pass(5_000);
    const share = other.mine();
    await store.forget();
    // Nobody notices: not a share, not a new session, not one that comes back.
    await good(miner);
    await other.close();
    await waitFor(() => rig.stratumd.status().sessions === 1, "one session");
    const again = await rig.connect();
    await again.login({ session: other.sessionId });
    assertEquals(again.extranonce1, other.extranonce1);
    assertEquals((await again.submit(share)).result, true);
    const fresh = await rig.connect();
    await fresh.login();
    const all = [miner, again, fresh].map(({ extranonce1 }) => extranonce1.toHex());
    assertEquals(new Set(all).size, 3);
    await pass(PREFIX_RENEW_MS + 1_000);
    assertEquals(rig.said("stratumd/extranonces"), "ok: prefix held");
    const prefix = all[0]!.slice(0, 4);
    const text = async (key: string) =>
      new TextDecoder().decode(await store.state.get(key) ?? new Uint8Array());
    assertMatch(await text(`prefix-held:${prefix}`), /"gateway":"gw-1"/);
    const answered = (await rig.submissions()).length;
    assertEquals(answered, 3, "every share that was answered true is in the log");
    await pass(REMEMBER_EVERY_MS);
    for (const { sessionId, extranonce1 } of [miner, again, fresh]) {
      assertMatch(await text(`session:${sessionId}`), new RegExp(extranonce1.toHex()));
    }
    assert(REMEMBER_EVERY_MS < JOB_MAX_LIFE_MS);
  }));
