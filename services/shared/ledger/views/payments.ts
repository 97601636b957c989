/** Payments as the public sees them: what was paid, when, in which transaction. @module */
import type { PayoutState } from "../payouts/types.ts";
import type { Tx } from "../port.ts";

/** Greater than any id: a bound that an index can use where none was named. */
const MAX_ID = 9_223_372_036_854_775_807n;

/** A payment in a line. */
export interface PaymentLine {
  readonly id: bigint;
  readonly state: PayoutState;
  readonly plannedAtMs: number;
  /** What left balances. */
  readonly grossSats: bigint;
  readonly accounts: number;
  /** The network's, of the transaction that counts: the confirmed one, else the latest signed, else the latest. */
  readonly feeSats: bigint;
  /** Of the confirmed transaction, else of the latest that is signed; 32 bytes, internal order. */
  readonly txid: Uint8Array | null;
}

export interface PaymentsAsked {
  /** Only older ones; null: from the newest on. */
  readonly beforeId: bigint | null;
  readonly limit: number;
}

/** Of the payment `p`: the transaction that counts. */
const TRANSACTION = `LEFT JOIN LATERAL (
     SELECT txid, fee_sats FROM payout_tx
     WHERE payout_id = p.id AND (p.confirmed_attempt IS NULL OR attempt = p.confirmed_attempt)
     ORDER BY txid IS NULL, attempt DESC LIMIT 1
   ) t ON true`;

/** The newest first. */
export async function paymentPage(
  tx: Tx,
  { beforeId, limit }: PaymentsAsked,
): Promise<PaymentLine[]> {
  const rows = await tx.prepared<
    {
      id: bigint;
      state: PayoutState;
      planned_at_ms: bigint;
      gross_sats: bigint;
      accounts: bigint;
      fee_sats: bigint | null;
      txid: Uint8Array | null;
    }
  >(
    "view_payments",
    `SELECT p.id, p.state, p.planned_at_ms, p.gross_sats, t.fee_sats, t.txid,
       (SELECT count(*) FROM payout_line WHERE payout_id = p.id) AS accounts
     FROM payout p ${TRANSACTION}
     WHERE p.id < coalesce($1::bigint, ${MAX_ID}) ORDER BY p.id DESC LIMIT $2`,
    [beforeId, limit],
  );
  return rows.map((row) => ({
    id: row.id,
    state: row.state,
    plannedAtMs: Number(row.planned_at_ms),
    grossSats: row.gross_sats,
    accounts: Number(row.accounts),
    feeSats: row.fee_sats ?? 0n,
    txid: row.txid,
  }));
}

/** What a payment pays one account. */
export interface OwnPayment {
  readonly id: bigint;
  readonly state: PayoutState;
  readonly plannedAtMs: number;
  /** What left the balance. */
  readonly grossSats: bigint;
  /** Of it, what the account gives for the network's fee. */
  readonly feeSats: bigint;
  /** As in {@link PaymentLine}. */
  readonly txid: Uint8Array | null;
}

/** Payments to an account (its id), the newest first. */
export async function paymentsTo(
  tx: Tx,
  account: number,
  { beforeId, limit }: PaymentsAsked,
): Promise<OwnPayment[]> {
  const rows = await tx.prepared<
    {
      id: bigint;
      state: PayoutState;
      planned_at_ms: bigint;
      gross_sats: bigint;
      fee_sats: bigint;
      txid: Uint8Array | null;
    }
  >(
    "view_payments_to",
    `SELECT p.id, p.state, p.planned_at_ms, l.gross_sats, l.fee_sats, t.txid
     FROM payout_line l JOIN payout p ON p.id = l.payout_id ${TRANSACTION}
     WHERE l.account_id = $1 AND l.payout_id < coalesce($2::bigint, ${MAX_ID})
     ORDER BY l.payout_id DESC LIMIT $3`,
    [account, beforeId, limit],
  );
  return rows.map(({ planned_at_ms, gross_sats, fee_sats, ...rest }) => ({
    ...rest,
    plannedAtMs: Number(planned_at_ms),
    grossSats: gross_sats,
    feeSats: fee_sats,
  }));
}
