/**
 * What the embedded series takes and how long it holds the event loop. Budgets: 100,000 shares a second folded in
 * batches of 500 and written each 100,000, on one core; no turn of 50 ms at 10,000 miners. Run:
 * deno bench -A services/shared/series/sqlite_bench.ts
 *
 * @module
 */
import process from "node:process";
import { systemClock } from "@gopool/runtime";
import { foldOf, point } from "./contract_stand.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, type MinutePoint, openSeries, windowsAt } from "./mod.ts";

const BUDGET_PER_SECOND = 100_000;
const MINERS = 10_000;
const POOL = { kind: "pool" } as const;

const folder = Deno.makeTempDirSync({ prefix: "gopool_series_bench_" });
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const series = await openSeries(`sqlite:${folder}/series.sqlite`, {
  clock: systemClock,
  raw: false,
});
addEventListener("unload", () => void series[Symbol.asyncDispose]());
const nowMs = Math.floor(systemClock.now() / MINUTE_MS) * MINUTE_MS;

/** Processor time that this process has had, ms: what a machine's other work does not change. */
function busyMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** How long a turn of `work` held the processor at most, and all of it, ms. */
async function held<T>(
  work: () => Promise<T>,
): Promise<{ longest: number; all: number; value: T }> {
  let longest = 0, isOver = false, before = busyMs();
  const begin = before;
  const turn = () => {
    const now = busyMs();
    longest = Math.max(longest, now - before);
    before = now;
    if (!isOver) setTimeout(turn);
  };
  setTimeout(turn);
  const value = await work();
  isOver = true;
  turn();
  return { longest, all: busyMs() - begin, value };
}

function tell(what: string, { longest, all }: { longest: number; all: number }): void {
  console.log(
    `${what}: ${all.toFixed(1)} ms of processor time, at most ${longest.toFixed(1)} ms in a turn`,
  );
}

/** Shares of 1,000 machines as statsd folds them: totals by minute in memory, written whole. */
async function foldShares(): Promise<number> {
  const SHARES = 500_000, WRITE_EVERY = 100_000, WORKERS = 1_000, BATCH = 500;
  const open = new Map<string, { -readonly [K in keyof MinutePoint]: MinutePoint[K] }>();
  const startMs = performance.now();
  for (let share = 0; share < SHARES; share += BATCH) {
    for (let i = share; i < share + BATCH; i += 1) {
      const worker = `rig ${i % WORKERS}`, account = `bc1q${i % 100}`;
      const minuteMs = nowMs - (5 - Math.floor(i / WRITE_EVERY)) * MINUTE_MS;
      const key = `${minuteMs} ${i % 4} ${account}.${worker}`;
      let total = open.get(key);
      if (total === undefined) {
        open.set(
          key,
          total = { ...point({ minuteMs, account, worker, partition: i % 4, shares: 0 }) },
        );
      }
      total.shares += 1;
      total.work += 2 ** 32;
      total.workSquared += 2 ** 64;
    }
    if ((share + BATCH) % WRITE_EVERY > 0) continue;
    await series.write(foldOf([...open.values()]));
    open.clear();
  }
  return SHARES * 1_000 / (performance.now() - startMs);
}

const perSecond = await foldShares();
const [counted] = await series.sums(POOL, [{ fromMs: nowMs - 5 * MINUTE_MS, untilMs: nowMs }]);
if (counted!.valid.shares !== 500_000) throw new Error(`${counted!.valid.shares} shares are there`);
console.log(`${Math.round(perSecond)} shares a second, folded and written`);
if (perSecond < BUDGET_PER_SECOND) throw new Error("too few");

/** Ten thousand miners, each with a row in every one of the last 70 minutes and 24 hours before. */
async function miners(): Promise<void> {
  const accounts = Array.from(
    { length: MINERS },
    (_, i) => ({ account: `miner ${i}`, worker: `rig ${i}` }),
  );
  const hourly = Array.from({ length: 24 }, (_, i) => nowMs - 2 * HOUR_MS - i * HOUR_MS);
  const minutes = Array.from({ length: 70 }, (_, i) => nowMs - (i + 1) * MINUTE_MS);
  for (const minuteMs of [...hourly, ...minutes]) {
    await series.write(
      foldOf(accounts.map((who, i) => point({ ...who, minuteMs, work: (i + 1) * 2 ** 32 }))),
    );
  }
}
await miners();
const fold = foldOf(
  Array.from(
    { length: MINERS },
    (_, i) =>
      point({ account: `miner ${i}`, worker: `rig ${i}`, minuteMs: nowMs - MINUTE_MS, shares: 2 }),
  ),
);
tell("a fold of 10,000 minutes written again", await held(() => series.write(fold)));
const hourMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
await series.rollUp({ fromMs: hourMs - 30 * HOUR_MS, untilMs: hourMs - HOUR_MS });
tell(
  "an hour of 10,000 miners rolled up",
  await held(() => series.rollUp({ fromMs: hourMs - HOUR_MS, untilMs: hourMs })),
);
const day = { fromMs: nowMs - DAY_MS, untilMs: nowMs };
const ten = { fromMs: nowMs - 10 * MINUTE_MS, untilMs: nowMs };
const first = await series.firstMinute();
const windows = windowsAt(nowMs, first).map(({ range }) => range);
const miner = { kind: "account", account: "miner 777" } as const;
tell("all windows of the pool", await held(() => series.sums(POOL, windows)));
tell("all windows of a miner", await held(() => series.sums(miner, windows)));
tell("a day of the pool by 10 minutes", await held(() => series.chart(POOL, day, 10 * MINUTE_MS)));
tell("a day of a miner by 10 minutes", await held(() => series.chart(miner, day, 10 * MINUTE_MS)));
tell(
  "a miner's workers over a day",
  await held(() => series.workers(miner.account, day, { limit: 100 })),
);
tell("who is online", await held(() => series.online(ten)));
tell("the ten first miners of a day", await held(() => series.top(day, 10)));
tell("the best share of a day", await held(() => series.best(POOL, day)));

Deno.bench("all windows of the pool", { group: "questions", baseline: true }, async () => {
  await series.sums(POOL, windows);
});
Deno.bench("all windows of a miner", { group: "questions" }, async () => {
  await series.sums(miner, windows);
});
Deno.bench("a day of a miner by 10 minutes", { group: "questions" }, async () => {
  await series.chart(miner, day, 10 * MINUTE_MS);
});
