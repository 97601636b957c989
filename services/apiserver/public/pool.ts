/** What the pool is and does, as messages. @module */
import { displayHash, type Hash } from "@gopool/chain";
import type { MessageInitShape, StatsLive } from "@gopool/proto";
import {
  BlockState,
  type BlockSummarySchema,
  type ChartRange,
  type GetPoolChartResponseSchema,
  type GetPoolResponseSchema,
  type ListTopMinersResponseSchema,
  timestampFromMs,
  type WatchPoolResponseSchema,
  Window,
} from "@gopool/proto/api";
import { type BlockPoint, secondsToBlock, type Subject } from "@gopool/series";
import { blockSummary, finderOf, type PoolBlock } from "../books/mod.ts";
import { effortSince, luckOver } from "./blocks_ahead.ts";
import { chartOf, chartTotals, pointsOf } from "./chart.ts";
import { countedOf } from "./counted.ts";
import { partsOf, type PublicDeps } from "./deps.ts";
import { effortsOf } from "./efforts.ts";
import {
  bestShareOf,
  bestSharesOf,
  hashrateOf,
  hashratesOf,
  overviewOf,
  sumOver,
  totalsOf,
} from "./figures.ts";
import { CHART_BLOCKS_MAX, TOP_MINERS_USUAL } from "./limits.ts";
import { nowOf } from "./now.ts";
import type { Parts } from "./parts.ts";
import { present } from "./present.ts";
import type { TopMiners } from "./top_miners.ts";
import { type Counted, last, lengthOf } from "./windows.ts";

const POOL: Subject = { kind: "pool" };

type BlockMessage = MessageInitShape<typeof BlockSummarySchema>;

export async function poolAnswer(
  deps: PublicDeps,
): Promise<MessageInitShape<typeof GetPoolResponseSchema>> {
  const { books, clock, network, settings } = deps;
  const parts = partsOf(deps);
  const nowMs = clock.now();
  const counted = await parts.take("statistics", () => countedOf(deps, parts), null);
  const [statistics, terms, lastBlock, now] = await Promise.all([
    counted === null ? null : parts.take("statistics", () => statisticsOf(deps, counted), null),
    parts.take("ledger", () => books.terms(), null),
    lastBlockOf(deps, parts),
    nowOf(deps, parts, counted),
  ]);
  const { hashesPerSecond = 0 } =
    statistics?.hashrates.find(({ window }) => window === Window.WINDOW_1H) ?? {};
  return {
    ...statistics,
    ...now,
    name: settings.pool,
    network,
    ...terms === null ? {} : {
      scheme: terms.scheme,
      feeBasisPoints: terms.feeBasisPoints,
      payoutThresholdSats: terms.thresholdSats,
    },
    ...lastBlock === null ? {} : { lastBlock },
    // Where payoutd has not said: that of every public network.
    maturity: terms?.maturity || settings.maturity,
    expectedSecondsToBlock: secondsToBlock(now.networkDifficulty, hashesPerSecond) ?? 0,
    freshness: parts.freshness(nowMs, counted?.untilMs),
  };
}

async function statisticsOf(deps: PublicDeps, counted: Counted) {
  const { series, settings: { finders } } = deps;
  const overview = await overviewOf(series, POOL, counted);
  const day = sumOver(overview, Window.WINDOW_24H);
  const [[newest], best, ...luck] = await Promise.all([
    series.blocks({ untilMs: counted.untilMs, limit: 1 }),
    bestSharesOf(series, POOL, counted),
    luckOver(series, "24h", day, counted),
    luckOver(series, "7d", sumOver(overview, Window.WINDOW_7D), counted),
    luckOver(series, "all", overview.all, counted),
  ]);
  const currentEffort = await effortSince(series, newest?.foundAtMs ?? null, counted);
  const shown = (finder: string, worker: string) => {
    const seen = finderOf({ finder, worker }, finders);
    return { address: seen.finder, worker: seen.worker };
  };
  return {
    hashrates: hashratesOf(overview, counted),
    shares: totalsOf(day),
    ...present({
      bestShare: bestShareOf(best.day, shown),
      bestShare7d: bestShareOf(best.week, shown),
      bestShareEver: bestShareOf(best.all, shown),
    }),
    luck,
    currentEffort,
  };
}

/** As the books have it; without them as statistics do, which know nothing of what became of it. */
async function lastBlockOf(deps: PublicDeps, parts: Parts): Promise<BlockMessage | null> {
  const { books, series, clock, settings: { finders } } = deps;
  const block = await parts.take("ledger", () => books.newestBlock(), undefined);
  if (block === null) return null;
  if (block !== undefined) return (await summariesOf(deps, parts, [block]))[0]!;
  const untilMs = clock.now();
  const [newest] = await parts.take("statistics", () => series.blocks({ untilMs, limit: 1 }), []);
  return newest === undefined ? null : foundBlock(newest);

  function foundBlock(point: BlockPoint): BlockMessage {
    const { hash, height, foundAtMs, networkDifficulty, effort } = point;
    return {
      hash,
      height,
      foundAt: timestampFromMs(foundAtMs),
      state: BlockState.UNSPECIFIED,
      ...effort === null ? {} : { effort },
      networkDifficulty,
      ...finderOf(point, finders),
    };
  }
}

async function summariesOf(
  { series, settings: { finders } }: PublicDeps,
  parts: Parts,
  blocks: readonly PoolBlock[],
): Promise<BlockMessage[]> {
  const nothing: ReadonlyMap<string, number> = new Map();
  const efforts = await parts.take("statistics", () => effortsOf(series)(blocks), nothing);
  return blocks.map((block) => blockSummary(block, finders, efforts.get(block.hash) ?? null));
}

/** @throws {SeriesUnavailable} Without statistics there is no chart. */
export async function poolChartAnswer(
  deps: PublicDeps,
  range: ChartRange,
): Promise<MessageInitShape<typeof GetPoolChartResponseSchema>> {
  const { books, series, clock } = deps;
  const parts = partsOf(deps);
  const nowMs = clock.now();
  const counted = await countedOf(deps, parts);
  const chart = await chartOf(series, POOL, range, counted);
  const { fromMs } = chart.steps[0]!.range;
  const blocks = await parts.take(
    "ledger",
    () => books.blocksBetween(fromMs, nowMs, CHART_BLOCKS_MAX),
    [],
  );
  return {
    stepSeconds: chart.stepMs / 1_000,
    points: pointsOf(chart, counted),
    blocks: await summariesOf(deps, parts, blocks),
    shares: chartTotals(chart),
    freshness: parts.freshness(nowMs, counted.untilMs),
  };
}

/** @throws {SeriesUnavailable} */
export async function topMinersAnswer(
  deps: PublicDeps,
  top: TopMiners,
  pageSize: number,
): Promise<MessageInitShape<typeof ListTopMinersResponseSchema>> {
  const { clock, settings: { finders } } = deps;
  const parts = partsOf(deps);
  const counted = await countedOf(deps, parts);
  const limit = pageSize || TOP_MINERS_USUAL;
  const found = finders === "hidden"
    ? []
    : (await top.over(last(lengthOf(Window.WINDOW_24H), counted))).slice(0, limit);
  return {
    miners: found.filter(({ account, valid }) => account !== "" && valid.shares > 0).map((one) => ({
      address: finderOf({ finder: one.account, worker: "" }, finders).finder,
      hashrate: hashrateOf(Window.WINDOW_24H, one, counted),
      workers: one.workers,
      bestDifficulty: one.best.difficulty,
    })),
    freshness: parts.freshness(clock.now(), counted.untilMs),
  };
}

export function poolTick(record: StatsLive): MessageInitShape<typeof WatchPoolResponseSchema> {
  const { lastBlock } = record;
  return {
    at: timestampFromMs(Number(record.atMs)),
    hashesPerSecond: record.hashrate,
    standardError: record.standardError,
    miners: record.accounts,
    workers: record.workers,
    sharesPerSecond: record.sharesPerSecond,
    rejectsPerSecond: record.rejectsPerSecond,
    height: record.height,
    networkDifficulty: record.networkDifficulty,
    lastBlockHash: lastBlock.length === 0 ? "" : displayHash(lastBlock as Hash),
  };
}
