/** One miner, and each of its machines, as messages. @module */
import type { MessageInitShape } from "@gopool/proto";
import {
  type GetMinerChartRequest,
  type GetMinerChartResponseSchema,
  type GetMinerResponseSchema,
  timestampFromMs,
  type WatchMinerResponseSchema,
  Window,
} from "@gopool/proto/api";
import { MINUTE_MS, secondsToBlock, type Subject, type Sum } from "@gopool/series";
import { type MinerMoney, minerPayout } from "../books/mod.ts";
import type { AccountTick } from "../live.ts";
import { chartOf, chartTotals, pointsOf } from "./chart.ts";
import { countedOf } from "./counted.ts";
import { NotSeen, partsOf, type PublicDeps } from "./deps.ts";
import {
  bestShareOf,
  bestSharesOf,
  hashratesOf,
  overviewOf,
  speedOver,
  sumOver,
  totalsOf,
} from "./figures.ts";
import { ONLINE_MS } from "./limits.ts";
import type { Parts } from "./parts.ts";
import { difficultyOf } from "./now.ts";
import { present } from "./present.ts";
import { type Counted, ever, last, secondsOf, wholeMinute } from "./windows.ts";

/**
 * @param account Canonical.
 * @throws {NotSeen} It never mined here. @throws {PartsAway} That cannot be told now.
 */
export async function minerAnswer(
  deps: PublicDeps,
  account: string,
): Promise<MessageInitShape<typeof GetMinerResponseSchema>> {
  const { books, clock } = deps;
  const parts = partsOf(deps);
  const nowMs = clock.now();
  const counted = await parts.take("statistics", () => countedOf(deps, parts), null);
  const [statistics, money] = await Promise.all([
    counted === null
      ? null
      : parts.take("statistics", () => statisticsOf(deps, account, counted), null),
    parts.take("ledger", () => books.miner(account), null),
  ]);
  if (money === null && statistics?.seen !== true) {
    await known(deps, parts, { kind: "account", account });
  }
  return {
    ...statistics?.message,
    ...money === null ? {} : moneyOf(money),
    address: account,
    freshness: parts.freshness(nowMs, counted?.untilMs),
  };
}

async function statisticsOf(deps: PublicDeps, account: string, counted: Counted) {
  const { series } = deps;
  const subject: Subject = { kind: "account", account };
  const [overview, best, online, networkDifficulty] = await Promise.all([
    overviewOf(series, subject, counted),
    bestSharesOf(series, subject, counted),
    series.online(last(ONLINE_MS, counted), account),
    difficultyOf(deps, counted),
  ]);
  const day = sumOver(overview, Window.WINDOW_24H);
  const shown = (address: string, worker: string) => ({ address, worker });
  const { hashesPerSecond } = speedOver(day.valid, secondsOf(day.range, counted));
  const { lastMs } = overview.all;
  return {
    seen: lastMs > 0,
    message: {
      hashrates: hashratesOf(overview, counted),
      workersOnline: online.workers,
      shares: totalsOf(day),
      ...present({
        bestShare: bestShareOf(best.day, shown),
        bestShare7d: bestShareOf(best.week, shown),
        bestShareEver: bestShareOf(best.all, shown),
        lastShareAt: lastMs === 0 ? undefined : timestampFromMs(lastMs),
      }),
      expectedSecondsToBlock: secondsToBlock(networkDifficulty, hashesPerSecond) ?? 0,
    },
  };
}

function moneyOf(
  { immatureSats, matureSats, paidSats, thresholdSats, estimate, payouts }: MinerMoney,
) {
  return {
    immatureSats,
    matureSats,
    paidSats,
    payoutThresholdSats: thresholdSats,
    ...estimate === null
      ? {}
      : { estimatedRewardSats: estimate.rewardSats, windowShare: estimate.windowShare },
    payouts: payouts.map(minerPayout),
  };
}

/**
 * Nothing where somebody mined here, by statistics or by the books; the minute that is not counted yet is looked at,
 * too, so that a new miner finds itself at once.
 *
 * @throws {NotSeen} Nobody did. @throws {PartsAway} A store that may know is away.
 */
export async function known(deps: PublicDeps, parts: Parts, subject: Subject): Promise<void> {
  if (subject.kind === "pool") return;
  const { series, books, clock } = deps;
  const seen = await parts.take("statistics", async () => {
    const counted = await countedOf(deps, parts);
    const untilMs = Math.max(counted.untilMs, wholeMinute(clock.now())) + MINUTE_MS;
    const sums = await series.sums(subject, [
      ever(counted),
      { fromMs: counted.untilMs, untilMs },
    ]);
    return sums.some(({ lastMs }: Sum) => lastMs > 0);
  }, false);
  if (seen) return;
  if (subject.kind === "worker") {
    parts.need("statistics");
    throw new NotSeen(
      `${subject.account} has no worker ${JSON.stringify(subject.worker)} that mined here`,
    );
  }
  if (await parts.take("ledger", () => books.knows(subject.account), false)) return;
  parts.need("statistics", "ledger");
  throw new NotSeen(`${subject.account} has not mined here`);
}

/** @throws {NotSeen} @throws {PartsAway} @throws {SeriesUnavailable} Without statistics there is no chart. */
export async function minerChartAnswer(
  deps: PublicDeps,
  account: string,
  { range, worker }: Pick<GetMinerChartRequest, "range" | "worker">,
): Promise<MessageInitShape<typeof GetMinerChartResponseSchema>> {
  const { series, clock } = deps;
  const parts = partsOf(deps);
  const subject: Subject = worker === ""
    ? { kind: "account", account }
    : { kind: "worker", account, worker };
  const nowMs = clock.now();
  const counted = await countedOf(deps, parts);
  const chart = await chartOf(series, subject, range, counted);
  const empty = chart.steps.every(({ lastMs }) => lastMs === 0);
  if (empty) await known(deps, parts, subject);
  return {
    stepSeconds: chart.stepMs / 1_000,
    points: pointsOf(chart, counted),
    shares: chartTotals(chart),
    freshness: parts.freshness(nowMs, counted.untilMs),
  };
}

export function minerTick(tick: AccountTick): MessageInitShape<typeof WatchMinerResponseSchema> {
  const { atMs, hashrate, shares, rejects, difficulty, workers, standardError } = tick;
  return {
    at: timestampFromMs(atMs),
    hashesPerSecond: hashrate,
    standardError,
    shares,
    rejects,
    difficulty,
    workers,
  };
}
