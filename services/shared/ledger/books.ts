/**
 * Double entry: accounts, and transfers between them that always balance. Entries are final (migrations/0001_books.sql);
 * what was wrong is set right by another transfer.
 *
 * @module
 */
import type { Tx } from "./port.ts";

/** The pool's own accounts; a miner's is named by its address. See migrations/0001_books.sql. */
export type OwnAccount =
  | "fee"
  | "donation"
  | "reserve"
  | "unclaimed"
  | "opening"
  | "transit"
  | "network_fee"
  | "operator"
  | "rewards"
  | "wallet";

/** Rests on a coinbase that is not yet mature; not payable (I6). */
export const IMMATURE = 0;
export const MATURE = 1;
export type Bucket = typeof IMMATURE | typeof MATURE;

export interface Entry {
  /** An id of `accountsOf()` or `ownAccounts()`. */
  readonly account: number;
  readonly bucket: Bucket;
  /** Above zero: more is owed to the account. Never zero. */
  readonly sats: bigint;
}

/** What a transfer is for: exactly one cause. */
export type Cause =
  | { readonly blockHash: Uint8Array; readonly epoch: number }
  | { readonly payoutId: bigint; readonly attempt: number }
  | { readonly minute: number }
  | { readonly adjustmentId: bigint };

/**
 * Ids of miners' accounts by their canonical addresses, in the order given; made where they are new. Two transactions
 * that meet on a new account wait for each other: addresses are taken in one order.
 */
export async function accountsOf(tx: Tx, addresses: readonly string[]): Promise<number[]> {
  const wanted = [...new Set(addresses)].sort();
  const known = new Map<string, number>();
  const note = (rows: { id: number; name: string }[]) => {
    for (const { id, name } of rows) known.set(name, id);
  };
  const find = (names: readonly string[]) =>
    tx.prepared<{ id: number; name: string }>(
      "accounts_find",
      "SELECT id, name FROM account WHERE kind = 'miner' AND name = ANY($1::text[])",
      [names],
    );
  note(await find(wanted));
  const missing = wanted.filter((name) => !known.has(name));
  if (missing.length > 0) {
    await tx.prepared(
      "accounts_make",
      `INSERT INTO account (kind, name) SELECT 'miner', name FROM unnest($1::text[]) AS t(name)
       ORDER BY name ON CONFLICT (kind, name) DO NOTHING`,
      [missing],
    );
    note(await find(missing));
  }
  return addresses.map((address) => known.get(address)!);
}

/** Ids of the pool's own accounts: the same for the life of the database. */
export async function ownAccounts(tx: Tx): Promise<Readonly<Record<OwnAccount, number>>> {
  const rows = await tx.prepared<{ id: number; kind: OwnAccount }>(
    "accounts_own",
    "SELECT id, kind FROM account WHERE kind <> 'miner'",
  );
  return Object.fromEntries(rows.map(({ kind, id }) => [kind, id])) as Record<OwnAccount, number>;
}

/**
 * Posts a transfer. A cause moves money of one kind once: where that has happened, nothing is written.
 *
 * @returns Whether it was posted now.
 * @throws {RangeError} The entries do not balance, one is zero, or an account and bucket stands among them twice.
 */
export async function post(
  tx: Tx,
  kind: string,
  cause: Cause,
  entries: readonly Entry[],
  atMs: number,
): Promise<boolean> {
  checkEntries(kind, entries);
  const of = "blockHash" in cause
    ? [cause.blockHash, cause.epoch, null, null, null, null]
    : "payoutId" in cause
    ? [null, null, cause.payoutId, cause.attempt, null, null]
    : "minute" in cause
    ? [null, null, null, null, cause.minute, null]
    : [null, null, null, null, null, cause.adjustmentId];
  const [made] = await tx.prepared<{ id: bigint }>(
    "transfer_make",
    `INSERT INTO transfer (kind, block_hash, epoch, payout_id, attempt, minute, adjustment_id, at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id`,
    [kind, ...of, atMs],
  );
  if (made === undefined) return false;
  await tx.prepared(
    "entries_make",
    `INSERT INTO entry (transfer_id, account_id, bucket, sats)
     SELECT $1, * FROM unnest($2::int[], $3::smallint[], $4::bigint[])`,
    [
      made.id,
      entries.map(({ account }) => account),
      entries.map(({ bucket }) => bucket),
      entries.map(({ sats }) => sats),
    ],
  );
  return true;
}

function checkEntries(kind: string, entries: readonly Entry[]): void {
  const refuse = (why: string) => {
    throw new RangeError(`Cannot post a transfer of kind "${kind}": ${why}`);
  };
  const seen = new Set<string>();
  let sum = 0n;
  for (const { account, bucket, sats } of entries) {
    if (sats === 0n) refuse(`account ${account} has an entry of zero`);
    const key = `${account}/${bucket}`;
    if (seen.has(key)) refuse(`account ${account} has two entries in bucket ${bucket}`);
    seen.add(key);
    sum += sats;
  }
  if (entries.length === 0) refuse("it has no entries");
  if (sum !== 0n) refuse(`its entries add up to ${sum}, they must to 0`);
}
