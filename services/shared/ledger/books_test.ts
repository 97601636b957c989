import { assertEquals, assertRejects } from "@std/assert";
import fc from "@gopool/testing/fc";
import {
  accountsOf,
  type Bucket,
  type Entry,
  IMMATURE,
  MATURE,
  ownAccounts,
  post,
} from "./books.ts";
import { type FreshLedger, freshLedger } from "./fixture.ts";
import type { Tx } from "./port.ts";

const AT_MS = 1_767_225_600_000;
const HASH = new Uint8Array(32).fill(7);

/** Every balance that is not nought, by account and bucket. */
async function balances(ledger: FreshLedger): Promise<Record<string, bigint>> {
  const rows = await ledger.ask<{ key: string; sats: bigint }>(
    `SELECT kind || name || '/' || bucket AS key, sats FROM balance
     JOIN account ON id = account_id WHERE sats <> 0 ORDER BY 1`,
  );
  return Object.fromEntries(rows.map(({ key, sats }) => [key, sats]));
}

const codeOf = (error: unknown) => (error as { code?: string }).code;

Deno.test("accounts are made once, and answered in the order asked for", async () => {
  await using ledger = await freshLedger();
  const of = (...names: string[]) => ledger.transaction((tx) => accountsOf(tx, names));
  const [b, a, again] = await of("b", "a", "b");
  assertEquals(again, b);
  assertEquals(await of("a", "b", "c").then(([x, y]) => [x, y]), [a, b]);
  assertEquals(await of(), []);
  const made = await Promise.all([of("x", "y", "z"), of("z", "y", "x"), of("y", "x", "z")]);
  assertEquals(new Set(made.flat()).size, 3);
});

Deno.test("a transfer moves balances, and its cause moves money once", async () => {
  await using ledger = await freshLedger();
  const credit = (epoch: number) =>
    ledger.transaction(async (tx) => {
      const { rewards, fee } = await ownAccounts(tx);
      const [miner] = await accountsOf(tx, ["m"]);
      return await post(tx, "credit", { blockHash: HASH, epoch }, [
        { account: rewards, bucket: IMMATURE, sats: -100n },
        { account: fee, bucket: IMMATURE, sats: 1n },
        { account: miner!, bucket: IMMATURE, sats: 99n },
      ], AT_MS);
    }, { money: true });
  assertEquals(await Promise.all([credit(0), credit(0), credit(0)]).then((all) => all.toSorted()), [
    false,
    false,
    true,
  ]);
  assertEquals(await balances(ledger), { "fee/0": 1n, "minerm/0": 99n, "rewards/0": -100n });
  assertEquals(await credit(1), true);
  assertEquals(await balances(ledger), { "fee/0": 2n, "minerm/0": 198n, "rewards/0": -200n });
});

Deno.test("entries that do not balance, are nought or stand twice are refused before they are sent", async () => {
  await using ledger = await freshLedger();
  await ledger.transaction(async (tx) => {
    const bad = (...entries: Entry[]) => post(tx, "pps", { minute: 1 }, entries, AT_MS);
    const entry = (account: number, sats: bigint, bucket: Bucket = MATURE) => ({
      account,
      bucket,
      sats,
    });
    await assertRejects(() => bad(entry(1, 1n), entry(2, -2n)), RangeError, "add up to -1");
    await assertRejects(() => bad(entry(1, 0n)), RangeError, "zero");
    await assertRejects(() => bad(), RangeError, "no entries");
    await assertRejects(() => bad(entry(1, 1n), entry(1, -1n)), RangeError, "two entries");
    assertEquals(await bad(entry(1, 1n, IMMATURE), entry(1, -1n)), true);
  });
});

Deno.test("the database itself refuses what does not balance, and every change of what stands", async () => {
  await using ledger = await freshLedger();
  const post1 = `INSERT INTO transfer (kind, minute, at_ms) VALUES ('pps', 1, 0) RETURNING id`;
  await ledger.ask(`WITH t AS (${post1}) INSERT INTO entry
    SELECT id, account, 1, sats FROM t, (VALUES (1, 5::bigint), (2, -5)) AS e (account, sats)`);
  const refused: Record<string, string> = {
    "INSERT INTO entry VALUES (1, 3, 1, 1)": "23514", // unbalanced
    "INSERT INTO entry VALUES (1, 3, 1, 1), (1, 4, 1, -2)": "23514",
    "INSERT INTO entry VALUES (1, 3, 1, 0)": "23514",
    "INSERT INTO entry VALUES (1, 3, 2, 1), (1, 4, 2, -1)": "23514", // no such bucket
    "INSERT INTO entry VALUES (1, 1, 1, 1), (1, 2, 1, -1)": "23505",
    "INSERT INTO entry VALUES (1, 9999, 1, 1), (1, 3, 1, -1)": "23503",
    "UPDATE entry SET sats = sats": "23001",
    "DELETE FROM entry": "23001",
    "TRUNCATE entry": "23001",
    "UPDATE transfer SET at_ms = 1": "23001",
    "DELETE FROM transfer WHERE false": "23001",
    "UPDATE adjustment SET reason = 'another'": "23001",
    "INSERT INTO transfer (kind, minute, epoch, at_ms) VALUES ('pps', 2, 0, 0)": "23514",
    "INSERT INTO transfer (kind, at_ms) VALUES ('pps', 0)": "23514",
    "INSERT INTO transfer (kind, minute, payout_id, attempt, at_ms) VALUES ('a', 1, 1, 0, 0)":
      "23514",
    "INSERT INTO transfer (kind, minute, at_ms) VALUES ('pps', 1, 0)": "23505",
    "INSERT INTO adjustment (kind, operator, reason, at_ms) VALUES ('a', 'o', '', 0)": "23514",
    "INSERT INTO account (kind, name) VALUES ('fee', 'another')": "23514",
    "INSERT INTO account (kind) VALUES ('fee')": "23505",
  };
  for (const [sql, code] of Object.entries(refused)) {
    const error = await assertRejects(() => ledger.ask(sql));
    assertEquals(codeOf(error), code, sql);
  }
  assertEquals(Object.values(await balances(ledger)), [-5n, 5n]);
});

Deno.test("property: any transfers, by any two, in any order leave the balances of a plain sum", async () => {
  await using ledger = await freshLedger();
  await using other = await ledger.again();
  const names = ["a", "b", "c", "d", "e"];
  const accounts = await ledger.transaction((tx) => accountsOf(tx, names));
  const leg = fc.record({
    account: fc.integer({ min: 0, max: names.length - 1 }),
    bucket: fc.constantFrom<Bucket>(IMMATURE, MATURE),
    sats: fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }).filter((sats) => sats !== 0n),
  });
  const transfer = fc.record({
    minute: fc.integer({ min: 0, max: 15 }),
    legs: fc.uniqueArray(leg, {
      minLength: 1,
      maxLength: 8,
      selector: ({ account, bucket }) => `${account}/${bucket}`,
    }),
  });
  let run = 0;
  const model = new Map<string, bigint>();
  await fc.assert(
    fc.asyncProperty(fc.array(transfer, { minLength: 1, maxLength: 20 }), async (transfers) => {
      const kind = `model ${run++}`;
      const { operator } = await ledger.transaction(ownAccounts);
      const all = transfers.map(({ minute, legs }) => {
        const entries: Entry[] = legs.map(({ account, bucket, sats }) => ({
          account: accounts[account]!,
          bucket,
          sats,
        }));
        const sum = entries.reduce((total, { sats }) => total + sats, 0n);
        if (sum !== 0n) entries.push({ account: operator, bucket: MATURE, sats: -sum });
        return { minute, entries };
      });
      const posted = await Promise.all(
        all.map(({ minute, entries }, i) =>
          [ledger, other][i % 2]!.transaction((tx: Tx) =>
            post(tx, kind, { minute }, entries, AT_MS)
          )
        ),
      );
      // Which of two with one cause came first is chance; that it is one of them is not.
      const minutes = all.filter((_, i) => posted[i]).map(({ minute }) => minute);
      assertEquals(new Set(minutes).size, minutes.length);
      assertEquals(new Set(minutes), new Set(all.map(({ minute }) => minute)));
      for (const [i, { entries }] of all.entries()) {
        if (!posted[i]) continue;
        for (const { account, bucket, sats } of entries) {
          const key = `${account}/${bucket}`;
          model.set(key, (model.get(key) ?? 0n) + sats);
        }
      }
      const rows = await ledger.ask<{ key: string; sats: bigint }>(
        "SELECT account_id || '/' || bucket AS key, sats FROM balance",
      );
      assertEquals(new Map(rows.map(({ key, sats }) => [key, sats])), model);
      assertEquals(rows.reduce((sum, { sats }) => sum + sats, 0n), 0n);
    }),
    { numRuns: 10 },
  );
});
