/**
 * The contract's promises about blocks and the figures of minutes.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { DAY_MS, MINUTE_MS } from "./levels.ts";
import type { BlockPoint, Figures } from "./port.ts";
import { type Declare, minutesAgo } from "./contract_stand.ts";

function block(over: Partial<BlockPoint> & { readonly foundAtMs: number }): BlockPoint {
  return {
    hash: `${"0".repeat(16)}${over.foundAtMs.toString(16).padStart(48, "a")}`,
    height: 840_000,
    finder: "bc1qalice",
    worker: 'rig\\1, = "⛏️"',
    networkDifficulty: 86_388_558_925_171.02,
    effort: null,
    ...over,
  };
}

export function pointsContract(test: Declare): void {
  test("a block is there once, with the effort that was written last", async ({ series, clock }) => {
    const found = block({ foundAtMs: clock.now() - 12_345 });
    await series.writeBlock(found);
    await series.writeBlock(found);
    assertEquals(await series.blocks({ untilMs: clock.now(), limit: 10 }), [found]);
    const counted = { ...found, effort: 1.25 };
    await series.writeBlock(counted);
    assertEquals(await series.blocks({ untilMs: clock.now(), limit: 10 }), [counted]);
    const nobodys = block({ foundAtMs: clock.now() - 99, finder: "", worker: "" });
    await series.writeBlock(nobodys);
    assertEquals(await series.blocks({ untilMs: clock.now(), limit: 1 }), [nobodys]);
  });

  test("blocks come newest first, found before a time, of one ms by hash", async ({ series, clock }) => {
    const last = clock.now() - 1_000;
    const days = [0, 1, 40, 41, 200, 390];
    const blocks = days.map((day, i) => block({ foundAtMs: last - day * DAY_MS, height: 900 - i }));
    const twin = { ...blocks[1]!, hash: "f".repeat(64) };
    for (const one of [...blocks, twin].toReversed()) await series.writeBlock(one);
    const wanted = [blocks[0]!, blocks[1]!, twin, ...blocks.slice(2)];
    assertEquals(await series.blocks({ untilMs: last + 1, limit: 100 }), wanted);
    assertEquals(await series.blocks({ untilMs: last, limit: 3 }), wanted.slice(1, 4));
    assertEquals(await series.blocks({ untilMs: last - 390 * DAY_MS, limit: 3 }), []);
    const minute = (ms: number) => Math.floor(ms / MINUTE_MS) * MINUTE_MS;
    const all = { fromMs: minute(last - 390 * DAY_MS), untilMs: minute(last) + MINUTE_MS };
    assertEquals(await series.blockCount(all), 7);
    const some = { fromMs: minute(last - 41 * DAY_MS), untilMs: minute(last - DAY_MS) + MINUTE_MS };
    assertEquals(await series.blockCount(some), 4);
  });

  test("figures of a minute are there once; minutes without any are left out", async ({ series, clock }) => {
    const of = (minutes: number, hashrate = 1.5e15): Figures => ({
      minuteMs: minutesAgo(clock, minutes),
      hashrate,
      accounts: minutes,
      workers: minutes * 2,
      height: 840_000,
      networkDifficulty: 86_388_558_925_171.02,
    });
    for (const one of [of(9), of(3, 7), of(5), of(3)]) await series.writeFigures(one);
    const range = { fromMs: minutesAgo(clock, 9), untilMs: minutesAgo(clock, 3) };
    assertEquals(await series.figures(range), [of(9), of(5)]);
    assertEquals(await series.figures({ ...range, untilMs: minutesAgo(clock, 0) }), [
      of(9),
      of(5),
      of(3),
    ]);
  });
}
