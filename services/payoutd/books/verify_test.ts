import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { displayHash } from "@gopool/chain";
import type { Ledger } from "@gopool/ledger";
import { freshLedger } from "@gopool/ledger/fixture";
import { buildBooks, type Built, START_MINUTE } from "./books_fixture.ts";
import { problemLine, verify } from "./verify.ts";

const TERMS = { network: "regtest", maturity: 100 } as const;

Deno.test("an empty ledger is in order", async () => {
  await using ledger = await freshLedger();
  const { problems, notes } = await verify(ledger, TERMS);
  assertEquals([problems, notes], [[], []]);
});

/** A statement that takes a table's checks ("c") or unique keys ("u") away. */
function dropConstraints(table: string, type: "c" | "u"): string {
  return `DO $$ DECLARE c record; BEGIN FOR c IN SELECT conname FROM pg_constraint
    WHERE conrelid = '${table}'::regclass AND contype = '${type}'
    LOOP EXECUTE format('ALTER TABLE ${table} DROP CONSTRAINT %I', c.conname); END LOOP; END $$`;
}

/**
 * What somebody with the database's highest rights may do, and the lines that must then be among what is told. `$m`,
 * `$i`, `$r` are the blocks of the fixture, `$p` its payout.
 */
const BREAKS: readonly {
  readonly name: string;
  readonly sql: string;
  readonly says: (built: Built) => readonly string[];
}[] = [
  {
    name: "a credit that is a satoshi more than was split",
    sql: "UPDATE block_credit SET sats = sats + 1 WHERE block_hash = $m AND weight = 2",
    says: ({ mature }) => [
      `I1: block ${displayHash(mature)}: it is worth 5000000000 sats`,
      `I1: block ${displayHash(mature)}, transfer`,
    ],
  },
  {
    name: "an output of a coinbase that was never booked",
    sql: "UPDATE block_credit SET paid = 999 WHERE block_hash = $i AND paid > 0",
    says: ({ immature }) => [
      `I1: block ${displayHash(immature)}: its coinbase paid others 1000 sats, its credits say 999`,
    ],
  },
  {
    name: "entries of a credit on the wrong account",
    sql: `UPDATE entry SET account_id = (SELECT id FROM account WHERE kind = 'operator')
          WHERE account_id = (SELECT id FROM account WHERE kind = 'fee')
            AND transfer_id = (SELECT id FROM transfer WHERE block_hash = $m AND kind = 'credit')`,
    says: ({ mature }) => [
      `I1: block ${
        displayHash(mature)
      }, transfer 1, account operator: "credit" moved 50000000 sats`,
      "I5: transfer",
    ],
  },
  {
    name: "a minute of PPS that paid more than left the reserve",
    sql: "UPDATE pps_minute SET sats = sats + 1",
    says: () => ["I1: minute", "it was paid 13 sats, and 12 left the reserve"],
  },
  {
    name: "an output that the block's value does not have",
    sql: "UPDATE block_output SET sats = sats - 1 WHERE block_hash = $m AND is_pool",
    says: ({ mature }) => [`I2: block ${displayHash(mature)}: it is worth 5000000000 sats`],
  },
  {
    name: "a coinbase that burns",
    sql: "UPDATE block SET value = value - 1 WHERE hash = $m",
    says: ({ mature }) => [
      `I2: block ${
        displayHash(mature)
      }: its coinbase pays 4999999999 sats, a block at height 10 creates 5000000000`,
    ],
  },
  {
    name: "a transfer posted twice",
    sql: `${dropConstraints("transfer", "u")};
          INSERT INTO transfer (kind, block_hash, epoch, at_ms)
            SELECT kind, block_hash, epoch, at_ms FROM transfer WHERE block_hash = $m AND kind = 'credit'`,
    says: ({ mature }) => [
      `I3: block ${displayHash(mature)}, transfer`,
      '"credit" was posted 2 times for one cause, first as transfer',
      "I3: the unique key of transfer by kind,block_hash",
      "I5: block",
    ],
  },
  {
    name: "a share that is counted and was never applied",
    sql: `UPDATE slice_minute SET shares = shares + 1 WHERE minute = ${START_MINUTE + 101}`,
    says: () => ["I3: 29 shares were applied, the slices have 30"],
  },
  {
    name: "a late share that nobody applied",
    sql: "UPDATE late_share SET source_offset = 4000",
    says: () => [`I3: minute ${START_MINUTE + 101}`, "a late share at offset 4000 of partition 0"],
  },
  {
    name: "a debit that was taken back behind the books",
    sql: "UPDATE payout_line SET gross_sats = gross_sats - 1 WHERE gross_sats = 100000",
    says: ({ payout }) => [
      `I4: payout ${payout}: it debits 300000 sats with 0 for the fee, its lines 299999 with 0`,
      `I4: payout ${payout}, account bcrt1`,
      `I4: payout ${payout}: the transaction of its attempt 0 pays other outputs than were planned`,
    ],
  },
  {
    name: "a payment whose transaction is lost",
    sql: "UPDATE payout_tx SET raw = NULL, txid = NULL, signed_at_ms = NULL",
    says: (
      { payout },
    ) => [`I4: payout ${payout}: it is confirmed, and no signed transaction of it is stored`],
  },
  {
    name: "another transaction in the place of the one signed",
    sql: "UPDATE payout_tx SET raw = overlay(raw PLACING '\\x00' FROM 30)",
    says: (
      { payout },
    ) => [`I4: payout ${payout}: the transaction of its attempt 0 has another txid`],
  },
  {
    name: "two transactions of one payment that could both be confirmed",
    sql:
      `INSERT INTO payout_tx (payout_id, attempt, reason, fee_rate, fee_sats, change_sats, weight, at_ms)
            SELECT payout_id, 1, 'fee', fee_rate, fee_sats, change_sats, weight, at_ms FROM payout_tx;
          INSERT INTO payout_input SELECT $p, 1, id FROM coin WHERE state = 'immature' LIMIT 1`,
    says: ({ payout }) => [`I4: payout ${payout}: its attempts 0 and 1 spend no coin in common`],
  },
  {
    name: "a coin spent twice",
    sql:
      `INSERT INTO payout (state, fee_payer, gross_sats, fee_share_sats, change_script, planned_at_ms)
            VALUES ('planned', 'pool', 1, 0, '', 0);
          INSERT INTO payout_tx (payout_id, attempt, reason, fee_rate, fee_sats, change_sats, weight, at_ms)
            SELECT max(id), 0, 'planned', 0, 0, 0, 1, 0 FROM payout;
          INSERT INTO payout_input SELECT (SELECT max(id) FROM payout), 0, coin_id FROM payout_input`,
    says: (
      { payout },
    ) => [`I4: payout ${payout + 1n}: it spends coin 1, and so does payout ${payout}`],
  },
  {
    name: "a spent coin that is called unspent",
    sql: "UPDATE coin SET spent = false WHERE spent",
    says: ({ payout }) => [
      `I4: payout ${payout}: its coin 1 is not marked as spent`,
      "I5: account wallet: its coins are 9999699700 sats, its balance is -4999699700",
    ],
  },
  {
    name: "a transfer that does not balance",
    sql: `UPDATE entry SET sats = sats + 5 WHERE transfer_id = 1 AND sats > 0
            AND account_id = (SELECT id FROM account WHERE kind = 'fee')`,
    says: () => ['the entries of "credit" add up to 5 sats, not to 0', "I5: transfer"],
  },
  {
    name: "a balance that no entries make",
    sql:
      `UPDATE balance SET sats = sats + 7 FROM account a WHERE a.id = account_id AND a.kind = 'donation'
            AND bucket = 1`,
    says: () => [
      "account donation: its mature balance is",
      "I5: all balances add up to 7 sats, not to 0",
    ],
  },
  {
    name: "money of a block that is mature too early",
    sql: "UPDATE block SET confirmations = 99 WHERE hash = $m",
    says: ({ mature }) => [
      `I6: block ${
        displayHash(mature)
      }: it is mature with 99 confirmations, its coinbase can be spent after 100`,
    ],
  },
  {
    name: "a payment out of an immature balance",
    sql:
      "UPDATE entry SET bucket = 0 FROM transfer t WHERE t.id = transfer_id AND t.kind = 'payout'",
    says: ({ payout }) => [`I6: payout ${payout}, transfer`, "sats of the immature balance"],
  },
  {
    name: "a mature block whose money was left immature",
    sql: `DELETE FROM entry USING transfer t WHERE t.id = transfer_id AND t.kind = 'maturity';
          DELETE FROM transfer WHERE kind = 'maturity'`,
    says: (
      { mature },
    ) => [`I6: block ${displayHash(mature)}, account fee: it is mature, but 50000000 sats`],
  },
  {
    name: "a block that left the chain and was not reversed",
    sql: `DELETE FROM entry USING transfer t WHERE t.id = transfer_id AND t.kind = 'reversal';
          DELETE FROM transfer WHERE kind = 'reversal'`,
    says: ({ returned }) => [
      `I7: block ${displayHash(returned)}: its credit of epoch 0 was not reversed`,
    ],
  },
  {
    name: "a reversal that takes back less",
    sql: `UPDATE entry SET sats = sats + 1 FROM transfer t, account a WHERE t.id = transfer_id
            AND t.kind = 'reversal' AND a.id = account_id AND a.kind = 'fee'`,
    says: ({ returned }) => [
      `I7: block ${displayHash(returned)}, transfer`,
      "after the reversal of epoch 0, 1 sats are left of the immature balance",
    ],
  },
  {
    name: "a block that is booked without a credit",
    sql: "UPDATE block SET epoch = 2 WHERE hash = $r",
    says: ({ returned }) => [
      `I7: block ${
        displayHash(returned)
      }: it is booked under epoch 2, and no credit of that epoch stands`,
      `I7: block ${displayHash(returned)}: its credit of epoch 1 was not reversed`,
    ],
  },
  {
    name: "an orphan that is still booked",
    sql: `${dropConstraints("block", "c")};
          UPDATE block SET state = 'orphaned' WHERE hash = $r`,
    says: ({ returned }) => [`I7: block ${displayHash(returned)}: it is orphaned, and booked`],
  },
  {
    name: "work that was added to a closed minute",
    sql: `UPDATE slice_minute SET work = work + 1 WHERE minute = ${START_MINUTE + 70}`,
    says: () => [`I8: minute ${START_MINUTE + 70}`, "its total of pplns at nBits 1d00ffff is"],
  },
  {
    name: "work that was added to a closed hour",
    sql: "UPDATE slice_hour SET work = work + 1",
    says: () => [`I8: minute ${START_MINUTE}`, "the hour that it begins has"],
  },
  {
    name: "work of nobody",
    sql: `UPDATE slice_minute SET account_id = 4000 WHERE minute = ${START_MINUTE + 101}`,
    says: () => [`I8: minute ${START_MINUTE + 101}`, "it has work of account 4000, which is none"],
  },
  {
    name: "work under a scheme that was not in force",
    sql: `UPDATE slice_minute SET scheme = 'prop' WHERE minute = ${START_MINUTE + 70};
          UPDATE slice_total SET scheme = 'prop' WHERE minute = ${START_MINUTE + 70}`,
    says: () => [`I8: minute ${START_MINUTE + 70}`, "it has work of prop, and pplns is in force"],
  },
  {
    name: "a subsidy where none is paid",
    sql: `UPDATE slice_minute SET subsidy = 5 WHERE minute = ${START_MINUTE + 70}`,
    says:
      () => [`I8: minute ${START_MINUTE + 70}`, "it has work of pplns with a subsidy of 5 sats"],
  },
];

/** Runs the statements with every trigger off, as only a superuser can. */
async function breakIn(ledger: Ledger, sql: string, built: Built): Promise<void> {
  const { mature, immature, returned, payout } = built;
  const bytes = (hash: Uint8Array) => `'\\x${hash.toHex()}'::bytea`;
  const filled = sql.replaceAll("$m", bytes(mature)).replaceAll("$i", bytes(immature))
    .replaceAll("$r", bytes(returned)).replaceAll("$p", String(payout));
  await ledger.transaction(async (tx) => {
    await tx.query("SET LOCAL session_replication_role = replica");
    for (const statement of filled.split(";\n")) await tx.query(statement);
  });
}

Deno.test("whatever somebody does to the books behind their back is named", async (t) => {
  await using ledger = await freshLedger({ role: undefined });
  const built = await buildBooks(ledger);
  const clean = await verify(ledger, TERMS);
  assertEquals([clean.problems.map(problemLine), clean.notes], [[], []]);
  for (const { name, sql, says } of BREAKS) {
    await t.step(name, async () => {
      const undo = new Error("undo");
      let lines: string[] = [];
      await ledger.transaction(async (tx) => {
        const inside = {
          ...ledger,
          transaction: <T>(work: (one: typeof tx) => Promise<T>) => work(tx),
        };
        await breakIn(inside, sql, built);
        lines = (await verify(inside, TERMS)).problems.map(problemLine);
        throw undo;
      }).catch((error) => assert(error === undo, error));
      const told = lines.join("\n");
      for (const words of says(built)) assertStringIncludes(told, words);
    });
  }
  assertEquals((await verify(ledger, TERMS)).problems, [], "every break was undone");
});

Deno.test("a guard that is switched off is named, with the invariant that it keeps", async () => {
  await using ledger = await freshLedger();
  await ledger.ask("ALTER TABLE entry DISABLE TRIGGER entries_balance");
  await ledger.ask("DROP TRIGGER payout_inputs_exclude ON payout_input");
  const { problems } = await verify(ledger, TERMS);
  assertEquals(problems.map(problemLine), [
    'I5: the trigger "entries_balance" on entry is missing or disabled',
    'I4: the trigger "payout_inputs_exclude" on payout_input is missing or disabled',
  ]);
});
