import { assertEquals } from "@std/assert";
import { FakeClock } from "@gopool/testing";
import { JobCache } from "./job_cache.ts";
import { MemoryState } from "./memory.ts";
import { Sessions } from "./sessions.ts";

const LIFE_MS = 1_200_000;
const RECORD = { extranonce1: "00ff1234", difficulty: 1024.5, versionMask: 0x1fffe000 };

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

Deno.test("a session is found as saved until the life of a job after the last save", async () => {
  const { clock, sessions } = world();
  assertEquals(await sessions.find("s"), null);
  assertEquals(await sessions.save("s", RECORD), true);
  await clock.advance(LIFE_MS - 1);
  assertEquals(await sessions.find("s"), RECORD);
  await sessions.save("s", { ...RECORD, difficulty: 7 });
  await clock.advance(LIFE_MS - 1);
  assertEquals((await sessions.find("s"))?.difficulty, 7);
  await clock.advance(1);
  assertEquals(await sessions.find("s"), null);
});

Deno.test("a worker's level is remembered for a day, apart from other workers and accounts", async () => {
  const { clock, sessions } = world();
  await sessions.rememberDifficulty("bc1qa", "rig1", 4096);
  assertEquals(await sessions.lastDifficulty("bc1qa", "rig1"), 4096);
  assertEquals(await sessions.lastDifficulty("bc1qa", "rig2"), null);
  assertEquals(await sessions.lastDifficulty("bc1qb", "rig1"), null);
  await clock.advance(86_400_000);
  assertEquals(await sessions.lastDifficulty("bc1qa", "rig1"), null);
});

Deno.test("a record that is not of this shape is no record", async () => {
  const { state, sessions } = world();
  const bad = ["", "{", "null", "7", "{}", '{"extranonce1":"zz","difficulty":1,"versionMask":0}'];
  for (const text of [...bad, '{"extranonce1":"00000000","difficulty":-1,"versionMask":0}']) {
    await state.set("session:s", new TextEncoder().encode(text));
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
  assertEquals(await sessions.rememberDifficulty("a", "w", 1), false);
  assertEquals(await sessions.lastDifficulty("a", "w"), null);
  assertEquals(await jobs.put("job", "1", new Uint8Array()), false);
  assertEquals(await jobs.get("job", "1"), null);
});
