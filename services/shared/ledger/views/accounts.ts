/** Accounts as they are listed. @module */
import type { Tx } from "../port.ts";

/** A miner's address, or the kind of one of the pool's own: what people call an account `a`. */
export const ACCOUNT_NAME = "CASE WHEN a.kind = 'miner' THEN a.name ELSE a.kind END";

export interface AccountBalance {
  readonly id: number;
  readonly name: string;
  readonly kind: string;
  readonly immature: bigint;
  readonly mature: bigint;
}

export type AccountFilter = "all" | "miners" | "own" | "debtors";

const FILTERS: Readonly<Record<AccountFilter, string>> = {
  all: "true",
  miners: "a.kind = 'miner'",
  own: "a.kind <> 'miner'",
  debtors: "a.kind = 'miner' AND coalesce(i.sats, 0) + coalesce(m.sats, 0) < 0",
};

const BALANCES =
  `SELECT a.id, ${ACCOUNT_NAME} AS name, a.kind, coalesce(i.sats, 0) AS immature, coalesce(m.sats, 0) AS mature
   FROM account a
   LEFT JOIN balance i ON i.account_id = a.id AND i.bucket = 0
   LEFT JOIN balance m ON m.account_id = a.id AND m.bucket = 1`;

export interface AccountsAsked {
  /** Only those made later; 0: from the first on. */
  readonly afterId: number;
  readonly filter: AccountFilter;
  /** Only names that begin so. */
  readonly prefix: string;
  readonly limit: number;
}

/** In the order in which they were made. */
export function accountPage(
  tx: Tx,
  { afterId, filter, prefix, limit }: AccountsAsked,
): Promise<AccountBalance[]> {
  return tx.query<AccountBalance & Record<string, unknown>>(
    `${BALANCES} WHERE a.id > $1 AND starts_with(${ACCOUNT_NAME}, $2) AND ${FILTERS[filter]}
     ORDER BY a.id LIMIT $3`,
    [afterId, prefix, limit],
  );
}

/** Who is owed most, or, of debtors, who owes most. The pool's own come first, where they are asked for. */
export function largestBalances(
  tx: Tx,
  filter: AccountFilter,
  limit: number,
): Promise<AccountBalance[]> {
  const owed = "coalesce(i.sats, 0) + coalesce(m.sats, 0)";
  return tx.query<AccountBalance & Record<string, unknown>>(
    `${BALANCES} WHERE (i.sats IS NOT NULL OR m.sats IS NOT NULL) AND ${FILTERS[filter]}
     ORDER BY a.kind = 'miner', ${filter === "debtors" ? owed : `${owed} DESC`}, a.name LIMIT $1`,
    [limit],
  );
}

/** By its address or kind; null where the books have none of that name. */
export async function accountNamed(tx: Tx, name: string): Promise<AccountBalance | null> {
  const [row] = await tx.query<AccountBalance & Record<string, unknown>>(
    `${BALANCES} WHERE (a.kind = 'miner' AND a.name = $1) OR (a.kind = $1 AND a.kind <> 'miner')`,
    [name],
  );
  return row ?? null;
}

export interface KindSum {
  readonly kind: string;
  readonly accounts: bigint;
  readonly immature: bigint;
  readonly mature: bigint;
}

/** What all accounts of a kind come to. All of them together come to nothing. */
export function sumsByKind(tx: Tx): Promise<KindSum[]> {
  return tx.query<KindSum & Record<string, unknown>>(
    `SELECT a.kind, count(DISTINCT a.id) AS accounts,
       coalesce(sum(b.sats) FILTER (WHERE b.bucket = 0), 0) AS immature,
       coalesce(sum(b.sats) FILTER (WHERE b.bucket = 1), 0) AS mature
     FROM account a LEFT JOIN balance b ON b.account_id = a.id GROUP BY a.kind ORDER BY a.kind`,
  );
}

export interface AccountFacts {
  readonly entries: bigint;
  /** By payouts that are not cancelled. */
  readonly paid: bigint;
}

export async function accountFacts(tx: Tx, id: number): Promise<AccountFacts> {
  const [row] = await tx.query<AccountFacts & Record<string, unknown>>(
    `SELECT (SELECT count(*) FROM entry WHERE account_id = $1) AS entries,
       (SELECT coalesce(sum(l.gross_sats), 0) FROM payout_line l JOIN payout p ON p.id = l.payout_id
        WHERE l.account_id = $1 AND p.state <> 'cancelled') AS paid`,
    [id],
  );
  return row!;
}

export interface WorkerSeen {
  /** Empty where it has none. */
  readonly name: string;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

/** An account's machines, those seen last first. */
export async function workersOf(tx: Tx, account: number, limit: number): Promise<WorkerSeen[]> {
  const rows = await tx.query<{ name: string; first_seen_ms: bigint; last_seen_ms: bigint }>(
    `SELECT name, first_seen_ms, last_seen_ms FROM worker WHERE account_id = $1
     ORDER BY last_seen_ms DESC, name LIMIT $2`,
    [account, limit],
  );
  return rows.map(({ name, first_seen_ms, last_seen_ms }) => ({
    name,
    firstSeenMs: Number(first_seen_ms),
    lastSeenMs: Number(last_seen_ms),
  }));
}
