/** I1, I6 and I7: what blocks moved. @module */
import { bucketName } from "./check_entries.ts";
import { type Check, check, NAME_OF, own } from "./check.ts";

/** SQL: every entry that bookings of blocks must have made, as (block_hash, kind, account_id, bucket, sats). */
const BOOKED_AS = `
  SELECT block_hash, 'credit' AS kind, account_id, 0 AS bucket, sats FROM block_credit
  UNION ALL SELECT hash, 'credit', ${own("fee")}, 0, fee FROM block
  UNION ALL SELECT hash, 'credit', ${own("donation")}, 0, donation FROM block
  UNION ALL SELECT hash, 'credit', ${own("rewards")}, 0, -value FROM block
  UNION ALL SELECT block_hash, 'paid_in_coinbase', ${own("rewards")}, 0, paid FROM block_credit
  UNION ALL SELECT block_hash, 'paid_in_coinbase', account_id, 0, carried - paid FROM block_credit
  UNION ALL SELECT block_hash, 'paid_in_coinbase', account_id, 1, -carried FROM block_credit`;

export const BLOCK_CHECKS: readonly Check[] = [
  check<{ value: bigint; split: bigint }>(
    "I1",
    "Credits, fee and donation of a block are its value",
    `SELECT hash AS block_hash, value, fee + donation + coalesce(c.sats, 0) AS split
     FROM block LEFT JOIN (SELECT block_hash, sum(sats) AS sats FROM block_credit GROUP BY block_hash) c
       ON c.block_hash = hash
     WHERE scheme IS NOT NULL AND fee + donation + coalesce(c.sats, 0) <> value ORDER BY height`,
    ({ value, split }) => `it is worth ${value} sats, credits, fee and donation are ${split}`,
  ),
  check<{ paid: bigint; outputs: bigint }>(
    "I1",
    "What a coinbase paid to others stands beside the credits",
    `SELECT hash AS block_hash, coalesce(c.paid, 0) AS paid, coalesce(o.sats, 0) AS outputs FROM block
     LEFT JOIN (SELECT block_hash, sum(paid) AS paid FROM block_credit GROUP BY block_hash) c
       ON c.block_hash = hash
     LEFT JOIN (SELECT block_hash, sum(sats) AS sats FROM block_output WHERE NOT is_pool GROUP BY block_hash) o
       ON o.block_hash = hash
     WHERE scheme IS NOT NULL AND coalesce(c.paid, 0) <> coalesce(o.sats, 0) ORDER BY height`,
    ({ paid, outputs }) => `its coinbase paid others ${outputs} sats, its credits say ${paid}`,
  ),
  check<{ kind: string; bucket: number; want: bigint; have: bigint }>(
    "I1",
    "A block's bookings are its split, account by account",
    `WITH want AS (
       SELECT t.id, b.account_id, b.bucket, sum(b.sats) AS sats
       FROM (${BOOKED_AS}) b JOIN transfer t ON t.block_hash = b.block_hash AND t.kind = b.kind
       GROUP BY 1, 2, 3 HAVING sum(b.sats) <> 0
     ), have AS (
       SELECT t.id, e.account_id, e.bucket::int AS bucket, sum(e.sats) AS sats
       FROM transfer t JOIN entry e ON e.transfer_id = t.id
       WHERE t.kind IN ('credit', 'paid_in_coinbase') GROUP BY 1, 2, 3
     )
     SELECT t.id AS transfer_id, t.block_hash, t.kind, ${NAME_OF} AS account, bucket,
       coalesce(want.sats, 0) AS want, coalesce(have.sats, 0) AS have
     FROM want FULL JOIN have USING (id, account_id, bucket)
     JOIN transfer t USING (id) JOIN account a ON a.id = account_id
     WHERE coalesce(want.sats, 0) <> coalesce(have.sats, 0) ORDER BY t.id, account_id`,
    ({ kind, bucket, want, have }) =>
      `"${kind}" moved ${have} sats of the ${
        bucketName(bucket)
      } balance, the block's split says ${want}`,
  ),
  check<{ epoch: number; stands: boolean }>(
    "I7",
    "A credit stands for the epoch that is booked, and every other was reversed",
    `WITH moved AS (
       SELECT block_hash, epoch, bool_or(kind = 'credit') AS credited, bool_or(kind = 'reversal') AS reversed
       FROM transfer WHERE block_hash IS NOT NULL GROUP BY block_hash, epoch
     )
     SELECT hash AS block_hash, b.epoch, false AS stands FROM block b
       LEFT JOIN moved m ON m.block_hash = hash AND m.epoch = b.epoch
       WHERE booked AND value > 0 AND (m.credited AND NOT m.reversed) IS NOT TRUE
     UNION ALL SELECT block_hash, m.epoch, true FROM moved m LEFT JOIN block b ON hash = block_hash
       WHERE m.credited AND NOT m.reversed AND (b.booked AND b.epoch = m.epoch) IS NOT TRUE
         -- A coinbase that paid its finder everything: credit and payment leave nothing to reverse.
         AND EXISTS (
           SELECT FROM transfer t JOIN entry e ON e.transfer_id = t.id
           WHERE t.block_hash = m.block_hash AND t.epoch = m.epoch
           GROUP BY e.account_id, e.bucket HAVING sum(e.sats) <> 0)
     ORDER BY block_hash, epoch`,
    ({ epoch, stands }) =>
      stands
        ? `its credit of epoch ${epoch} was not reversed, and it is not booked under that epoch`
        : `it is booked under epoch ${epoch}, and no credit of that epoch stands`,
  ),
  check<{ epoch: number; bucket: number; sats: bigint; transfer_id: bigint }>(
    "I7",
    "A reversal takes back exactly what its epoch moved",
    `SELECT t.block_hash, t.epoch, ${NAME_OF} AS account, e.bucket, sum(e.sats) AS sats,
       max(t.id) FILTER (WHERE t.kind = 'reversal') AS transfer_id
     FROM transfer t JOIN entry e ON e.transfer_id = t.id JOIN account a ON a.id = e.account_id
     WHERE EXISTS (SELECT FROM transfer r WHERE r.kind = 'reversal'
       AND r.block_hash = t.block_hash AND r.epoch = t.epoch)
     GROUP BY t.block_hash, t.epoch, a.kind, a.name, e.bucket HAVING sum(e.sats) <> 0
     ORDER BY t.block_hash, t.epoch`,
    ({ epoch, bucket, sats }) =>
      `after the reversal of epoch ${epoch}, ${sats} sats are left of the ${
        bucketName(bucket)
      } balance`,
  ),
  check<{ state: string; booked: boolean }>(
    "I7",
    "A block is booked while it is on the chain and split, and then only",
    `SELECT hash AS block_hash, state, booked FROM block
     WHERE booked <> (state IN ('confirmed', 'mature') AND scheme IS NOT NULL) ORDER BY height`,
    ({ state, booked }) => `it is ${state}, and ${booked ? "booked" : "split but not booked"}`,
  ),
  check<{ epoch: number; sats: bigint }>(
    "I6",
    "What a mature block brought is mature, and of others nothing is",
    `SELECT b.hash AS block_hash, b.epoch, ${NAME_OF} AS account, sum(e.sats) AS sats
     FROM block b JOIN transfer t ON t.block_hash = b.hash AND t.epoch = b.epoch
     JOIN entry e ON e.transfer_id = t.id JOIN account a ON a.id = e.account_id
     WHERE b.booked AND b.matured AND e.bucket = 0
     GROUP BY b.hash, b.epoch, a.kind, a.name HAVING sum(e.sats) <> 0 ORDER BY b.hash`,
    ({ epoch, sats }) => `it is mature, but ${sats} sats of epoch ${epoch} are still immature`,
  ),
  check<{ kind: string }>(
    "I6",
    "Money of a block becomes mature when the block does",
    `SELECT t.id AS transfer_id, t.block_hash FROM transfer t JOIN block b ON b.hash = t.block_hash
     WHERE t.kind = 'maturity' AND t.epoch = b.epoch AND b.booked AND NOT b.matured ORDER BY t.id`,
    () => "its money was moved to mature, and the block is not",
  ),
  check<{ confirmations: number; maturity: number }>(
    "I6",
    "No block is mature before its coinbase can be spent",
    `SELECT hash AS block_hash, confirmations, $1::int AS maturity FROM block
     WHERE matured AND confirmations BETWEEN 1 AND $1::int - 1 ORDER BY height`,
    ({ confirmations, maturity }) =>
      `it is mature with ${confirmations} confirmations, its coinbase can be spent after ${maturity}`,
    ({ maturity }) => [maturity],
  ),
  check<{ kind: string; sats: bigint }>(
    "I6",
    "Payments move mature balances only",
    `SELECT t.id AS transfer_id, t.payout_id, t.kind, ${NAME_OF} AS account, e.sats
     FROM entry e JOIN transfer t ON t.id = e.transfer_id JOIN account a ON a.id = e.account_id
     WHERE t.payout_id IS NOT NULL AND e.bucket = 0 ORDER BY t.id`,
    ({ kind, sats }) => `"${kind}" moved ${sats} sats of the immature balance`,
  ),
  check(
    "I6",
    "Payments spend mature coins only",
    `SELECT i.payout_id, c.block_hash FROM payout_input i JOIN coin c ON c.id = i.coin_id
     JOIN payout p ON p.id = i.payout_id
     WHERE c.state = 'immature' AND p.state = 'confirmed' AND i.attempt = p.confirmed_attempt
     ORDER BY i.payout_id`,
    () => "it spends a coin that is not mature",
  ),
];
