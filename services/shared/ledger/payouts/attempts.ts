/**
 * The transactions of payments: handed to a signer, signed, sent. All in money transactions; each may be repeated.
 *
 * @module
 */
import type { Tx } from "../port.ts";
import { payoutControl } from "./control.ts";

/**
 * Notes that the attempt is about to be shown to a signer. Committed before it is shown: from then on the payment can
 * only be replaced, no more be called off.
 *
 * @returns False where it must not be shown now: payouts are paused, or it is not to be signed (any more).
 */
export async function handAttempt(
  tx: Tx,
  id: bigint,
  attempt: number,
  atMs: number,
): Promise<boolean> {
  if ((await payoutControl(tx)).paused) return false;
  const rows = await tx.prepared(
    "payout_hand",
    `UPDATE payout_tx t SET handed_at_ms = coalesce(handed_at_ms, $3)
     FROM payout p WHERE p.id = t.payout_id AND t.payout_id = $1 AND t.attempt = $2 AND t.txid IS NULL
       AND p.state IN ('planned', 'signed', 'broadcast') RETURNING t.attempt`,
    [id, attempt, atMs],
  );
  return rows.length === 1;
}

export interface SignedTransaction {
  readonly txid: Uint8Array;
  readonly raw: Uint8Array;
}

/**
 * Stores what was signed. Only what is stored is ever sent; what is stored first stays.
 *
 * @returns False where a signed transaction of this attempt is stored already.
 */
export async function storeSigned(
  tx: Tx,
  id: bigint,
  attempt: number,
  { txid, raw }: SignedTransaction,
  atMs: number,
): Promise<boolean> {
  const rows = await tx.prepared(
    "payout_signed",
    `UPDATE payout_tx SET txid = $3, raw = $4, signed_at_ms = $5, handed_at_ms = coalesce(handed_at_ms, $5)
     WHERE payout_id = $1 AND attempt = $2 AND txid IS NULL RETURNING attempt`,
    [id, attempt, txid, raw, atMs],
  );
  await tx.prepared(
    "payout_is_signed",
    "UPDATE payout SET state = 'signed' WHERE id = $1 AND state = 'planned'",
    [id],
  );
  return rows.length === 1;
}

/** What nodes said to an attempt that was sent, for people; and whether one of them has it now. */
export async function noteSent(
  tx: Tx,
  id: bigint,
  attempt: number,
  { taken, words }: { readonly taken: boolean; readonly words: string },
  atMs: number,
): Promise<void> {
  await tx.prepared(
    "payout_sent",
    `UPDATE payout_tx SET last_answer = $3,
       sent_at_ms = CASE WHEN $4 THEN coalesce(sent_at_ms, $5) ELSE sent_at_ms END,
       last_sent_at_ms = CASE WHEN $4 THEN $5 ELSE last_sent_at_ms END
     WHERE payout_id = $1 AND attempt = $2`,
    [id, attempt, words, taken, atMs],
  );
  if (!taken) return;
  await tx.prepared(
    "payout_is_sent",
    "UPDATE payout SET state = 'broadcast' WHERE id = $1 AND state = 'signed'",
    [id],
  );
}
