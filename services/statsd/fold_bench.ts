/**
 * Shares into minutes, as a reader that catches up does it: records of share.valid decoded and folded, batch after batch,
 * and what changed taken each hundred thousand shares, as if it were written. Budget: 100,000 shares a second on one core.
 * Run: deno bench services/statsd
 *
 * @module
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { Message } from "@gopool/bus";
import { judgedShare, POOL, START_MS, WORK_1 } from "./fixture.ts";
import { BATCH_MAX } from "./limits.ts";
import { Part } from "./part.ts";
import { pointOf, poolPointOf } from "./points.ts";
import { SOURCES } from "./sources.ts";

const BUDGET_PER_SECOND = 100_000;
const ACCOUNTS = 1_000;
const WORKERS_EACH = 10;
const SHARES = 200_000;
/** 2,000 shares a second of the log's time. */
const PER_MINUTE = 120_000;
const EACH = 100_000;

const source = SOURCES[0]!;

/** Accounts and workers come in no order: a batch meets most of them. */
function records(): Message[][] {
  let state = 1;
  const pick = (n: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % n;
  };
  const names = Array.from({ length: ACCOUNTS }, (_, n) => `bc1q${String(n).padStart(38, "0")}`);
  const batches: Message[][] = [];
  for (let offset = 0; offset < SHARES; offset++) {
    if (offset % BATCH_MAX === 0) batches.push([]);
    const loggedAtMs = START_MS + Math.floor(offset * 60_000 / PER_MINUTE);
    const value = judgedShare(offset, {
      account: names[pick(ACCOUNTS)]!,
      worker: `rig-${pick(WORKERS_EACH)}`,
      loggedAtMs,
    });
    batches.at(-1)!.push({ partition: 0, offset, loggedAtMs, key: new Uint8Array(), value });
  }
  return batches;
}

const batches = records();

function folded(): Part {
  const beginning = { offset: 0, catchUpTo: 0, lost: null, hold: false };
  const part = new Part(source, 0, POOL, beginning, null, 0);
  let read = 0;
  for (const messages of batches) {
    part.fold(messages, 0, null);
    read += messages.length;
    if (read % EACH !== 0) continue;
    const taken = part.minutes.take(Infinity);
    const points = taken.flatMap(({ minute, cells }) => [
      poolPointOf("valid", 0, minute),
      ...cells.map((cell) => pointOf("valid", 0, minute, cell)),
    ]);
    assert(points.length > 0);
    part.minutes.written();
  }
  return part;
}

// Right before fast: every share is in the minutes that are left, or in those that were let go.
{
  const beginning = { offset: 0, catchUpTo: 0, lost: null, hold: false };
  const part = new Part(source, 0, POOL, beginning, null, 0);
  for (const messages of batches) part.fold(messages, 0, null);
  const minutes = part.minutes.take(Infinity).map(({ minute }) => minute);
  assertEquals(minutes.reduce((sum, { pool }) => sum + pool.shares, 0), SHARES);
  const work = minutes.reduce((sum, { pool }) => sum + pool.work, 0);
  assertAlmostEquals(work / WORK_1, SHARES, 1e-3);
}

let best = 0;
for (let round = 0; round < 5; round++) {
  const startMs = performance.now();
  folded();
  best = Math.max(best, SHARES * 1_000 / (performance.now() - startMs));
}
console.log(
  `${Math.round(best).toLocaleString("en")} shares a second, ${ACCOUNTS * WORKERS_EACH} workers`,
);
assert(best >= BUDGET_PER_SECOND, "too few shares a second");

Deno.bench(`${SHARES} shares of ${ACCOUNTS * WORKERS_EACH} workers`, () => {
  folded();
});
