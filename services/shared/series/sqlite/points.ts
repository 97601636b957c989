/**
 * Blocks and the figures of minutes, as rows.
 *
 * @module
 */
import type { BlockPoint, Figures } from "../port.ts";
import { bytesOf, nameOf } from "./names.ts";
import type { Value } from "./read_connection.ts";

export const WRITE_BLOCK = "INSERT OR REPLACE INTO block VALUES (?, ?, ?, ?, ?, ?, ?)";

export function blockValues(block: BlockPoint): Value[] {
  return [
    block.hash,
    block.height,
    block.foundAtMs,
    bytesOf(block.finder),
    bytesOf(block.worker),
    block.networkDifficulty,
    block.effort,
  ];
}

/** Values: until, limit. */
export const READ_BLOCKS =
  "SELECT * FROM block WHERE found_at < ? ORDER BY found_at DESC, hash LIMIT ?";

export function blockOf(columns: readonly unknown[]): BlockPoint {
  return {
    hash: columns[0] as string,
    height: columns[1] as number,
    foundAtMs: columns[2] as number,
    finder: nameOf(columns[3]),
    worker: nameOf(columns[4]),
    networkDifficulty: columns[5] as number,
    effort: columns[6] as number | null,
  };
}

export const WRITE_FIGURES = "INSERT OR REPLACE INTO figures VALUES (?, ?, ?, ?, ?, ?)";

export function figuresValues(figures: Figures): Value[] {
  const { minuteMs, hashrate, accounts, workers, height, networkDifficulty } = figures;
  return [minuteMs, hashrate, accounts, workers, height, networkDifficulty];
}

/** Values: from, until. */
export const READ_FIGURES = "SELECT * FROM figures WHERE at >= ? AND at < ? ORDER BY at";

export function figuresOf(columns: readonly unknown[]): Figures {
  const [minuteMs, hashrate, accounts, workers, height, networkDifficulty] = columns as number[];
  return {
    minuteMs: minuteMs!,
    hashrate: hashrate!,
    accounts: accounts!,
    workers: workers!,
    height: height!,
    networkDifficulty: networkDifficulty!,
  };
}
