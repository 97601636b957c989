/** I4: payments, their debits and their transactions. @module */
import { decodeTransaction, equalBytes, type Transaction } from "@gopool/chain";
import type { Tx } from "../port.ts";
import { type Check, check, NAME_OF, own, type Problem, PROBLEMS_MAX } from "./check.ts";

/** SQL: what all transfers of each payment together must have moved, as its state says. */
const MOVED_BY_STATE = `
  SELECT l.payout_id, l.account_id, -l.gross_sats AS sats FROM payout_line l JOIN payout p ON p.id = l.payout_id
    WHERE p.state <> 'cancelled'
  UNION ALL SELECT id, ${
  own("transit")
}, gross_sats FROM payout WHERE state NOT IN ('confirmed', 'cancelled')
  UNION ALL SELECT p.id, ${own("wallet")}, p.gross_sats - p.fee_share_sats + t.fee_sats
    FROM payout p JOIN payout_tx t ON t.payout_id = p.id AND t.attempt = p.confirmed_attempt
  UNION ALL SELECT p.id, ${own("network_fee")}, p.fee_share_sats - t.fee_sats
    FROM payout p JOIN payout_tx t ON t.payout_id = p.id AND t.attempt = p.confirmed_attempt`;

const SQL_CHECKS: readonly Check[] = [
  check<{ lines: bigint | null; gross: bigint; fees: bigint | null; share: bigint }>(
    "I4",
    "A payment's lines are its debits",
    `SELECT p.id AS payout_id, gross_sats AS gross, fee_share_sats AS share, l.lines, l.fees FROM payout p
     LEFT JOIN (SELECT payout_id, sum(gross_sats) AS lines, sum(fee_sats) AS fees FROM payout_line
                GROUP BY payout_id) l ON l.payout_id = p.id
     WHERE (l.lines, l.fees) IS DISTINCT FROM (gross_sats, fee_share_sats) ORDER BY p.id`,
    ({ lines, gross, fees, share }) =>
      `it debits ${gross} sats with ${share} for the fee, its lines ${lines ?? 0} with ${
        fees ?? 0
      }`,
  ),
  check<{ want: bigint; have: bigint; state: string }>(
    "I4",
    "What a payment moved is what its state says, once",
    `WITH want AS (
       SELECT payout_id, account_id, sum(sats) AS sats FROM (${MOVED_BY_STATE}) m
       GROUP BY payout_id, account_id
     ), have AS (
       SELECT t.payout_id, e.account_id, sum(e.sats) AS sats FROM transfer t JOIN entry e ON e.transfer_id = t.id
       WHERE t.payout_id IS NOT NULL AND t.kind <> 'coin_found' GROUP BY t.payout_id, e.account_id
     )
     SELECT payout_id, ${NAME_OF} AS account, p.state, coalesce(want.sats, 0) AS want,
       coalesce(have.sats, 0) AS have
     FROM want FULL JOIN have USING (payout_id, account_id)
     JOIN account a ON a.id = account_id LEFT JOIN payout p ON p.id = payout_id
     WHERE coalesce(want.sats, 0) <> coalesce(have.sats, 0) ORDER BY payout_id, account_id`,
    ({ want, have, state }) => `it is ${state} and moved ${have} sats, it must have moved ${want}`,
  ),
  check<{ state: string }>(
    "I4",
    "What is signed or further has a stored transaction",
    `SELECT p.id AS payout_id, p.state FROM payout p
     WHERE p.state IN ('signed', 'broadcast', 'confirmed') AND NOT EXISTS (
       SELECT FROM payout_tx t WHERE t.payout_id = p.id AND t.raw IS NOT NULL
         AND t.attempt = coalesce(p.confirmed_attempt, t.attempt)) ORDER BY p.id`,
    ({ state }) => `it is ${state}, and no signed transaction of it is stored`,
  ),
  check<{ attempt: number; earlier: number }>(
    "I4",
    "Transactions of one payment exclude each other",
    `SELECT b.payout_id, b.attempt, a.attempt AS earlier FROM payout_tx a
     JOIN payout_tx b ON b.payout_id = a.payout_id AND b.attempt > a.attempt
     WHERE NOT EXISTS (
       SELECT FROM payout_input i JOIN payout_input j USING (payout_id, coin_id)
       WHERE i.payout_id = a.payout_id AND i.attempt = a.attempt AND j.attempt = b.attempt)
     AND NOT EXISTS (
       SELECT FROM payout_input i JOIN coin_vanished v ON v.id = i.coin_id
       WHERE i.payout_id = a.payout_id AND i.attempt = a.attempt)
     ORDER BY b.payout_id, b.attempt`,
    ({ attempt, earlier }) => `its attempts ${earlier} and ${attempt} spend no coin in common`,
  ),
  check<{ coin: bigint; other: bigint }>(
    "I4",
    "A coin is spent by one payment",
    `SELECT max(i.payout_id) AS payout_id, min(i.payout_id) AS other, i.coin_id AS coin
     FROM payout_input i JOIN payout p ON p.id = i.payout_id
     WHERE p.state <> 'cancelled' AND i.attempt = coalesce(p.confirmed_attempt, i.attempt)
     GROUP BY i.coin_id HAVING min(i.payout_id) <> max(i.payout_id) ORDER BY i.coin_id`,
    ({ coin, other }) => `it spends coin ${coin}, and so does payout ${other}`,
  ),
  check<{ coin: bigint; spent: boolean }>(
    "I4",
    "The coins of a confirmed payment are spent, and no others are",
    `SELECT coalesce(c.payout_id, i.payout_id) AS payout_id, c.id AS coin, c.spent FROM coin c
     LEFT JOIN (SELECT i.coin_id, i.payout_id FROM payout_input i JOIN payout p
       ON p.id = i.payout_id AND p.confirmed_attempt = i.attempt WHERE p.state = 'confirmed') i
       ON i.coin_id = c.id
     WHERE c.spent <> (i.coin_id IS NOT NULL) ORDER BY c.id`,
    ({ coin, spent }) =>
      `its coin ${coin} is ${spent ? "spent by no confirmed payment" : "not marked as spent"}`,
  ),
];

type AttemptRow = {
  payout_id: bigint;
  attempt: number;
  raw: Uint8Array;
  txid: Uint8Array;
  change_sats: bigint;
  change_script: Uint8Array;
};

/** Transactions are read this many at a time: some are 100 kB. */
const PAGE = 50;

/** Stored transactions are what was planned: the same txid, coins, payees and amounts. */
const storedTransactions: Check = {
  invariant: "I4",
  promise: "A stored transaction pays what was planned, from the coins that were taken",
  async find(tx) {
    const problems: Problem[] = [];
    let after: readonly [bigint, number] = [0n, -1];
    for (;;) {
      const rows = await tx.query<AttemptRow>(
        `SELECT payout_id, attempt, raw, txid, change_sats, change_script FROM payout_tx
         JOIN payout ON payout.id = payout_id
         WHERE raw IS NOT NULL AND (payout_id, attempt) > ($1::bigint, $2::int)
         ORDER BY payout_id, attempt LIMIT ${PAGE}`,
        [...after],
      );
      for (const row of rows) {
        const { payout_id: payout, attempt } = row;
        for (const says of await whatIsWrong(tx, row)) {
          problems.push({
            invariant: "I4",
            subject: { payout },
            says: `the transaction of its attempt ${attempt} ${says}`,
          });
        }
      }
      const last = rows.at(-1);
      if (last === undefined || problems.length >= PROBLEMS_MAX) return problems;
      after = [last.payout_id, last.attempt];
    }
  },
};

async function whatIsWrong(tx: Tx, row: AttemptRow): Promise<string[]> {
  let transaction: Transaction;
  try {
    transaction = decodeTransaction(row.raw);
  } catch (error) {
    return [`cannot be read: ${(error as Error).message}`];
  }
  if (!equalBytes(transaction.txid, row.txid)) return ["has another txid than is stored"];
  const coins = await tx.prepared<{ txid: Uint8Array; vout: number }>(
    "verify_inputs",
    `SELECT c.txid, c.vout FROM payout_input i JOIN coin c ON c.id = i.coin_id
     WHERE i.payout_id = $1 AND i.attempt = $2`,
    [row.payout_id, row.attempt],
  );
  const lines = await tx.prepared<{ script: Uint8Array; sats: bigint }>(
    "verify_lines",
    "SELECT script, gross_sats - fee_sats AS sats FROM payout_line WHERE payout_id = $1",
    [row.payout_id],
  );
  const { change_sats: sats, change_script: script } = row;
  const outputs = [...lines, ...(sats > 0n ? [{ sats, script }] : [])];
  const outpoint = (txid: Uint8Array, vout: number) => `${txid.toHex()}:${vout}`;
  const output = (one: { sats: bigint; script: Uint8Array }) => `${one.sats} ${one.script.toHex()}`;
  const spends = transaction.inputs.map(({ previousTxid, previousIndex }) =>
    outpoint(previousTxid, previousIndex)
  );
  return [
    ...(same(spends, coins.map(({ txid, vout }) => outpoint(txid, vout)))
      ? []
      : ["spends other coins than were taken for it"]),
    ...(same(transaction.outputs.map(output), outputs.map(output))
      ? []
      : ["pays other outputs than were planned"]),
  ];
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.toSorted().join() === b.toSorted().join();
}

export const PAYOUT_CHECKS: readonly Check[] = [...SQL_CHECKS, storedTransactions];
