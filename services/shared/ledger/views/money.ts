/**
 * A miner's money as it is told to the public: what it earned, what it was paid. Everything that an account ever earned
 * is in its balance or was paid: earnings of all time = immature + mature + paid.
 *
 * @module
 */
import type { Tx } from "../port.ts";

export interface PaidOut {
  /** By payouts that are not cancelled, on their way or there, and by coinbases of blocks that stand. */
  readonly paid: bigint;
  /** Of it, in payouts that are not confirmed. */
  readonly onTheWay: bigint;
}

/** @param account Its id. */
export async function paidTo(tx: Tx, account: number): Promise<PaidOut> {
  const [row] = await tx.prepared<{ payouts: bigint; on_the_way: bigint; coinbases: bigint }>(
    "view_paid",
    `SELECT coalesce(sum(l.gross_sats), 0) AS payouts,
       coalesce(sum(l.gross_sats) FILTER (WHERE p.state <> 'confirmed'), 0) AS on_the_way,
       (SELECT coalesce(sum(c.paid), 0) FROM block_credit c JOIN block b ON b.hash = c.block_hash
        WHERE c.account_id = $1 AND c.paid > 0 AND b.booked) AS coinbases
     FROM payout_line l JOIN payout p ON p.id = l.payout_id
     WHERE l.account_id = $1 AND p.state <> 'cancelled'`,
    [account],
  );
  return { paid: row!.payouts + row!.coinbases, onTheWay: row!.on_the_way };
}

export interface DaySum {
  /** Days since the Unix epoch, UTC. */
  readonly day: number;
  readonly sats: bigint;
  /** Blocks and minutes that credited it on that day, whatever became of them later. */
  readonly credits: number;
}

export const DAY_MS = 86_400_000;

/**
 * What an account earned by day, the newest first; days on which nothing was booked are left out. Credits of blocks, of
 * minutes that are paid at once, and what operators set right count on the day they were booked; what a reorganisation
 * takes back on the day of that. What coinbases paid themselves was credited, too, so it is in here.
 *
 * What is older is passed over by the ids of transfers, which come in the order of time as far as the clocks of those who
 * book money agree: that they do to less than a day is all that is asked of them.
 *
 * @param fromDay The oldest day that counts.
 */
export async function earningsByDay(
  tx: Tx,
  account: number,
  fromDay: number,
): Promise<DaySum[]> {
  const rows = await tx.prepared<{ day: bigint; sats: bigint; credits: bigint }>(
    "view_earnings",
    `SELECT day, sum(sats) AS sats, sum(credits) AS credits FROM (
       SELECT t.at_ms / ${DAY_MS} AS day, e.sats, (t.kind <> 'adjust')::int AS credits
       FROM entry e JOIN transfer t ON t.id = e.transfer_id
       WHERE e.account_id = $1 AND t.kind IN ('credit', 'pps', 'adjust') AND t.at_ms >= $2
         AND e.transfer_id > coalesce(
           (SELECT id FROM transfer WHERE at_ms < $2 - ${DAY_MS} ORDER BY at_ms DESC LIMIT 1), 0)
       UNION ALL
       SELECT r.at_ms / ${DAY_MS}, -e.sats, 0
       FROM transfer r
       JOIN transfer c ON c.kind = 'credit' AND c.block_hash = r.block_hash AND c.epoch = r.epoch
       JOIN entry e ON e.transfer_id = c.id AND e.account_id = $1
       WHERE r.kind = 'reversal' AND r.at_ms >= $2
     ) booked GROUP BY day ORDER BY day DESC`,
    [account, fromDay * DAY_MS],
  );
  return rows.map(({ day, sats, credits }) => ({
    day: Number(day),
    sats,
    credits: Number(credits),
  }));
}

/** When the account's first entry was booked, ms; null where it has none. */
export async function firstEntryMs(tx: Tx, account: number): Promise<number | null> {
  const [row] = await tx.prepared<{ at_ms: bigint }>(
    "view_first_entry",
    `SELECT t.at_ms FROM entry e JOIN transfer t ON t.id = e.transfer_id
     WHERE e.account_id = $1 ORDER BY e.transfer_id LIMIT 1`,
    [account],
  );
  return row === undefined ? null : Number(row.at_ms);
}
