/** Where a rebuild begins: where the logs were opened, or at a checkpoint of the ledger's own. @module */
import { shareValid } from "@gopool/bus";
import type { ShareScheme, Tx } from "@gopool/ledger";
import { type Checkpoint, latestCheckpoint } from "@gopool/ledger/books_tools";
import { type ShareLog, shareLogs } from "@gopool/ledger/shares";
import { type History, HistoryMissing } from "./history.ts";
import type { Stretch } from "./read_shares.ts";
import type { Scratch } from "./scratch.ts";

export interface Start {
  /** In a sentence. */
  readonly words: string;
  readonly stretches: readonly Stretch[];
  /** Slices of minutes before it are the ledger's own. */
  readonly fromMinute: number;
}

/**
 * From the very beginning where the log is whole; otherwise from the latest checkpoint, whose open minutes are put into
 * the scratch.
 *
 * @throws {HistoryMissing} Neither can be read on from.
 */
export async function startFrom(tx: Tx, history: History, scratch: Scratch): Promise<Start> {
  const logs = await shareLogs(tx);
  const whole = (await Promise.all(logs.map((log) => stretchesOf(tx, log)))).flat();
  const missing = await firstMissing(history, whole);
  if (missing === null) {
    const words = logs.length > 1
      ? `from the beginning, over ${logs.length} logs`
      : "from the beginning of the log";
    return { words, stretches: whole, fromMinute: 0 };
  }
  const checkpoint = await latestCheckpoint(tx);
  if (checkpoint === null) throw missing;
  const stretches = await stretchesFrom(tx, checkpoint, whole);
  const stillMissing = await firstMissing(history, stretches);
  if (stillMissing !== null) throw stillMissing;
  await takeOpenMinutes(tx, checkpoint, scratch);
  const at = new Date(Number(checkpoint.atMs)).toISOString();
  return {
    words:
      `from the checkpoint of ${at}: what is older is taken from the ledger as it stands, because ` +
      missing.message,
    stretches,
    fromMinute: checkpoint.firstOpenMinute,
  };
}

/** The first that cannot be read; null where all can. */
async function firstMissing(
  history: History,
  stretches: readonly Stretch[],
): Promise<HistoryMissing | null> {
  for (const { log, partition, from, to } of stretches) {
    const held = (await history.held(log, shareValid)).filter((one) => one.partition === partition);
    for (let at = from.nextOffset; at < to.nextOffset;) {
      const next = held.find((one) => one.from <= at && at < one.next);
      if (next === undefined) return new HistoryMissing(log, shareValid, partition, at);
      at = next.next;
    }
  }
  return null;
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

async function stretchesOf(tx: Tx, { number, id, busId }: ShareLog): Promise<Stretch[]> {
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

/** The same, from where the reading stood at the checkpoint; logs opened later from their opening. */
async function stretchesFrom(
  tx: Tx,
  { id }: Checkpoint,
  whole: readonly Stretch[],
): Promise<Stretch[]> {
  const rows = await tx.query<{
    log: number;
    partition: number;
    source_offset: bigint;
    header_hash: Uint8Array;
    next_offset: bigint;
    shares: bigint;
  }>(
    `SELECT log, partition, source_offset, header_hash, next_offset, shares FROM checkpoint_position
     WHERE checkpoint = $1`,
    [id],
  );
  return whole.map((stretch) => {
    const { number, partition } = stretch;
    const at = rows.find((row) => row.log === number && row.partition === partition);
    if (at === undefined) return stretch;
    const from = {
      sourceOffset: Number(at.source_offset),
      headerHash: at.header_hash,
      nextOffset: Number(at.next_offset),
    };
    return { ...stretch, from, shares: stretch.shares - at.shares };
  });
}

async function takeOpenMinutes(tx: Tx, { id }: Checkpoint, scratch: Scratch): Promise<void> {
  const rows = await tx.query<{
    minute: number;
    scheme: ShareScheme;
    account: string;
    nbits: number;
    subsidy: bigint;
    shares: number;
    work: bigint;
  }>(
    `SELECT minute, scheme::text AS scheme, name AS account, nbits, subsidy, shares, work
     FROM checkpoint_slice JOIN account ON account.id = account_id WHERE checkpoint = $1`,
    [id],
  );
  scratch.add(rows);
}
