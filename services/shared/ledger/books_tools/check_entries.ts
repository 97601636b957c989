/** I3 of transfers, and I5: double entry. @module */
import { type Check, check, NAME_OF, own } from "./check.ts";

export const ENTRY_CHECKS: readonly Check[] = [
  check<{ kind: string; times: bigint; first: bigint }>(
    "I3",
    "A cause moves money of one kind once",
    `SELECT max(id) AS transfer_id, min(id) AS first, kind, count(*) AS times, block_hash, payout_id, minute
     FROM transfer GROUP BY kind, block_hash, epoch, payout_id, attempt, minute, adjustment_id
     HAVING count(*) > 1 ORDER BY 1`,
    ({ kind, times, first }) =>
      `"${kind}" was posted ${times} times for one cause, first as transfer ${first}`,
  ),
  check<{ kind: string; sats: bigint | null }>(
    "I5",
    "The entries of a transfer add up to zero",
    `SELECT t.id AS transfer_id, t.kind, t.block_hash, t.payout_id, t.minute, s.sats
     FROM transfer t LEFT JOIN (SELECT transfer_id, sum(sats) AS sats FROM entry GROUP BY transfer_id) s
       ON s.transfer_id = t.id
     WHERE s.sats IS DISTINCT FROM 0 ORDER BY t.id`,
    ({ kind, sats }) =>
      sats === null
        ? `"${kind}" has no entries`
        : `the entries of "${kind}" add up to ${sats} sats, not to 0`,
  ),
  check<{ bucket: number; entries: bigint; balance: bigint; last: bigint | null }>(
    "I5",
    "A balance is the sum of its account's entries",
    `SELECT ${NAME_OF} AS account, bucket, coalesce(e.sats, 0) AS entries, coalesce(b.sats, 0) AS balance,
       e.last AS transfer_id
     FROM (SELECT account_id, bucket, sum(sats) AS sats, max(transfer_id) AS last FROM entry
           GROUP BY account_id, bucket) e
     FULL JOIN balance b USING (account_id, bucket) LEFT JOIN account a ON a.id = account_id
     WHERE coalesce(e.sats, 0) <> coalesce(b.sats, 0) ORDER BY account_id, bucket`,
    ({ bucket, entries, balance }) =>
      `its ${bucketName(bucket)} balance is ${balance} sats, its entries add up to ${entries}`,
  ),
  check<{ sats: bigint }>(
    "I5",
    "All balances add up to zero",
    "SELECT sum(sats) AS sats FROM balance HAVING sum(sats) <> 0",
    ({ sats }) => `all balances add up to ${sats} sats, not to 0`,
  ),
  check<{ coins: bigint; balance: bigint }>(
    "I5",
    "The coins are what the accounts of the pool's assets say",
    `SELECT account, coins, balance FROM (
       SELECT 'rewards' AS account,
         (SELECT coalesce(sum(sats), 0) FROM coin WHERE state = 'immature') AS coins,
         (SELECT coalesce(sum(sats), 0) FROM balance WHERE account_id = ${
      own("rewards")
    }) AS balance
       UNION ALL SELECT 'wallet',
         (SELECT coalesce(sum(sats), 0) FROM coin WHERE state = 'mature' AND NOT spent),
         (SELECT coalesce(sum(sats), 0) FROM balance WHERE account_id = ${own("wallet")})
     ) sides WHERE coins <> -balance`,
    ({ coins, balance }) =>
      `its coins are ${coins} sats, its balance is ${balance} (to be the same, negated)`,
  ),
  check<{ bucket: number }>(
    "I5",
    "Rewards are immature and the wallet is mature",
    `SELECT DISTINCT ON (e.account_id) e.transfer_id, a.kind AS account, e.bucket
     FROM entry e JOIN account a ON a.id = e.account_id
     WHERE (a.kind = 'rewards' AND e.bucket = 1) OR (a.kind = 'wallet' AND e.bucket = 0)
     ORDER BY e.account_id, e.transfer_id`,
    ({ bucket }) => `it has an entry in its ${bucketName(bucket)} balance`,
  ),
];

export function bucketName(bucket: number): string {
  return bucket === 0 ? "immature" : "mature";
}
