/**
 * Blocks read.
 *
 * @module
 */
import type { Tx } from "../port.ts";
import type { Block, BlockState, Coinbase, CoinbaseOutput } from "./types.ts";

type BlockRow = {
  hash: Uint8Array;
  height: number;
  found_at_ms: bigint;
  nbits: number;
  origin: Block["origin"];
  log_id: string | null;
  log_offset: bigint | null;
  job_id: string;
  variant: bigint;
  snapshot_id: Uint8Array | null;
  finder: string;
  worker: string;
  gateway: string;
  facts: Uint8Array | null;
  remarks: string[];
  state: BlockState;
  epoch: number;
  booked: boolean;
  matured: boolean;
  confirmations: number | null;
  watched: boolean;
  coinbase_txid: Uint8Array | null;
  value: bigint | null;
  settled_at_ms: bigint | null;
  scheme: string | null;
  fee: bigint | null;
  donation: bigint | null;
  waits_for: string | null;
};

const COLUMNS =
  `hash, height, found_at_ms, nbits, origin, log_id, log_offset, job_id, variant, snapshot_id, finder,
  worker, gateway, facts, remarks, state, epoch, booked, matured, confirmations, watched, coinbase_txid, value,
  settled_at_ms, scheme, fee, donation, waits_for`;

function blockOfRow(row: BlockRow): Block {
  return {
    hash: row.hash,
    height: row.height,
    foundAtMs: Number(row.found_at_ms),
    nbits: row.nbits,
    origin: row.origin,
    record: row.log_id === null ? null : { logId: row.log_id, offset: Number(row.log_offset) },
    jobId: row.job_id,
    variant: Number(row.variant),
    snapshotId: row.snapshot_id ?? new Uint8Array(),
    finder: row.finder,
    worker: row.worker,
    gateway: row.gateway,
    facts: row.facts,
    remarks: row.remarks,
    state: row.state,
    epoch: row.epoch,
    booked: row.booked,
    matured: row.matured,
    confirmations: row.confirmations,
    watched: row.watched,
    coinbaseTxid: row.coinbase_txid,
    value: row.value,
    settledAtMs: row.settled_at_ms === null ? null : Number(row.settled_at_ms),
    scheme: row.scheme,
    fee: row.fee,
    donation: row.donation,
    waitsFor: row.waits_for,
  };
}

/** A block by its hash; with `lock`, nobody else changes it until the transaction ends. */
export async function blockOf(
  tx: Tx,
  hash: Uint8Array,
  { lock = false }: { lock?: boolean } = {},
): Promise<Block | null> {
  const [row] = await tx.prepared<BlockRow>(
    lock ? "block_lock" : "block_of",
    `SELECT ${COLUMNS} FROM block WHERE hash = $1${lock ? " FOR UPDATE" : ""}`,
    [hash],
  );
  return row === undefined ? null : blockOfRow(row);
}

/** Blocks that the nodes are still asked about, those not looked at for longest first. */
export async function watchedBlocks(tx: Tx, limit: number): Promise<Block[]> {
  const rows = await tx.prepared<BlockRow>(
    "blocks_watched",
    `SELECT ${COLUMNS} FROM block WHERE watched ORDER BY looked_at_ms NULLS FIRST, height, hash LIMIT $1`,
    [limit],
  );
  return rows.map(blockOfRow);
}

/**
 * Blocks on the best chain that are not split yet and were found at `untilMs` or before, oldest first; those that wait
 * for something come after those that were not tried yet.
 */
export async function unsettledBlocks(tx: Tx, untilMs: number, limit: number): Promise<Block[]> {
  const rows = await tx.prepared<BlockRow>(
    "blocks_unsettled",
    `SELECT ${COLUMNS} FROM block
     WHERE scheme IS NULL AND state IN ('confirmed', 'mature') AND found_at_ms <= $1
     ORDER BY waits_for IS NOT NULL, found_at_ms, hash LIMIT $2`,
    [untilMs, limit],
  );
  return rows.map(blockOfRow);
}

/**
 * T of the oldest block that may still have to be split: the slices that its window needs must stay. Null where there
 * is none. Blocks that rest unknown to every node, and orphans that rest, do not count.
 */
export async function oldestUnsettledMs(tx: Tx): Promise<number | null> {
  const [row] = await tx.prepared<{ at: bigint | null }>(
    "blocks_oldest_unsettled",
    "SELECT min(found_at_ms) AS at FROM block WHERE scheme IS NULL AND watched",
  );
  return row?.at == null ? null : Number(row.at);
}

/**
 * Log time from which these books have shares, ms since the Unix epoch; null where no log was opened yet. A block found
 * earlier is not theirs: it goes whole to the account "opening".
 */
export async function openingOf(tx: Tx): Promise<number | null> {
  const [row] = await tx.prepared<{ at: bigint | null }>(
    "books_opening",
    "SELECT min(begins_at_ms) AS at FROM log",
  );
  return row?.at == null ? null : Number(row.at);
}

export interface BlocksAsked {
  /** Only those behind it; null or missing: from the highest on. */
  readonly after?: Pick<Block, "height" | "foundAtMs" | "hash"> | null;
  readonly state?: BlockState;
}

/** The highest blocks first, for people; at one height the latest first. */
export async function latestBlocks(
  tx: Tx,
  limit: number,
  { after = null, state }: BlocksAsked = {},
): Promise<Block[]> {
  const rows = await tx.query<BlockRow>(
    `SELECT ${COLUMNS} FROM block
     WHERE ($2::int IS NULL OR (-height, -found_at_ms, hash) > (-$2::int, -$3::bigint, $4::bytea))
       AND ($5::text IS NULL OR state = $5)
     ORDER BY height DESC, found_at_ms DESC, hash LIMIT $1`,
    [limit, after?.height ?? null, after?.foundAtMs ?? null, after?.hash ?? null, state ?? null],
  );
  return rows.map(blockOfRow);
}

/** The coinbase as read from the chain; null before a node has shown the block. */
export async function coinbaseOf(tx: Tx, block: Block): Promise<Coinbase | null> {
  const { hash, coinbaseTxid: txid } = block;
  if (txid === null) return null;
  const rows = await tx.prepared<
    { position: number; sats: bigint; script: Uint8Array; is_pool: boolean }
  >(
    "block_outputs",
    `SELECT position, sats, script, is_pool FROM block_output WHERE block_hash = $1 ORDER BY position`,
    [hash],
  );
  const outputs = rows.map(({ is_pool: isPool, ...rest }): CoinbaseOutput => ({ ...rest, isPool }));
  return { txid, outputs };
}

export type BlockEvent =
  | "taken"
  | "confirmed"
  | "settled"
  | "booked"
  | "matured"
  | "orphaned"
  | "rested"
  | "woken";

/** Writes the block's history. */
export async function noteEvent(
  tx: Tx,
  hash: Uint8Array,
  what: BlockEvent,
  epoch: number,
  atMs: number,
): Promise<void> {
  await tx.prepared(
    "block_event",
    "INSERT INTO block_event (block_hash, what, epoch, at_ms) VALUES ($1, $2, $3, $4)",
    [hash, what, epoch, atMs],
  );
}
