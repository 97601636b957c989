/**
 * The books at a glance.
 *
 * @module
 */
import { IMMATURE, MATURE } from "./books.ts";
import type { PayoutState } from "./payouts/types.ts";
import type { Tx } from "./port.ts";

/** Amounts in satoshi. */
export interface Summary {
  /** Miners with a balance. */
  readonly miners: number;
  /** Owed to miners, not yet payable. */
  readonly immature: bigint;
  /** Owed to miners and payable; what is owed by miners is taken off. */
  readonly mature: bigint;
  /** The pool's own earnings, mature or not. */
  readonly fee: bigint;
  /** What confirmed payouts and coinbases have paid to miners. */
  readonly paid: bigint;
  readonly blocks: Readonly<Record<"found" | "confirmed" | "mature" | "orphaned", number>>;
}

export async function summaryOf(tx: Tx): Promise<Summary> {
  const [owed] = await tx.query<
    { miners: number; immature: bigint; mature: bigint; fee: bigint }
  >(
    `SELECT count(DISTINCT a.id) FILTER (WHERE a.kind = 'miner' AND b.sats <> 0)::int AS miners,
       coalesce(sum(b.sats) FILTER (WHERE a.kind = 'miner' AND bucket = $1), 0)::bigint AS immature,
       coalesce(sum(b.sats) FILTER (WHERE a.kind = 'miner' AND bucket = $2), 0)::bigint AS mature,
       coalesce(sum(b.sats) FILTER (WHERE a.kind = 'fee'), 0)::bigint AS fee
     FROM balance b JOIN account a ON a.id = b.account_id`,
    [IMMATURE, MATURE],
  );
  const [paid] = await tx.query<{ payouts: bigint; coinbases: bigint }>(
    `SELECT (SELECT coalesce(sum(gross_sats), 0)::bigint FROM payout WHERE state = 'confirmed') AS payouts,
       (SELECT coalesce(sum(c.paid), 0)::bigint FROM block_credit c JOIN block b ON b.hash = c.block_hash
        WHERE b.booked) AS coinbases`,
  );
  const states = await tx.query<{ state: keyof Summary["blocks"]; count: number }>(
    "SELECT state, count(*)::int AS count FROM block GROUP BY state",
  );
  const blocks = { found: 0, confirmed: 0, mature: 0, orphaned: 0 };
  for (const { state, count } of states) blocks[state] = count;
  return { ...owed!, paid: paid!.payouts + paid!.coinbases, blocks };
}

/** Payouts by state: how many, and what their payees are debited. States without any are left out. */
export async function payoutsByState(
  tx: Tx,
): Promise<{ readonly state: PayoutState; readonly count: number; readonly sats: bigint }[]> {
  return await tx.query(
    "SELECT state, count(*)::int AS count, sum(gross_sats)::bigint AS sats FROM payout GROUP BY state",
  );
}

/** How a payout stands, for who watches them change. */
export interface PayoutStanding {
  readonly id: bigint;
  readonly state: PayoutState;
  readonly sats: bigint;
  readonly payees: number;
  /** Of the transaction that counts: confirmed, else the latest signed; 32 bytes, internal order. */
  readonly txid: Uint8Array | null;
}

/** The latest payouts, the newest first. */
export async function payoutStandings(tx: Tx, limit: number): Promise<PayoutStanding[]> {
  return await tx.query<PayoutStanding & Record<string, unknown>>(
    `SELECT p.id, p.state, p.gross_sats AS sats,
       (SELECT count(*)::int FROM payout_line l WHERE l.payout_id = p.id) AS payees,
       (SELECT t.txid FROM payout_tx t WHERE t.payout_id = p.id AND t.txid IS NOT NULL
          AND (p.confirmed_attempt IS NULL OR t.attempt = p.confirmed_attempt)
        ORDER BY t.attempt DESC LIMIT 1) AS txid
     FROM payout p ORDER BY p.id DESC LIMIT $1`,
    [limit],
  );
}
