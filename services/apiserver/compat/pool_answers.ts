/**
 * public-pool's answers about the whole pool, out of this pool's own figures: a speed here is the one of /api/v1/pool
 * over 15 minutes, which is nearest to the two slots of ten that the original looks at.
 *
 * @module
 */
import type { Network as Chain } from "@gopool/chain";
import { ChartRange, Window } from "@gopool/proto/api";
import { type BestBy, type BlockPoint, type Subject, workOf } from "@gopool/series";
import { finderOf } from "../books/mod.ts";
import { chartOf } from "../public/chart.ts";
import { countedOf } from "../public/counted.ts";
import { partsOf, type PublicDeps } from "../public/deps.ts";
import { overviewOf, speedOver, sumOver } from "../public/figures.ts";
import { nowOf } from "../public/now.ts";
import { OnceARange } from "../public/once_a_range.ts";
import type { Parts } from "../public/parts.ts";
import { TopMiners } from "../public/top_miners.ts";
import { type Counted, ever, last, lengthOf, secondsOf } from "../public/windows.ts";
import { BLOCKS_MAX, HIGH_SCORES_MAX } from "./limits.ts";
import { sessionIdOf, shownName } from "./names.ts";
import type { ChartSlot, FoundBlock, HighScore, Info, Network, Pool } from "./shapes.ts";

const POOL: Subject = { kind: "pool" };

/** Seconds between blocks that Bitcoin aims at. */
const BLOCK_SECONDS = 600;

/** Names of Bitcoin Core's getmininginfo (util/chaintype.cpp). */
const CHAINS: Readonly<Record<Chain, string>> = {
  main: "main",
  testnet3: "test",
  testnet4: "testnet4",
  signet: "signet",
  regtest: "regtest",
};

/** Speed over 15 minutes, hashes a second. */
export async function speedNow(
  deps: PublicDeps,
  subject: Subject,
  counted: Counted,
): Promise<number> {
  const sum = sumOver(await overviewOf(deps.series, subject, counted), Window.WINDOW_15M);
  return speedOver(sum.valid, secondsOf(sum.range, counted)).hashesPerSecond;
}

/** @throws {SeriesUnavailable} */
export async function poolOf(deps: PublicDeps): Promise<Pool> {
  const { books } = deps;
  const parts = partsOf(deps);
  const counted = await countedOf(deps);
  const [totalHashRate, now, blocksFound, terms] = await Promise.all([
    speedNow(deps, POOL, counted),
    nowStrict(deps, parts, counted),
    foundBlocks(deps),
    parts.take("ledger", () => books.terms(), null),
  ]);
  return {
    totalHashRate,
    blockHeight: tipOf(now.height),
    totalMiners: now.workers,
    blocksFound,
    ...terms === null ? {} : { fee: terms.feeBasisPoints / 100 },
  };
}

/** @param startedMs When this server was started. @throws {SeriesUnavailable} */
export async function infoOf(
  deps: PublicDeps,
  shares: BestShares,
  startedMs: number,
): Promise<Info> {
  const parts = partsOf(deps);
  const counted = await countedOf(deps);
  const [blockData, totalHashRate, now, highScores] = await Promise.all([
    foundBlocks(deps),
    speedNow(deps, POOL, counted),
    nowStrict(deps, parts, counted),
    highScoresOf(shares, counted),
  ]);
  // What a miner calls itself is in no figure: all of them are one row, so that sums over rows come out right.
  const userAgents = now.workers === 0 ? [] : [{
    userAgent: "all",
    count: now.workers,
    bestDifficulty: highScores[0]?.bestDifficulty ?? 0,
    totalHashRate,
  }];
  return { blockData, userAgents, highScores, uptime: isoOf(startedMs) };
}

/** @throws {SeriesUnavailable} */
export async function networkOf(deps: PublicDeps): Promise<Network> {
  const { network } = deps;
  const counted = await countedOf(deps);
  const { height, networkDifficulty } = await nowStrict(deps, partsOf(deps), counted);
  return {
    blocks: tipOf(height),
    // Of the node's own last template, which nobody mines on here.
    currentblockweight: 0,
    currentblocktx: 0,
    difficulty: networkDifficulty,
    networkhashps: workOf(networkDifficulty) / BLOCK_SECONDS,
    pooledtx: 0,
    chain: CHAINS[network],
    warnings: "",
  };
}

/** The ten-minute slots of the last 24 hours; the one that is not over is left out, as the original does. */
export async function slotsOf(deps: PublicDeps, subject: Subject): Promise<ChartSlot[]> {
  const counted = await countedOf(deps);
  const { steps, stepMs } = await chartOf(
    deps.series,
    subject,
    ChartRange.CHART_RANGE_24H,
    counted,
  );
  return steps
    .filter(({ range }) => range.untilMs - range.fromMs === stepMs)
    .filter(({ range }) => range.untilMs > counted.firstMs)
    .map(({ range, valid }) => ({
      label: isoOf(range.fromMs),
      data: speedOver(valid, secondsOf(range, counted)).hashesPerSecond,
    }));
}

export function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** Live figures, or what statistics know without them. */
async function nowStrict(deps: PublicDeps, parts: Parts, counted: Counted) {
  const now = await nowOf(deps, parts, counted);
  parts.need("statistics");
  return now;
}

/** Height of the tip under the block that is worked on; 0 where it is not known. */
function tipOf(height: number): number {
  return Math.max(0, height - 1);
}

async function foundBlocks({ series, clock, settings: { finders } }: PublicDeps) {
  const blocks = await series.blocks({ untilMs: clock.now(), limit: BLOCKS_MAX });
  return blocks.map((block): FoundBlock => foundBlock(block));

  function foundBlock(point: BlockPoint): FoundBlock {
    const { finder, worker } = finderOf(point, finders);
    return {
      height: point.height,
      minerAddress: finder,
      worker: shownName(worker),
      // Of what is shown: the id of the whole address would tell whoever tries out addresses.
      sessionId: sessionIdOf(finder, worker),
    };
  }
}

/** What is asked of the store once a minute for all who ask: the original's dashboards ask every ten seconds. */
export interface BestShares {
  readonly week: TopMiners;
  readonly ever: OnceARange<BestBy | null>;
}

export function bestSharesOf(series: PublicDeps["series"]): BestShares {
  return {
    week: new TopMiners(series),
    ever: new OnceARange((range) => series.best(POOL, range)),
  };
}

/** The best of the hundred who worked most in a week, and the pool's best of all times. */
async function highScoresOf(shares: BestShares, counted: Counted): Promise<HighScore[]> {
  const [top, best] = await Promise.all([
    shares.week.over(last(lengthOf(Window.WINDOW_7D), counted)),
    shares.ever.over(ever(counted)),
  ]);
  const all = top.map(({ account, best }) => ({ account, ...best }));
  if (best !== null && !all.some(({ difficulty }) => difficulty >= best.difficulty)) all.push(best);
  return all.filter(({ difficulty }) => difficulty > 0)
    .toSorted((a, b) => b.difficulty - a.difficulty)
    .slice(0, HIGH_SCORES_MAX)
    .map(({ difficulty, atMs }) => ({
      updatedAt: isoOf(atMs),
      bestDifficulty: difficulty,
      bestDifficultyUserAgent: "",
    }));
}
