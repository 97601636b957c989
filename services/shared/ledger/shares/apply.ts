/**
 * What one batch of share.valid changes: where the reading stands, and the sums. All of it in one transaction, or none.
 *
 * @module
 */
import type { Tx } from "../port.ts";
import type { SharePosition } from "./logs.ts";
import type { ShareScheme } from "./schemes.ts";

/** From where to where the reading of a partition moves. */
export interface Move {
  /** The log's number. */
  readonly log: number;
  readonly from: SharePosition;
  readonly to: SharePosition;
  /** Shares that are summed up, and shares of another pool. */
  readonly shares: number;
  readonly foreign: number;
}

/** What the shares of a batch are summed by, as it stands in the transaction. */
export interface Moved {
  readonly firstOpenMinute: number;
  readonly scheduleVersion: number;
}

/**
 * Moves the position by compare-and-set: the fence between two that read the same partition. First of all that a batch
 * writes, after the shared side of the shares' lock is taken: whoever comes second waits here, and finds it moved.
 *
 * @returns Null where the position is not (any more) at `from`, or the log is closed: nothing may be written then.
 */
export async function movePosition(tx: Tx, move: Move): Promise<Moved | null> {
  const { log, from, to } = move;
  const [row] = await tx.prepared<{ minute: number; version: number }>(
    "share_position_move",
    `UPDATE share_position SET source_offset = $5, header_hash = $6, logged_at_ms = $7, next_offset = $8,
       shares = shares + $9, foreign_shares = foreign_shares + $10
     WHERE log = $1 AND partition = $2 AND source_offset = $3 AND next_offset = $4
       AND EXISTS (SELECT FROM log WHERE number = $1 AND closed_at_ms IS NULL)
     RETURNING (SELECT first_open_minute FROM share_book) AS minute,
       (SELECT schedule_version FROM share_book) AS version`,
    [
      log,
      to.partition,
      from.sourceOffset,
      from.nextOffset,
      to.sourceOffset,
      to.headerHash,
      to.loggedAtMs,
      to.nextOffset,
      move.shares,
      move.foreign,
    ],
  );
  return row === undefined ? null : { firstOpenMinute: row.minute, scheduleVersion: row.version };
}

/** Slices as columns: row i is the ith of each. */
export interface SliceColumns {
  readonly minutes: number[];
  readonly schemes: ShareScheme[];
  readonly accounts: number[];
  readonly nbits: number[];
  readonly subsidies: bigint[];
  readonly shares: number[];
  readonly works: bigint[];
}

/**
 * Adds to the slices. No two rows may have one key. In one order, so that two batches do not wait for each other.
 *
 * One statement for each run of rows that differ by account alone: the server then reads three columns instead of seven,
 * which is a third of the whole.
 */
export async function addSlices(tx: Tx, slices: SliceColumns): Promise<void> {
  const { minutes, schemes, nbits, subsidies, accounts, shares, works } = slices;
  for (const [from, to] of runsOf(slices)) {
    await tx.prepared(
      "slices_add",
      `INSERT INTO slice_minute AS s (minute, scheme, account_id, nbits, subsidy, shares, work)
       SELECT $1::int, $2::scheme, account_id, $3::int, $4::bigint, shares, work
       FROM unnest($5::int[], $6::int[], $7::numeric[]) AS t(account_id, shares, work) ORDER BY account_id
       ON CONFLICT (minute, scheme, account_id, nbits, subsidy)
         DO UPDATE SET shares = s.shares + excluded.shares, work = s.work + excluded.work`,
      [
        minutes[from],
        schemes[from],
        nbits[from],
        subsidies[from],
        accounts.slice(from, to),
        shares.slice(from, to),
        works.slice(from, to),
      ],
    );
  }
}

/** Rows [from, to) that stand together and differ by account alone; by minute, scheme, nBits and subsidy. */
function runsOf({ minutes, schemes, nbits, subsidies }: SliceColumns): [number, number][] {
  const same = (a: number, b: number) =>
    minutes[a] === minutes[b] && schemes[a] === schemes[b] && nbits[a] === nbits[b] &&
    subsidies[a] === subsidies[b];
  const runs: [number, number][] = [];
  for (let from = 0, at = 1; at <= minutes.length; at++) {
    if (at < minutes.length && same(from, at)) continue;
    runs.push([from, at]);
    from = at;
  }
  const order = <T extends number | string | bigint>(a: T, b: T) => a < b ? -1 : a > b ? 1 : 0;
  return runs.sort(([a], [b]) =>
    order(minutes[a]!, minutes[b]!) || order(schemes[a]!, schemes[b]!) ||
    order(nbits[a]!, nbits[b]!) || order(subsidies[a]!, subsidies[b]!)
  );
}

/** A share that came when its minute was closed. */
export interface LateShare {
  readonly sourceOffset: number;
  readonly loggedMinute: number;
  /** Where it counts. */
  readonly minute: number;
}

export async function noteLate(
  tx: Tx,
  log: number,
  partition: number,
  late: readonly LateShare[],
): Promise<void> {
  if (late.length === 0) return;
  await tx.prepared(
    "late_shares_add",
    `INSERT INTO late_share (log, partition, source_offset, logged_minute, minute)
     SELECT $1, $2, * FROM unnest($3::bigint[], $4::int[], $5::int[])`,
    [
      log,
      partition,
      late.map(({ sourceOffset }) => sourceOffset),
      late.map(({ loggedMinute }) => loggedMinute),
      late.map(({ minute }) => minute),
    ],
  );
}

/** A worker that was seen. */
export interface SeenWorker {
  readonly account: number;
  readonly name: string;
  readonly seenMs: number;
}

/** Notes workers as seen. None twice; in one order, so that two batches do not wait for each other. */
export async function noteWorkers(tx: Tx, workers: readonly SeenWorker[]): Promise<void> {
  if (workers.length === 0) return;
  await tx.prepared(
    "workers_seen",
    `INSERT INTO worker AS w (account_id, name, first_seen_ms, last_seen_ms)
     SELECT account_id, name, seen, seen FROM unnest($1::int[], $2::text[], $3::bigint[])
       AS t(account_id, name, seen) ORDER BY account_id, name
     ON CONFLICT (account_id, name) DO UPDATE SET last_seen_ms = greatest(w.last_seen_ms, excluded.last_seen_ms)`,
    [
      workers.map(({ account }) => account),
      workers.map(({ name }) => name),
      workers.map(({ seenMs }) => seenMs),
    ],
  );
}
