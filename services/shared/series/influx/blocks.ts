/**
 * Blocks and the pool's figures by minute.
 *
 * @module
 */
import { MINUTE_MS } from "../levels.ts";
import type { BlockPoint, Figures, Range } from "../port.ts";
import { BLOCK_STRETCH_FIRST_MS, BLOCK_STRETCH_LAST_MS } from "./limits.ts";
import { EFFORT_UNKNOWN } from "./lines.ts";
import type { Columns, InfluxServer } from "./server.ts";
import { inHalves, inSlices } from "./slices.ts";
import { numberOf, textOf, timeOf, within } from "./sql.ts";
import type { Places } from "./tables.ts";

export interface BlocksDeps {
  readonly server: Pick<InfluxServer, "select">;
  readonly places: Pick<Places, "blocks" | "figures">;
}

/**
 * The newest of a range. How many blocks a stretch holds nobody knows before it is asked: a day first, then
 * longer and longer ones; one that needs too many files is asked in halves.
 */
export async function newestBlocks(
  { server, places: { blocks } }: BlocksDeps,
  { fromMs, untilMs }: Range,
  limit: number,
): Promise<BlockPoint[]> {
  const found: BlockPoint[] = [];
  let stretchMs = BLOCK_STRETCH_FIRST_MS;
  for (let end = untilMs; end > fromMs && found.length < limit;) {
    const begin = Math.max(end - stretchMs, fromMs);
    const rows = await inHalves({ fromMs: begin, untilMs: end }, 0, (part) =>
      server.select(
        blocks.database,
        `SELECT hash, height, finder, worker, network_difficulty, effort, time FROM ` +
          `${blocks.table.name} WHERE ${within(part)} ORDER BY time DESC, hash ASC LIMIT ${limit}`,
      ));
    found.push(...rows.map(blockOf).sort(newestFirst));
    end = begin;
    stretchMs = Math.min(2 * stretchMs, BLOCK_STRETCH_LAST_MS);
  }
  return found.slice(0, limit);
}

export async function countBlocks(
  { server, places: { blocks } }: BlocksDeps,
  { fromMs, untilMs }: Range,
): Promise<number> {
  if (fromMs >= untilMs) return 0;
  const rows = await inHalves({ fromMs, untilMs }, 0, (part) =>
    server.select(
      blocks.database,
      `SELECT count(*) AS blocks FROM ${blocks.table.name} WHERE ${within(part)}`,
    ));
  return rows.reduce((sum, row) => sum + numberOf(row.blocks), 0);
}

export async function figuresOf(
  { server, places: { figures } }: BlocksDeps,
  range: Range,
): Promise<Figures[]> {
  const rows = await inSlices(range, MINUTE_MS, (slice) =>
    server.select(
      figures.database,
      `SELECT hashrate, accounts, workers, height, network_difficulty, time FROM ` +
        `${figures.table.name} WHERE ${within(slice)} ORDER BY time`,
    ));
  return rows.map((row) => ({
    minuteMs: timeOf(row.time),
    hashrate: numberOf(row.hashrate),
    accounts: numberOf(row.accounts),
    workers: numberOf(row.workers),
    height: numberOf(row.height),
    networkDifficulty: numberOf(row.network_difficulty),
  }));
}

function newestFirst(a: BlockPoint, b: BlockPoint): number {
  return b.foundAtMs - a.foundAtMs || (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0);
}

function blockOf(row: Columns): BlockPoint {
  const effort = numberOf(row.effort);
  return {
    hash: textOf(row.hash),
    height: numberOf(row.height),
    foundAtMs: timeOf(row.time),
    finder: textOf(row.finder),
    worker: textOf(row.worker),
    networkDifficulty: numberOf(row.network_difficulty),
    effort: effort === EFFORT_UNKNOWN ? null : effort,
  };
}
