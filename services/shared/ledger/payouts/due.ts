/**
 * What is owed and can be paid, and what was paid of late.
 *
 * @module
 */
import type { Tx } from "../port.ts";

export interface DueBalance {
  readonly account: number;
  /** Canonical address. */
  readonly name: string;
  /** Mature, less what the account owes in immature ones (I6, I7). */
  readonly sats: bigint;
}

/**
 * Miners' balances of at least so much, those that have waited longest first: since their last payment was planned, or
 * since their first entry; of equal ones by address.
 */
export function dueBalances(tx: Tx, leastSats: bigint): Promise<DueBalance[]> {
  return tx.prepared<{ account: number; name: string; sats: bigint }>(
    "payout_due",
    `SELECT a.id AS account, a.name, m.sats + least(coalesce(i.sats, 0), 0) AS sats
     FROM balance m
     JOIN account a ON a.id = m.account_id AND a.kind = 'miner'
     LEFT JOIN balance i ON i.account_id = m.account_id AND i.bucket = 0
     WHERE m.bucket = 1 AND m.sats + least(coalesce(i.sats, 0), 0) >= $1
     ORDER BY coalesce(
       (SELECT p.planned_at_ms FROM payout_line l JOIN payout p ON p.id = l.payout_id
        WHERE l.account_id = a.id ORDER BY l.payout_id DESC LIMIT 1),
       (SELECT t.at_ms FROM entry e JOIN transfer t ON t.id = e.transfer_id
        WHERE e.account_id = a.id ORDER BY e.transfer_id LIMIT 1)
     ), a.name COLLATE "C"`,
    [leastSats],
  );
}

/** Debits of payments planned after a time and not cancelled: what a daily limit counts. */
export async function plannedSince(tx: Tx, sinceMs: number): Promise<bigint> {
  const [row] = await tx.prepared<{ sats: bigint | null }>(
    "payout_planned_since",
    `SELECT sum(gross_sats) AS sats FROM payout WHERE planned_at_ms > $1 AND state <> 'cancelled'`,
    [sinceMs],
  );
  return row?.sats ?? 0n;
}

/** Payments that wait for an operator or for a signature: no other is planned beside them. */
export async function unsignedPayouts(tx: Tx): Promise<number> {
  const [row] = await tx.prepared<{ count: bigint }>(
    "payout_unsigned",
    "SELECT count(*) FROM payout WHERE state IN ('awaiting', 'planned')",
  );
  return Number(row!.count);
}

/** An account that is due and was not paid, and why, as the rest of a sentence. */
export interface Aside {
  readonly account: number;
  readonly reason: string;
}

/** Writes anew who is set aside; those that were before keep their time. */
export async function noteAside(tx: Tx, asides: readonly Aside[], atMs: number): Promise<void> {
  const accounts = asides.map(({ account }) => account);
  await tx.query("DELETE FROM payout_aside WHERE account_id <> ALL($1::int[])", [accounts]);
  await tx.query(
    `INSERT INTO payout_aside (account_id, reason, since_ms)
     SELECT u.account, u.reason, $3 FROM unnest($1::int[], $2::text[]) AS u (account, reason)
     ON CONFLICT (account_id) DO UPDATE SET reason = excluded.reason`,
    [accounts, asides.map(({ reason }) => reason), atMs],
  );
}

export interface AsideAccount extends Aside {
  readonly name: string;
  readonly sinceMs: number;
}

/** Accounts that the last run set aside, those longest there first. */
export async function asideAccounts(tx: Tx, limit: number): Promise<AsideAccount[]> {
  const rows = await tx.query<
    { account: number; name: string; reason: string; since_ms: bigint }
  >(
    `SELECT account_id AS account, name, reason, since_ms FROM payout_aside
     JOIN account ON account.id = account_id ORDER BY since_ms, name COLLATE "C" LIMIT $1`,
    [limit],
  );
  return rows.map(({ since_ms, ...rest }) => ({ ...rest, sinceMs: Number(since_ms) }));
}
