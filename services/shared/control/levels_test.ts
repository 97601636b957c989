import { assertEquals } from "@std/assert";
import { logLevel, setLogLevel } from "@gopool/runtime";
import { FakeClock } from "@gopool/testing";
import { createLevels } from "./levels.ts";

/** The level is the whole process's: each test leaves it as it was. */
async function withLevels(
  body: (clock: FakeClock, levels: ReturnType<typeof createLevels>) => Promise<void>,
) {
  const before = logLevel();
  setLogLevel("info");
  try {
    const clock = new FakeClock();
    await using levels = createLevels(clock);
    await body(clock, levels);
  } finally {
    setLogLevel(before);
  }
}

Deno.test("a level is in effect for its time, then the setting is again", () =>
  withLevels(async (clock, levels) => {
    const expiresAtMs = clock.now() + 10_000;
    assertEquals(levels.set("debug", 10_000), { level: "debug", expiresAtMs, setting: "info" });
    await clock.advance(9_999);
    assertEquals(logLevel(), "debug");
    await clock.advance(1);
    assertEquals(levels.now(), { level: "info", expiresAtMs: null, setting: "info" });
  }));

Deno.test("a later level takes the place of an earlier one, and its time", () =>
  withLevels(async (clock, levels) => {
    levels.set("debug", 1_000);
    await clock.advance(500);
    levels.set("error", 1_000);
    await clock.advance(600);
    assertEquals(logLevel(), "error");
    await clock.advance(400);
    assertEquals(logLevel(), "info");
    levels.set("debug", 1_000);
    assertEquals(levels.set(null, 0).level, "info");
    await clock.advance(2_000);
    assertEquals([logLevel(), clock.sleepers], ["info", 0]);
  }));

Deno.test("the end of the process brings the setting back and leaves nothing asleep", async () => {
  let asleep: FakeClock | undefined;
  await withLevels((clock, levels) => {
    asleep = clock;
    levels.set("debug", 1_000);
    return Promise.resolve();
  });
  assertEquals(asleep!.sleepers, 0);
});
