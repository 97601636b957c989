/**
 * What miners have chosen.
 *
 * @module
 */
import type { Tx } from "../port.ts";

/** Choices of an account that payments follow; null where it has made none. */
export interface PayoutChoice {
  readonly thresholdSats: bigint | null;
  /** Null: to the mining address. */
  readonly script: Uint8Array | null;
}

/** Choices in force at a time, of those accounts that have made any, by canonical address. */
export async function effectiveOf(
  tx: Tx,
  addresses: readonly string[],
  nowMs: number,
): Promise<Map<string, PayoutChoice>> {
  const rows = await tx.prepared<
    { name: string; threshold_sats: bigint | null; script: Uint8Array | null }
  >(
    "client_effective",
    `SELECT a.name, c.threshold_sats, p.script
     FROM account a
     LEFT JOIN client c ON c.account_id = a.id
     LEFT JOIN LATERAL (
       SELECT script FROM client_payout
       WHERE account_id = a.id AND cancelled_by IS NULL AND from_ms <= $2
       ORDER BY request_id DESC LIMIT 1
     ) p ON true
     WHERE a.kind = 'miner' AND a.name = ANY($1::text[])
       AND num_nonnulls(c.threshold_sats, p.script) > 0`,
    [addresses, nowMs],
  );
  return new Map(
    rows.map(({ name, threshold_sats, script }) => [
      name,
      { thresholdSats: threshold_sats, script },
    ]),
  );
}

/** All that one account has chosen. */
export interface Client extends PayoutChoice {
  readonly account: number;
  readonly notify: string | null;
  /** A change of the payout address that has not begun; its script is null where it leads back to the mining address. */
  readonly pending:
    | { readonly requestId: bigint; readonly script: Uint8Array | null; readonly fromMs: number }
    | null;
}

/** An account's choices; null where the pool has no such account. */
export async function clientOf(tx: Tx, address: string, nowMs: number): Promise<Client | null> {
  const [found] = await tx.prepared<
    { id: number; threshold_sats: bigint | null; notify: string | null }
  >(
    "client_of",
    `SELECT a.id, c.threshold_sats, c.notify FROM account a LEFT JOIN client c ON c.account_id = a.id
     WHERE a.kind = 'miner' AND a.name = $1`,
    [address],
  );
  if (found === undefined) return null;
  const wanted = await tx.prepared<
    { request_id: bigint; script: Uint8Array | null; from_ms: bigint }
  >(
    "client_payouts_of",
    `SELECT request_id, script, from_ms FROM client_payout
     WHERE account_id = $1 AND cancelled_by IS NULL ORDER BY request_id DESC LIMIT 2`,
    [found.id],
  );
  const begun = wanted.find(({ from_ms }) => from_ms <= nowMs);
  const pending = wanted.find(({ from_ms }) => from_ms > nowMs);
  return {
    account: found.id,
    thresholdSats: found.threshold_sats,
    notify: found.notify,
    script: begun?.script ?? null,
    pending: pending === undefined ? null : {
      requestId: pending.request_id,
      script: pending.script,
      fromMs: Number(pending.from_ms),
    },
  };
}

/**
 * The greatest nonce of 16 digits that an account has used, as a number; null where it has used none. For who proposes the
 * next one.
 *
 * @param account Its id.
 */
export async function greatestNonce(tx: Tx, account: number): Promise<bigint | null> {
  const [row] = await tx.prepared<{ nonce: string | null }>(
    "client_nonce_greatest",
    `SELECT max(nonce) AS nonce FROM client_request WHERE account_id = $1 AND length(nonce) = 16`,
    [account],
  );
  return row?.nonce == null ? null : BigInt(`0x${row.nonce}`);
}

/** A request as it was accepted. */
export interface AcceptedRequest {
  readonly id: bigint;
  readonly nonce: string;
  readonly setting: string;
  readonly body: string;
  readonly signature: string;
  readonly signedBy: string;
  readonly before: string;
  readonly after: string;
  readonly fromMs: number;
  readonly atMs: number;
}

const REQUEST = `id, nonce, setting, body, signature, signed_by, before, after, from_ms, at_ms`;

type RequestRow = Omit<AcceptedRequest, "signedBy" | "fromMs" | "atMs"> & {
  signed_by: string;
  from_ms: bigint;
  at_ms: bigint;
};

function requestOf({ signed_by, from_ms, at_ms, ...rest }: RequestRow): AcceptedRequest {
  return { ...rest, signedBy: signed_by, fromMs: Number(from_ms), atMs: Number(at_ms) };
}

/** The request of this account with this nonce, if it was accepted before. */
export async function requestOfNonce(
  tx: Tx,
  account: number,
  nonce: string,
): Promise<AcceptedRequest | null> {
  const [row] = await tx.prepared<RequestRow>(
    "client_request_of_nonce",
    `SELECT ${REQUEST} FROM client_request WHERE account_id = $1 AND nonce = $2`,
    [account, nonce],
  );
  return row === undefined ? null : requestOf(row);
}

/** An account's requests, the newest first. */
export async function requestsOf(
  tx: Tx,
  account: number,
  limit: number,
  beforeId: bigint | null = null,
): Promise<AcceptedRequest[]> {
  const rows = await tx.query<RequestRow>(
    `SELECT ${REQUEST} FROM client_request WHERE account_id = $1 AND ($3::bigint IS NULL OR id < $3)
     ORDER BY id DESC LIMIT $2`,
    [account, limit, beforeId],
  );
  return rows.map(requestOf);
}

/** How many requests of an account were accepted after a time. */
export async function requestsSince(tx: Tx, account: number, sinceMs: number): Promise<number> {
  const [row] = await tx.prepared<{ count: bigint }>(
    "client_requests_since",
    "SELECT count(*) FROM client_request WHERE account_id = $1 AND at_ms > $2",
    [account, sinceMs],
  );
  return Number(row!.count);
}
