/**
 * Statistics of thousands of miners: all of them over the last minutes, those that are asked for over a week, the pool as
 * it adds up.
 *
 * @module
 */
import { type MinutePoint, openSeries, type PoolMinutePoint, workOf } from "@gopool/series";
import { systemClock } from "@gopool/runtime";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const WEEK_MS = 7 * 24 * HOUR_MS;
/** Points of one write: as a statsd that catches up. */
const FOLD = 20_000;
/** Minutes are kept for two days; before that a miner's week is hours alone, for which one minute in each will do. */
const DENSE_MS = 48 * HOUR_MS;
const DIFFICULTY = 65_536;
const NETWORK_DIFFICULTY = 100e12;

export interface SeriesStory {
  readonly accounts: readonly string[];
  /** The first so many of them have a week. */
  readonly asked: number;
  /** The last minutes in which all have shares. */
  readonly minutes: number;
  /** The end of the newest whole minute. */
  readonly untilMs: number;
  /** Found at these times, by the first account. */
  readonly blocksAtMs: readonly number[];
}

/** @returns How many points were written. */
export async function fillSeries(url: string, story: SeriesStory): Promise<number> {
  const { accounts, asked, minutes, untilMs } = story;
  await using series = await openSeries(url, { clock: systemClock, raw: false });
  let count = 0;
  let points: MinutePoint[] = [];
  const pool: PoolMinutePoint[] = [];
  const flush = async () => {
    await series.write({ minutes: points, pool: pool.splice(0), raw: [], positions: [] });
    count += points.length;
    points = [];
  };
  for (let atMs = untilMs - WEEK_MS; atMs < untilMs; atMs += MINUTE_MS) {
    const isDense = atMs >= untilMs - DENSE_MS;
    if (!isDense && atMs % HOUR_MS !== 0) continue;
    const present = atMs >= untilMs - minutes * MINUTE_MS ? accounts.length : asked;
    for (let n = 0; n < present; n++) {
      // A worker or three each; a share in twenty is refused.
      for (let w = 0; w <= n % 3; w++) points.push(pointOf(accounts[n]!, `rig${w}`, atMs, n));
    }
    // The others were there before, too: the pool's own sums say so.
    const { account: _, worker: __, ...all } = pointOf("", "", atMs, 0);
    const factor = 2 * accounts.length;
    pool.push({
      ...all,
      shares: all.shares * factor,
      work: all.work * factor,
      workSquared: all.workSquared * factor,
      expected: all.expected * factor,
    });
    if (points.length >= FOLD) await flush();
  }
  await flush();
  await series.rollUp({ fromMs: untilMs - WEEK_MS, untilMs });
  for (const [at, foundAtMs] of story.blocksAtMs.entries()) {
    await series.writeBlock({
      hash: hashText(at + 1),
      height: 800_000 + at,
      foundAtMs,
      finder: accounts[0]!,
      worker: "rig0",
      networkDifficulty: NETWORK_DIFFICULTY,
      effort: 0.5 + at % 3 / 2,
    });
  }
  return count;
}

/** As the books name the same block; display form. */
export function hashText(n: number): string {
  return n.toString(16).padStart(64, "0");
}

function pointOf(account: string, worker: string, minuteMs: number, n: number): MinutePoint {
  const shares = 10 + (n + minuteMs / MINUTE_MS) % 10;
  const work = workOf(DIFFICULTY);
  return {
    account,
    worker,
    status: "valid",
    partition: n % 8,
    minuteMs,
    shares,
    work: shares * work,
    workSquared: shares * work * work,
    expected: shares * DIFFICULTY / NETWORK_DIFFICULTY,
    best: {
      difficulty: DIFFICULTY * (1 + (n * 7_919 + minuteMs / MINUTE_MS) % 1_000),
      atMs: minuteMs,
    },
    latencyMs: shares * 3,
    latencyShares: shares,
    lastMs: minuteMs + 59_000,
    reasons: {},
  };
}
