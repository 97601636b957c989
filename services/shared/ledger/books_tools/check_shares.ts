/** I3 and I8 of shares: what was applied stands in the slices once, under the scheme of its time. @module */
import { type Check, check, NAME_OF } from "./check.ts";

export const SHARE_CHECKS: readonly Check[] = [
  check<{ applied: bigint; summed: bigint }>(
    "I3",
    "Every share that was applied is summed up once",
    `SELECT applied, summed FROM (SELECT
       (SELECT coalesce(sum(shares), 0) FROM share_position) AS applied,
       (SELECT coalesce(sum(shares), 0) FROM slice_total)
         + (SELECT coalesce(sum(shares), 0) FROM slice_minute, share_book WHERE minute >= first_open_minute)
         AS summed) s WHERE applied <> summed`,
    ({ applied, summed }) => `${applied} shares were applied, the slices have ${summed}`,
  ),
  check<{ log: number; partition: number; at: bigint | null; late: bigint }>(
    "I3",
    "A late share is one of those applied",
    `SELECT l.minute, l.log, l.partition, p.source_offset AS at, l.source_offset AS late FROM late_share l
     LEFT JOIN share_position p ON p.log = l.log AND p.partition = l.partition
     WHERE (l.source_offset <= p.source_offset AND l.source_offset > p.opened_source_offset) IS NOT TRUE
     ORDER BY l.log, l.partition, l.source_offset`,
    ({ log, partition, at, late }) =>
      `a late share at offset ${late} of partition ${partition} (log ${log}) counts in it; the reading stands at ${at}`,
  ),
  check<{ scheme: string; nbits: number; total: bigint; sum: bigint }>(
    "I8",
    "The total of a closed minute is the sum of its accounts",
    `WITH kept AS (SELECT first_kept_minute AS low, first_open_minute AS high FROM share_book),
     sums AS (SELECT minute, scheme, nbits, sum(work) AS work, sum(shares) AS shares FROM slice_minute, kept
       WHERE minute >= low AND minute < high GROUP BY minute, scheme, nbits),
     totals AS (SELECT minute, scheme, nbits, work, shares FROM slice_total, kept WHERE minute >= low)
     SELECT minute, scheme::text AS scheme, nbits, coalesce(t.work, 0) AS total, coalesce(s.work, 0) AS sum
     FROM totals t FULL JOIN sums s USING (minute, scheme, nbits)
     WHERE (t.work, t.shares) IS DISTINCT FROM (s.work, s.shares) ORDER BY minute, scheme, nbits`,
    ({ scheme, nbits, total, sum }) =>
      `its total of ${scheme} at nBits ${
        nbits.toString(16)
      } is ${total} work, its accounts have ${sum}`,
  ),
  check<{ scheme: string; nbits: number; total: bigint; sum: bigint }>(
    "I8",
    "The total of a closed hour is the sum of its accounts",
    `WITH sums AS (SELECT hour, scheme, nbits, sum(work) AS work, sum(shares) AS shares FROM slice_hour
       GROUP BY hour, scheme, nbits),
     totals AS (SELECT minute / 60 AS hour, scheme, nbits, sum(work) AS work, sum(shares) AS shares
       FROM slice_total, share_book WHERE minute < first_open_hour::bigint * 60
       GROUP BY minute / 60, scheme, nbits)
     SELECT hour * 60 AS minute, scheme::text AS scheme, nbits, coalesce(t.work, 0) AS total,
       coalesce(s.work, 0) AS sum
     FROM totals t FULL JOIN sums s USING (hour, scheme, nbits)
     WHERE (t.work, t.shares) IS DISTINCT FROM (s.work, s.shares) ORDER BY hour, scheme, nbits`,
    ({ scheme, nbits, total, sum }) =>
      `the hour that it begins has ${total} work of ${scheme} at nBits ${
        nbits.toString(16)
      } by its minutes, ` +
      `${sum} by its accounts`,
  ),
  check<{ scheme: string; by_minute: bigint; by_hour: bigint }>(
    "I8",
    "An account's hour is the sum of its minutes, where both are kept",
    `WITH bounds AS (SELECT -(-first_kept_minute / 60) AS low, first_open_hour AS high FROM share_book),
     minutes AS (SELECT minute / 60 AS hour, scheme, account_id, nbits, subsidy, sum(work) AS work,
         sum(shares) AS shares FROM slice_minute, bounds
       WHERE minute >= low::bigint * 60 AND minute < high::bigint * 60
       GROUP BY minute / 60, scheme, account_id, nbits, subsidy),
     hours AS (SELECT hour, scheme, account_id, nbits, subsidy, work, shares FROM slice_hour, bounds
       WHERE hour >= low AND hour < high)
     SELECT hour * 60 AS minute, ${NAME_OF} AS account, scheme::text AS scheme,
       coalesce(m.work, 0) AS by_minute, coalesce(h.work, 0) AS by_hour
     FROM minutes m FULL JOIN hours h USING (hour, scheme, account_id, nbits, subsidy)
     LEFT JOIN account a ON a.id = account_id
     WHERE (m.work, m.shares) IS DISTINCT FROM (h.work, h.shares) ORDER BY hour, account_id`,
    ({ scheme, by_minute, by_hour }) =>
      `the hour that it begins has ${by_hour} work of ${scheme}, its minutes ${by_minute}`,
  ),
  check<{ account_id: number; kind: string | null }>(
    "I8",
    "Work is a miner's",
    `SELECT s.minute, s.account_id, a.kind FROM (
       SELECT account_id, min(minute) AS minute FROM (
         SELECT account_id, minute FROM slice_minute UNION ALL SELECT account_id, hour * 60 FROM slice_hour
       ) all_slices GROUP BY account_id) s
     LEFT JOIN account a ON a.id = s.account_id WHERE a.kind IS DISTINCT FROM 'miner' ORDER BY s.account_id`,
    ({ account_id, kind }) =>
      `it has work of account ${account_id}, which is ${kind === null ? "none" : `"${kind}"`}`,
  ),
  check<{ scheme: string; inforce: string }>(
    "I8",
    "Work counts under the scheme in force when it was logged",
    `WITH spans AS (
       SELECT from_minute, scheme, lead(from_minute, 1, 2147483647) OVER (ORDER BY from_minute, id) AS until
       FROM scheme_period
     ), found AS (
       SELECT minute, scheme FROM slice_total
       UNION SELECT minute, scheme FROM slice_minute, share_book WHERE minute >= first_open_minute
     )
     SELECT f.minute, f.scheme::text AS scheme, s.scheme::text AS inforce FROM found f
     JOIN spans s ON f.minute >= s.from_minute AND f.minute < s.until
     WHERE f.scheme <> s.scheme AND f.scheme <> 'coinbase'
       AND NOT EXISTS (SELECT FROM late_share l WHERE l.minute = f.minute) ORDER BY f.minute`,
    ({ scheme, inforce }) => `it has work of ${scheme}, and ${inforce} is in force`,
  ),
  check<{ scheme: string; subsidy: bigint }>(
    "I8",
    "Work carries a subsidy where its scheme pays by it",
    `SELECT minute, ${NAME_OF} AS account, scheme::text AS scheme, subsidy FROM (
       SELECT minute, account_id, scheme, subsidy FROM slice_minute
       UNION ALL SELECT hour * 60, account_id, scheme, subsidy FROM slice_hour) s
     LEFT JOIN account a ON a.id = account_id
     WHERE subsidy < 0 OR (subsidy <> 0 AND scheme NOT IN ('pps', 'fpps')) ORDER BY minute`,
    ({ scheme, subsidy }) => `it has work of ${scheme} with a subsidy of ${subsidy} sats`,
  ),
  check<{ id: number }>(
    "I8",
    "The hours that a checkpoint noted are as they were",
    `WITH noted AS (
       SELECT id, hash, first_open_hour AS until_hour,
         lag(hash, 1, ''::bytea) OVER (ORDER BY id) AS before,
         lag(first_open_hour, 1, 0) OVER (ORDER BY id) AS from_hour
       FROM checkpoint
     )
     SELECT id, from_hour * 60 AS minute FROM noted
     WHERE hash <> hash_of_hours(before, from_hour, until_hour) ORDER BY id`,
    ({ id }) => `the hours from there to checkpoint ${id} are others than it noted`,
  ),
  check<{ moved: bigint; paid: bigint }>(
    "I1",
    "What a minute was paid is what left the reserve",
    `SELECT minute, coalesce(m.sats, 0) AS paid, coalesce(-t.sats, 0) AS moved FROM pps_minute m
     FULL JOIN (SELECT minute, sum(e.sats) AS sats FROM transfer JOIN entry e ON e.transfer_id = transfer.id
       JOIN account a ON a.id = e.account_id AND a.kind = 'reserve' WHERE transfer.kind = 'pps' GROUP BY minute) t
       USING (minute)
     WHERE coalesce(m.sats, 0) <> coalesce(-t.sats, 0) ORDER BY minute`,
    ({ moved, paid }) => `it was paid ${paid} sats, and ${moved} left the reserve`,
  ),
];
