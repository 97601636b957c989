/** Where a rebuild begins: at the logs' openings, or at a checkpoint of the ledger's own. @module */
import { shareValid } from "@gopool/bus";
import type { Tx } from "@gopool/ledger";
import { type ShareLog, shareLogs } from "@gopool/ledger/shares";
import type { Differences } from "./differences.ts";
import { type History, HistoryMissing } from "./history.ts";
import type { Stretch } from "./read_shares.ts";
import type { Scratch } from "./scratch.ts";

export interface Start {
  readonly words: string;
  readonly stretches: readonly Stretch[];
  /** Slices of minutes before it are the ledger's own. */
  readonly fromMinute: number;
}

/** @throws {HistoryMissing} Neither the beginning nor a checkpoint can be read from. */
export async function startFrom(
  tx: Tx,
  history: History,
  _scratch: Scratch,
  _differences: Differences,
): Promise<Start> {
  const logs = await shareLogs(tx);
  const stretches = (await Promise.all(logs.map((log) => stretchesOf(tx, log)))).flat();
  for (const stretch of stretches) {
    const missing = await firstMissing(history, stretch);
    if (missing !== null) throw missing;
  }
  return {
    words: logs.length === 1
      ? "from the beginning of the log"
      : `from the beginning, over ${logs.length} logs`,
    stretches,
    fromMinute: 0,
  };
}

/** What cannot be read of a stretch; null where all of it can. */
export async function firstMissing(
  history: History,
  { log, partition, from, to }: Stretch,
): Promise<HistoryMissing | null> {
  if (from.nextOffset >= to.nextOffset) return null;
  const held = (await history.held(log, shareValid)).filter((one) => one.partition === partition);
  let at = from.nextOffset;
  for (;;) {
    const next = held.find((one) => one.from <= at && at < one.next);
    if (next === undefined) return new HistoryMissing(log, shareValid, partition, at);
    if (next.next >= to.nextOffset) return null;
    at = next.next;
  }
}

interface PositionRow {
  partition: number;
  source_offset: bigint;
  header_hash: Uint8Array;
  next_offset: bigint;
  opened_source_offset: bigint;
  opened_next_offset: bigint;
  shares: bigint;
  [column: string]: unknown;
}

export async function stretchesOf(tx: Tx, { number, id, busId }: ShareLog): Promise<Stretch[]> {
  const rows = await tx.query<PositionRow>(
    `SELECT partition, source_offset, header_hash, next_offset, opened_source_offset, opened_next_offset, shares
     FROM share_position WHERE log = $1 ORDER BY partition`,
    [number],
  );
  return rows.map((row) => ({
    number,
    log: { id, busId },
    partition: row.partition,
    from: {
      sourceOffset: Number(row.opened_source_offset),
      headerHash: new Uint8Array(),
      nextOffset: Number(row.opened_next_offset),
    },
    to: {
      sourceOffset: Number(row.source_offset),
      headerHash: row.header_hash,
      nextOffset: Number(row.next_offset),
    },
    shares: row.shares,
  }));
}
