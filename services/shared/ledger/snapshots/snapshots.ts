/**
 * Snapshots: what coinbases were to pay when their jobs went out. Kept before the split is published, so that a block
 * can always be booked by the outputs that its miners saw.
 *
 * @module
 */
import type { Tx } from "../port.ts";

export interface SnapshotOutput {
  readonly account: number;
  readonly script: Uint8Array;
  readonly sats: bigint;
  /** Of `sats`, what was owed from before. */
  readonly carried: bigint;
}

export interface Snapshot {
  /** 16 bytes. */
  readonly id: Uint8Array;
  /** The window counts back from here, this minute not included. Every minute before it is closed. */
  readonly minute: number;
  /** Satoshis divided. */
  readonly value: bigint;
  readonly atMs: number;
  readonly expiresAtMs: number;
}

export async function keepSnapshot(
  tx: Tx,
  { id, minute, value, atMs, expiresAtMs }: Snapshot,
  outputs: readonly SnapshotOutput[],
): Promise<void> {
  await tx.query(
    "INSERT INTO snapshot (id, minute, value, at_ms, expires_at_ms) VALUES ($1, $2, $3, $4, $5)",
    [id, minute, value, atMs, expiresAtMs],
  );
  await tx.query(
    `INSERT INTO snapshot_output (snapshot_id, script, account_id, sats, carried)
     SELECT $1, * FROM unnest($2::bytea[], $3::int[], $4::bigint[], $5::bigint[])`,
    [
      id,
      outputs.map(({ script }) => script),
      outputs.map(({ account }) => account),
      outputs.map(({ sats }) => sats),
      outputs.map(({ carried }) => carried),
    ],
  );
}

/** A snapshot with its outputs; null where none of that id was made, or it was dropped long ago. */
export async function snapshotOf(
  tx: Tx,
  id: Uint8Array,
): Promise<{ snapshot: Snapshot; outputs: SnapshotOutput[] } | null> {
  const [row] = await tx.query<
    { minute: number; value: bigint; at_ms: bigint; expires_at_ms: bigint }
  >("SELECT minute, value, at_ms, expires_at_ms FROM snapshot WHERE id = $1", [id]);
  if (row === undefined) return null;
  const outputs = await tx.query<
    { script: Uint8Array; account_id: number; sats: bigint; carried: bigint }
  >(
    `SELECT script, account_id, sats, carried FROM snapshot_output WHERE snapshot_id = $1
     ORDER BY sats DESC, account_id`,
    [id],
  );
  const { minute, value, at_ms, expires_at_ms } = row;
  return {
    snapshot: { id, minute, value, atMs: Number(at_ms), expiresAtMs: Number(expires_at_ms) },
    outputs: outputs.map(({ account_id: account, ...rest }) => ({ account, ...rest })),
  };
}

/**
 * Accounts whose balance a coinbase may still pay: a snapshot that carries it was offered to miners after `sinceMs`.
 * No payment is planned for them meanwhile.
 */
export async function carriedSince(tx: Tx, sinceMs: number): Promise<ReadonlySet<number>> {
  const rows = await tx.query<{ account_id: number }>(
    `SELECT DISTINCT account_id FROM snapshot_output JOIN snapshot ON id = snapshot_id
     WHERE carried > 0 AND expires_at_ms > $1`,
    [sinceMs],
  );
  return new Set(rows.map(({ account_id }) => account_id));
}

/**
 * Accounts that no payment is planned for now: what a coinbase may still pay ({@link carriedSince}), or has paid and is
 * not yet in the books ({@link carriedUnsettled}).
 */
export async function spokenFor(tx: Tx, sinceMs: number): Promise<ReadonlySet<number>> {
  return (await carriedSince(tx, sinceMs)).union(await carriedUnsettled(tx));
}

/** Drops snapshots made before `beforeMs` that no block in the books was found with. */
export async function dropSnapshots(tx: Tx, beforeMs: number): Promise<void> {
  await tx.query(
    `DELETE FROM snapshot s WHERE at_ms < $1
       AND NOT EXISTS (SELECT FROM block b WHERE b.snapshot_id = s.id)`,
    [beforeMs],
  );
}

/**
 * What blocks that are found and not yet booked have paid of balances owed from before, by account. Of one that rests,
 * because no node ever knew it, nothing was paid: those balances must not wait for ever.
 */
export async function carriedUnsettled(tx: Tx): Promise<ReadonlyMap<number, bigint>> {
  const rows = await tx.query<{ account_id: number; sats: bigint }>(
    `SELECT o.account_id, sum(o.carried)::bigint AS sats
     FROM block b JOIN snapshot_output o ON o.snapshot_id = b.snapshot_id
     WHERE NOT b.booked AND b.state <> 'orphaned' AND b.watched AND o.carried > 0
     GROUP BY o.account_id`,
  );
  return new Map(rows.map(({ account_id, sats }) => [account_id, sats]));
}
