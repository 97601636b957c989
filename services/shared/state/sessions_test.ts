import { assertEquals } from "@std/assert";
import { FakeClock } from "@gopool/testing";
import { JobCache } from "./job_cache.ts";
import { MemoryState } from "./memory.ts";
import { type SessionRecord, Sessions } from "./sessions.ts";

const LIFE_MS = 1_200_000;
const RECORD: SessionRecord = {
  extranonce1: "00ff1234",
  difficulty: 1024.5,
  versionMask: 0x1fffe000,
  lastJob: "0000000100000009",
  ended: false,
  rungs: [["0000000100000002", 512], ["", 1024.5]],
  extras: [["0000000100000001", 1024.5]],
};

function world() {
  const clock = new FakeClock();
  const state = new MemoryState(clock);
  return {
    clock,
    state,
    sessions: new Sessions(state, LIFE_MS),
    jobs: new JobCache(state, LIFE_MS),
  };
}

Deno.test("a session is found as saved, and forgotten before its extranonce1 can be another's", async () => {
  const { clock, sessions } = world();
  assertEquals(await sessions.find("s"), null);
  assertEquals(await sessions.save("s", RECORD), true);
  await clock.advance(LIFE_MS - 11_000);
  assertEquals(await sessions.find("s"), RECORD);
  await sessions.save("s", { ...RECORD, difficulty: 7 });
  await clock.advance(LIFE_MS - 11_000);
  assertEquals((await sessions.find("s"))?.difficulty, 7);
  // Written a second late, after the value began to rest: gone well before it has rested.
  await clock.advance(10_000);
  assertEquals(await sessions.find("s"), null);
});

Deno.test("a worker's level is remembered for a day, apart from other workers, accounts and kinds", async () => {
  const { clock, sessions } = world();
  await sessions.rememberDifficulty("bc1qa", "rig1", "Bitaxe", 4096);
  assertEquals(await sessions.lastDifficulty("bc1qa", "rig1", "Bitaxe"), 4096);
  assertEquals(await sessions.lastDifficulty("bc1qa", "rig1", "Whatsminer"), null);
  assertEquals(await sessions.lastDifficulty("bc1qa", "rig2", "Bitaxe"), null);
  assertEquals(await sessions.lastDifficulty("bc1qb", "rig1", "Bitaxe"), null);
  await clock.advance(86_400_000);
  assertEquals(await sessions.lastDifficulty("bc1qa", "rig1", "Bitaxe"), null);
});

Deno.test("a record that is not of this shape is no record", async () => {
  const { state, sessions } = world();
  const put = (text: string) => state.set("session:s", new TextEncoder().encode(text));
  await put(JSON.stringify(RECORD));
  assertEquals(await sessions.find("s"), RECORD);
  const bad: Partial<Record<keyof SessionRecord, unknown>>[] = [
    { extranonce1: "zz" },
    { difficulty: -1 },
    { versionMask: "1" },
    { lastJob: null },
    { ended: 1 },
    { rungs: [["a", 0]] },
    { rungs: [["a"]] },
    { rungs: Array(257).fill(["a", 1]) },
    { extras: {} },
  ];
  const texts = bad.map((over) => JSON.stringify({ ...RECORD, ...over }));
  for (const text of ["", "{", "null", "7", "{}", ...texts]) {
    await put(text);
    assertEquals(await sessions.find("s"), null, text);
  }
});

Deno.test("cached jobs and templates are what was put, for their time", async () => {
  const { clock, jobs } = world();
  assertEquals(await jobs.put("job", "00000001", new Uint8Array([1])), true);
  assertEquals(await jobs.put("template", "00000001", new Uint8Array([2])), true);
  assertEquals(await jobs.get("job", "00000001"), new Uint8Array([1]));
  assertEquals(await jobs.get("template", "00000001"), new Uint8Array([2]));
  await clock.advance(LIFE_MS);
  assertEquals(await jobs.get("job", "00000001"), null);
});

Deno.test("a store that is away is no fault: nothing is found and nothing is kept", async () => {
  const { state, sessions, jobs } = world();
  await state[Symbol.asyncDispose]();
  assertEquals(await sessions.save("s", RECORD), false);
  assertEquals(await sessions.find("s"), null);
  assertEquals(await sessions.rememberDifficulty("a", "w", "k", 1), false);
  assertEquals(await sessions.lastDifficulty("a", "w", "k"), null);
  assertEquals(sessions.trouble, "State is closed");
  assertEquals(await jobs.put("job", "1", new Uint8Array()), false);
  assertEquals(await jobs.get("job", "1"), null);
});
