import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { FakeClock, waitFor } from "@gopool/testing";
import { accountsOf, ownAccounts } from "./books.ts";
import { freshDatabase, freshLedger, TEST_BOOK } from "./fixture.ts";
import { openLedger } from "./open.ts";
import { connect } from "./pg/connect.ts";
import { beginOf } from "./pg/transaction.ts";
import { LedgerUnavailable } from "./port.ts";
import { systemClock } from "@gopool/runtime";

const clock = systemClock;

Deno.test("who opens for reading alone writes nothing, whatever its user might", async () => {
  await using ledger = await freshLedger();
  // The owner of the database itself.
  await using reader = await openLedger(ledger.url, { clock, ...TEST_BOOK, readOnly: true });
  assertEquals((await reader.transaction(ownAccounts)).fee, 1);
  const writes = [
    "INSERT INTO account (kind, name) VALUES ('miner', 'me')",
    "UPDATE payout_control SET paused = true",
    "DELETE FROM chain_fee",
    "CREATE TABLE mine (id int)",
    "SELECT lo_create(0)",
    "SELECT nextval('account_id_seq')",
  ];
  for (const sql of writes) {
    const error = await assertRejects(() => reader.transaction((tx) => tx.query(sql)));
    const { code } = (error as Error).cause as { code?: string };
    assertEquals(code, "25006", `${sql}: ${error}`);
  }
  await assertRejects(() => reader.transaction((tx) => accountsOf(tx, ["me"])), LedgerUnavailable);
  await assertRejects(
    () => reader.transaction(ownAccounts, { money: true }),
    TypeError,
    "cannot move money",
  );
  assertEquals(await ledger.ask("SELECT FROM account WHERE kind = 'miner'"), []);
  assertThrows(() => beginOf({ money: true }, true), TypeError);
});

Deno.test("a statement of who reads ends sooner than one of the pool's own", async () => {
  await using ledger = await freshLedger();
  const limitOf = async (options: { readOnly?: boolean; statementMs?: number }) => {
    await using one = await ledger.again(options);
    const [row] = await one.transaction((tx) =>
      tx.query<{ ms: string }>("SELECT current_setting('statement_timeout') AS ms")
    );
    return row!.ms;
  };
  assertEquals(await limitOf({}), "5min");
  assertEquals(await limitOf({ readOnly: true }), "20s");
  assertEquals(await limitOf({ readOnly: true, statementMs: 1_500 }), "1500ms");
});

Deno.test("books that are nobody's yet are waited for by who only reads, and not written on", async () => {
  await using database = await freshDatabase({ migrated: true });
  const told: (string | null)[] = [];
  const fake = new FakeClock();
  const opening = openLedger(database.url, {
    clock: fake,
    ...TEST_BOOK,
    readOnly: true,
    role: "gopool_apiserver",
    onTrouble: (sentence) => told.push(sentence),
  });
  await waitFor(() => told.length > 0, "the first trouble");
  assert(told[0]!.includes("these books are nobody's yet: payoutd begins them"), told[0]!);
  await using admin = await connect(database.url);
  assertEquals((await admin.query("SELECT pool FROM book")).rows, []);
  await using _owner = await openLedger(database.url, { clock, ...TEST_BOOK });
  await waitFor(async () => {
    await fake.advance(10_000);
    return told.at(-1) === null;
  }, "the ledger to be open");
  await using reader = await opening;
  assertEquals((await reader.transaction(ownAccounts)).fee, 1);
});

Deno.test("who only reads does not migrate", async () => {
  await using database = await freshDatabase();
  await assertRejects(
    () => openLedger(database.url, { clock, readOnly: true, migrate: true }),
    TypeError,
    "cannot migrate",
  );
});
