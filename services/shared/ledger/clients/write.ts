/**
 * Storing what miners choose. Each function is part of a money transaction, so that a payment is planned either before
 * a choice or after it; whether a choice may be made is judged before.
 *
 * @module
 */
import type { Tx } from "../port.ts";
import type { AcceptedRequest } from "./read.ts";
import type { ClientSetting } from "./request_text.ts";

/** Writes a request down. @returns Its id. @throws The server's error where the account has used the nonce. */
export async function addRequest(
  tx: Tx,
  request: Omit<AcceptedRequest, "id"> & {
    readonly account: number;
    readonly setting: ClientSetting;
  },
): Promise<bigint> {
  const { account, nonce, setting, body, signature, signedBy, before, after } = request;
  const [row] = await tx.query<{ id: bigint }>(
    `INSERT INTO client_request (account_id, nonce, setting, body, signature, signed_by, before, after,
       from_ms, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`,
    [
      account,
      nonce,
      setting,
      body,
      signature,
      signedBy,
      before,
      after,
      request.fromMs,
      request.atMs,
    ],
  );
  return row!.id;
}

/** Null: the pool's usual threshold. */
export async function setThreshold(tx: Tx, account: number, sats: bigint | null): Promise<void> {
  await tx.query(
    `INSERT INTO client (account_id, threshold_sats) VALUES ($1, $2)
     ON CONFLICT (account_id) DO UPDATE SET threshold_sats = excluded.threshold_sats`,
    [account, sats],
  );
}

/** Null: nowhere. */
export async function setNotify(tx: Tx, account: number, place: string | null): Promise<void> {
  await tx.query(
    `INSERT INTO client (account_id, notify) VALUES ($1, $2)
     ON CONFLICT (account_id) DO UPDATE SET notify = excluded.notify`,
    [account, place],
  );
}

/** Pays the account to a script from a time on. What has not begun by now is taken back. */
export async function setPayoutScript(
  tx: Tx,
  account: number,
  change: {
    readonly requestId: bigint;
    /** Null: to the mining address. */
    readonly script: Uint8Array | null;
    readonly fromMs: number;
    readonly nowMs: number;
  },
): Promise<void> {
  await cancelPending(tx, account, change.requestId, change.nowMs);
  await tx.query(
    `INSERT INTO client_payout (request_id, account_id, script, from_ms) VALUES ($1, $2, $3, $4)`,
    [change.requestId, account, change.script, change.fromMs],
  );
}

/** Takes back the change of the payout address that has not begun. @returns Whether there was one. */
export async function cancelPending(
  tx: Tx,
  account: number,
  requestId: bigint,
  nowMs: number,
): Promise<boolean> {
  const rows = await tx.query(
    `UPDATE client_payout SET cancelled_by = $2
     WHERE account_id = $1 AND cancelled_by IS NULL AND from_ms > $3 RETURNING request_id`,
    [account, requestId, nowMs],
  );
  return rows.length > 0;
}
