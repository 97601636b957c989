import type { Socket } from "node:net";
import { silent } from "@gopool/runtime";
import { ShareChecker } from "@gopool/shares";
import { UNKNOWN_AGENT } from "@gopool/stratum";
import { FakeClock, settle } from "@gopool/testing";
import { assert, assertEquals, assertLess } from "@std/assert";
import type { SessionMemory, SessionRecord } from "./extranonce.ts";
import { DifficultyHistory } from "./difficulty.ts";
import { JobTable } from "./jobs.ts";
import {
  RECALL_REST_MS,
  REMEMBER_DRAIN_MS,
  REMEMBER_EVERY_MS,
  REMEMBER_IN_FLIGHT,
  REMEMBER_PER_SECOND,
} from "./limits.ts";
import { Remembering } from "./remembering.ts";
import { Session } from "./session.ts";
import { Vardiff } from "./vardiff.ts";

const jobs = new JobTable("gopool", new ShareChecker());

/** A store that takes 20 ms for each call, or is away, or never answers; and what it was told. */
function world(levels = true) {
  const clock = new FakeClock();
  const told: { id: string; record: SessionRecord; agedMs: number }[] = [];
  const workers: (readonly [worker: string, difficulty: number])[] = [];
  const store = { mood: "well" as "well" | "away" | "mute", under: 0, peak: 0 };
  async function answer(keep: () => void): Promise<boolean> {
    store.peak = Math.max(store.peak, ++store.under);
    if (store.mood === "mute") await new Promise(() => {});
    await clock.sleep(20);
    store.under--;
    if (store.mood === "well") keep();
    return store.mood === "well";
  }
  const memory: SessionMemory = {
    trouble: null,
    find: () => Promise.resolve(null),
    lastDifficulty: () => Promise.resolve(null),
    save: (id, record, agedMs) => answer(() => told.push({ id, record, agedMs })),
    rememberDifficulty: (_account, worker, _kind, difficulty) =>
      answer(() => workers.push([worker, difficulty])),
  };
  const remembering = new Remembering({ memory, jobs, clock, log: silent, levels });
  const sessions: Session[] = [];
  return {
    clock,
    told,
    workers,
    store,
    remembering,
    sessions,
    /** A session with work. */
    session(id = `${sessions.length}`.padStart(16, "0")): Session {
      const host = { mark: "0", touch: () => {}, drop: () => {} };
      const session = new Session({} as Socket, "::1", 0, host, 1);
      session.sessionId = id;
      session.agent = UNKNOWN_AGENT;
      session.extranonce = { extranonce1: new Uint8Array(4), giveBack: () => {} };
      session.vardiff = new Vardiff(1, 0);
      session.addWorker(`a.${id}`, { account: "a", script: new Uint8Array(), worker: id });
      sessions.push(session);
      return session;
    },
    retarget(difficulty: number) {
      for (const { vardiff } of sessions) vardiff!.set(difficulty, clock.monotonic() / 1000);
    },
    /** As the gateway does it, once a second. */
    async pass(seconds: number) {
      for (let s = 0; s < seconds; s++) {
        for (const session of sessions) if (!session.closed) remembering.look(session);
        remembering.sweep();
        await clock.advance(1_000);
        await settle();
      }
    },
    end(session: Session) {
      session.closed = true;
      remembering.ended(session, {
        extranonce1: session.extranonce!.extranonce1,
        difficulty: session.vardiff!.difficulty,
        versionMask: session.versionMask,
        history: new DifficultyHistory(),
        lastSequence: Infinity,
        hold: null,
      });
    },
  };
}

Deno.test("a job that changes ten thousand difficulties is a bounded number of writes a second and at once, each in its turn", async () => {
  const w = world();
  for (let i = 0; i < 10_000; i++) w.session();
  await w.pass(1);
  assert(w.told.length > 0 && w.told.length <= REMEMBER_PER_SECOND, `${w.told.length}`);
  await w.pass(10);
  assertEquals(new Set(w.told.map(({ id }) => id)).size, 10_000);
  assertEquals(w.told.length, 10_000, "each once");
  w.retarget(2);
  await w.pass(5);
  // Changed again before all were written: those that waited longest still come first.
  w.retarget(3);
  await w.pass(6);
  const last = new Map(w.told.slice(10_000).map(({ id, record }) => [id, record.difficulty]));
  assertEquals(last.size, 10_000);
  await w.pass(10);
  assert(w.told.slice(-5_000).every(({ record }) => record.difficulty === 3));
  assertLess(w.store.peak, 2 * REMEMBER_IN_FLIGHT + 1);
});

Deno.test("a session is written again when its mask or its extranonce1 changes, and now and then", async () => {
  const w = world();
  const session = w.session();
  await w.pass(3);
  assertEquals(w.told.length, 1);
  session.versionMask = 0x2000;
  await w.pass(2);
  session.extranonce = { extranonce1: new Uint8Array(4).fill(1), giveBack: () => {} };
  await w.pass(2);
  assertEquals(w.told.slice(1).map(({ record }) => [record.versionMask, record.extranonce1]), [
    [0x2000, "00000000"],
    [0x2000, "01010101"],
  ]);
  await w.pass(REMEMBER_EVERY_MS / 1000 + 2);
  assertEquals(w.told.length, 4);
});

Deno.test("an ended session is written at once, before those that go on, and counts from its end", async () => {
  const w = world();
  for (let i = 0; i < 3_000; i++) w.session();
  await w.pass(1);
  const before = w.told.length;
  const leaving = w.sessions.at(-1)!;
  w.end(leaving);
  await w.pass(1);
  const [first] = w.told.slice(before);
  assertEquals([first!.id, first!.record.ended, first!.agedMs <= 1_000], [
    leaving.sessionId,
    true,
    true,
  ]);
});

Deno.test("a store that is away is left alone for a while, then told everything; what waited is that much older", async () => {
  const w = world();
  const [stays, leaves] = [w.session(), w.session()];
  w.store.mood = "away";
  await w.pass(1);
  w.end(leaves);
  await w.pass(2);
  w.store.mood = "well";
  assertEquals(w.told, []);
  await w.pass(2 * RECALL_REST_MS / 1000);
  const told = new Map(w.told.map((t) => [t.id, t]));
  assertEquals(told.get(stays.sessionId)?.agedMs, 0);
  assert(told.get(leaves.sessionId)!.agedMs >= 2_000, "its value rests since it ended");
});

Deno.test("who is back before its end was written is not overwritten by it", async () => {
  const w = world();
  w.store.mood = "away";
  const id = "00000000000000aa";
  w.end(w.session(id));
  const again = w.session(id);
  again.vardiff!.set(5, 0);
  await w.pass(1);
  w.store.mood = "well";
  await w.pass(2 * RECALL_REST_MS / 1000);
  assertEquals(w.told.map(({ record }) => [record.difficulty, record.ended]), [[5, false]]);
});

Deno.test("a worker's level is told once a share was found at it, at its session's end, and else seldom", async () => {
  const w = world();
  const session = w.session("00000000000000bb");
  await w.pass(2);
  assertEquals(w.workers, []);
  session.accepted = 1;
  w.retarget(2);
  await w.pass(2);
  w.retarget(3);
  await w.pass(2);
  assertEquals(w.workers, [["00000000000000bb", 2]]);
  w.end(session);
  await w.pass(1);
  assertEquals(w.workers.at(-1), ["00000000000000bb", 3]);
  const fixed = world(false);
  fixed.session().accepted = 1;
  await fixed.pass(2);
  assertEquals([fixed.told.length, fixed.workers.length], [1, 0]);
});

Deno.test("at the end all is written without the pace; a store that is away or mute is not waited for long", async () => {
  for (const mood of ["well", "away", "mute"] as const) {
    const w = world();
    w.store.mood = mood;
    for (let i = 0; i < 2_500; i++) w.end(w.session());
    let settled = false;
    const settling = w.remembering.settled().then(() => settled = true);
    for (let ms = 0; ms <= REMEMBER_DRAIN_MS && !settled; ms += 20) {
      await w.clock.advance(20);
      await settle();
    }
    await settling;
    assertEquals(w.told.length, mood === "well" ? 2_500 : 0, mood);
  }
});
