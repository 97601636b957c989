/**
 * Figures of the public API held against those that were counted from the topics.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { Json } from "./api_client.ts";
import {
  expectedBetween,
  figuresOf,
  firstMinute,
  type Found,
  type Judged,
} from "./counted_shares.ts";

const MINUTE_MS = 60_000;
const HASHES_AT_1 = 2 ** 48 / 65_535;
const WINDOWS = { "1M": 1, "5M": 5, "15M": 15, "1H": 60, "6H": 360, "24H": 1_440, "7D": 10_080 };

/** Sums of floats come out a little different in another order. */
function assertNear(found: number, wanted: number, what: string): void {
  assert(
    Math.abs(found - wanted) <= 1e-9 * Math.max(Math.abs(found), Math.abs(wanted)),
    `${what}: ${found} is not ${wanted}`,
  );
}

export interface Facts {
  readonly shares: readonly Judged[];
  readonly blocks: readonly Found[];
  readonly untilMs: number;
  readonly firstMs: number;
}

export function factsOf(shares: readonly Judged[], blocks: readonly Found[], answer: Json): Facts {
  const untilMs = Date.parse(answer.freshness.countedUntil);
  return { shares, blocks, untilMs, firstMs: firstMinute(shares) };
}

/** @param shares Of whom the figures are. */
export function assertSpeeds(
  hashrates: Json[],
  { shares, untilMs, firstMs }: Facts,
  what: string,
): void {
  for (const one of hashrates) {
    const name = one.window.replace("WINDOW_", "") as keyof typeof WINDOWS;
    const fromMs = Math.max(untilMs - WINDOWS[name] * MINUTE_MS, firstMs);
    const { work, workSquared, valid } = figuresOf(shares, { fromMs, untilMs });
    const seconds = (untilMs - fromMs) / 1_000;
    assertEquals([one.measuredSeconds, Number(one.shares)], [seconds, valid], `${what} ${name}`);
    assertNear(one.hashesPerSecond, work / seconds, `${what} ${name}`);
    assertNear(one.standardError, Math.sqrt(workSquared) / seconds, `error of ${what} ${name}`);
  }
}

export function assertTotals(
  totals: Json,
  { shares, untilMs, firstMs }: Facts,
  what: string,
): void {
  const { valid, rejected, stale, reasons } = figuresOf(shares, { fromMs: firstMs, untilMs });
  assertEquals(
    [totals.valid, totals.rejected, totals.stale].map(Number),
    [valid, rejected, stale],
    what,
  );
  const told = totals.reasons.map((one: Json) => [one.reason, Number(one.shares)]);
  assertEquals(Object.fromEntries(told), reasons, what);
}

/** By minute: the finest there is. */
export function assertChart({ points, shares: totals }: Json, facts: Facts, what: string): void {
  assertEquals(points.length, 60);
  for (const point of points) {
    const fromMs = Date.parse(point.at);
    const found = figuresOf(facts.shares, { fromMs, untilMs: fromMs + MINUTE_MS });
    assertEquals(
      [point.sharesValid, point.sharesRejected, point.sharesStale].map(Number),
      [found.valid, found.rejected, found.stale],
      `${what} at ${point.at}`,
    );
    if (point.seconds > 0) assertNear(point.hashesPerSecond, found.work / point.seconds, what);
  }
  assertTotals(totals, facts, what);
}

export function assertPool(pool: Json, facts: Facts): void {
  const { shares, blocks, untilMs, firstMs } = facts;
  const all = figuresOf(shares, { fromMs: firstMs, untilMs });
  assertSpeeds(pool.hashrates, facts, "the pool");
  assertTotals(pool.shares, facts, "the pool");
  const counted = blocks.filter(({ atMs }) => atMs < untilMs);
  for (const luck of pool.luck) {
    assertEquals(luck.blocks, counted.length, luck.period);
    assertNear(luck.expectedBlocks, all.expected, luck.period);
    assertNear(luck.luck, counted.length / all.expected, luck.period);
  }
  const effort = expectedBetween(shares, counted[0]?.atMs ?? firstMs, untilMs);
  assertNear(pool.currentEffort, effort, "the current effort");
  for (const best of [pool.bestShare, pool.bestShare7d, pool.bestShareEver]) {
    assertNear(best.difficulty, all.best, "the best share");
    const sender = shares.find(({ achieved }) => achieved === best.difficulty)!;
    assertEquals([best.address, best.worker, Date.parse(best.at)], [
      sender.account,
      sender.worker,
      sender.atMs,
    ]);
  }
  const speed = pool.hashrates.find(({ window }: Json) => window === "WINDOW_1H").hashesPerSecond;
  assertNear(
    pool.expectedSecondsToBlock,
    pool.networkDifficulty * HASHES_AT_1 / speed,
    "the time to a block",
  );
}
