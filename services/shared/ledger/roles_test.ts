import { assert, assertEquals, assertRejects } from "@std/assert";
import { systemClock } from "@gopool/runtime";
import { startPostgres } from "@gopool/testing/servers";
import { accountsOf, MATURE, ownAccounts, post } from "./books.ts";
import { freshDatabase, freshLedger, TEST_BOOK } from "./fixture.ts";
import { migrate, openLedger } from "./open.ts";
import { connect } from "./pg/connect.ts";
import type { Tx } from "./port.ts";

const clock = systemClock;

/** Users of the whole server: names of a test's own, gone with it. */
async function withUser(
  server: string,
  sql: (name: string) => string[],
  work: (url: string, name: string) => Promise<void>,
) {
  const name = `user_${crypto.randomUUID().replaceAll("-", "")}`;
  await using admin = await connect(server);
  for (const statement of sql(name)) await admin.query(statement);
  const url = new URL(server);
  url.username = name;
  url.password = "word";
  try {
    await work(url.href, name);
  } finally {
    await admin.query(`REASSIGN OWNED BY ${name} TO CURRENT_USER`);
    await admin.query(`DROP OWNED BY ${name}`);
    await admin.query(`DROP ROLE ${name}`);
  }
}

const payee = (tx: Tx) => accountsOf(tx, ["bcrt1qpayee"]);

Deno.test("a user with payoutd's role opens the books, gives them to a pool, and posts", async () => {
  await using database = await freshDatabase({ migrated: true });
  await withUser(
    database.url,
    (name) => [`CREATE ROLE ${name} LOGIN PASSWORD 'word' IN ROLE gopool_payoutd`],
    async (url) => {
      await using ledger = await openLedger(url, { clock, ...TEST_BOOK });
      const posted = await ledger.transaction(async (tx) => {
        const { reserve } = await ownAccounts(tx);
        const [account] = await payee(tx);
        return await post(tx, "pps", { minute: 1 }, [
          { account: account!, bucket: MATURE, sats: 1n },
          { account: reserve, bucket: MATURE, sats: -1n },
        ], 1);
      }, { money: true });
      assertEquals(posted, true);
      await using held = await ledger.hold("keeper");
      assertEquals(held?.lost.aborted, false);
    },
  );
});

Deno.test("payoutd may neither change nor remove what is final, nor touch a balance or the schema", async () => {
  await using ledger = await freshLedger();
  await ledger.ask(`INSERT INTO transfer (kind, minute, at_ms) VALUES ('pps', 1, 0);
    INSERT INTO entry VALUES (1, 1, 1, 5), (1, 2, 1, -5)`);
  const denied = [
    ...["transfer", "entry", "adjustment", "balance", "account", "book", "migration"].flatMap((
      table,
    ) => [`DELETE FROM ${table}`, `TRUNCATE ${table}`]),
    "UPDATE transfer SET at_ms = 1",
    "UPDATE entry SET sats = 1",
    "UPDATE adjustment SET reason = 'another'",
    "UPDATE balance SET sats = 0",
    "UPDATE account SET name = 'me'",
    "UPDATE book SET pool = 'mine'",
    "INSERT INTO balance VALUES (3, 1, 1)",
    "INSERT INTO migration (version) VALUES (99)",
    "CREATE TABLE mine (id int)",
    "ALTER TABLE entry DISABLE TRIGGER ALL",
    "SET session_replication_role = replica",
    "DROP TRIGGER entries_balance ON entry",
  ];
  for (const sql of denied) {
    const error = await assertRejects(() => ledger.transaction((tx) => tx.query(sql)));
    assertEquals((error as { code?: string }).code, "42501", `${sql}: ${error}`);
  }
});

Deno.test("what a trigger keeps as it is, payoutd has no right to change; all the rest it has", async () => {
  await using ledger = await freshLedger();
  const rows = await ledger.ask<{ name: string; right: string; given: boolean; kept: boolean }>(
    `SELECT c.relname AS name, r.name AS right,
       has_table_privilege('gopool_payoutd', c.oid, r.name) AS given,
       EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgfoid = 'forbid_change'::regproc
         AND t.tgattr = '' AND t.tgtype & r.bit <> 0) AS kept
     FROM pg_class c, (VALUES ('UPDATE', 16), ('DELETE', 8)) AS r (name, bit)
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace`,
  );
  const alone = new Set(["balance", "book", "account", "migration"]);
  for (const { name, right, given, kept } of rows) {
    assertEquals(given, !kept && !alone.has(name), `${right} on ${name}`);
  }
});

/** No right to it; not with a view; not without a transaction. */
const REFUSALS = ["42501", "42809", "55000", "25P01"];

Deno.test("apiserver reads every table and view, and writes none", async () => {
  await using ledger = await freshLedger();
  const rows = await ledger.ask<{ name: string; reads: boolean; writes: boolean }>(
    `SELECT relname AS name, has_table_privilege('gopool_apiserver', oid, 'SELECT') AS reads,
       has_table_privilege('gopool_apiserver', oid, 'INSERT, UPDATE, DELETE, TRUNCATE') AS writes
     FROM pg_class WHERE relkind IN ('r', 'v') AND relnamespace = 'public'::regnamespace`,
  );
  assertEquals(rows.filter(({ reads, writes }) => !reads || writes), []);
  // The rights are one thing, what the server does another: each way of writing, to each table.
  await using client = await connect(ledger.url, { role: "gopool_apiserver" });
  for (const { name } of rows) {
    await client.query(`SELECT count(*) FROM ${name}`);
    for (
      const sql of [
        `INSERT INTO ${name} DEFAULT VALUES`,
        `DELETE FROM ${name}`,
        `TRUNCATE ${name}`,
        `DROP TABLE ${name}`,
        `LOCK TABLE ${name} IN EXCLUSIVE MODE`,
      ]
    ) {
      const error = await assertRejects(() => client.query(sql));
      assert(
        REFUSALS.includes((error as { code?: string }).code ?? ""),
        `${sql}: ${error}`,
      );
    }
  }
  for (const sql of ["CREATE TABLE mine (id int)", "ALTER TABLE entry DISABLE TRIGGER ALL"]) {
    const error = await assertRejects(() => client.query(sql));
    assertEquals((error as { code?: string }).code, "42501", `${sql}: ${error}`);
  }
  // Anybody may call it; who owns nothing has nothing to give.
  const rights = () => ledger.ask("SELECT oid, relacl::text FROM pg_class ORDER BY oid");
  const before = await rights();
  await client.query("SELECT grant_roles()");
  assertEquals(await rights(), before);
  await using reader = await ledger.again({ role: "gopool_apiserver" });
  assertEquals((await reader.transaction(ownAccounts)).fee, 1);
  const error = await assertRejects(() => reader.transaction(payee));
  assertEquals((error as { code?: string }).code, "42501");
});

Deno.test("an owner who may make no roles migrates all the same, is told so, and grants them when they are there", async () => {
  await using server = await startPostgres();
  await using database = await freshDatabase({ server: server.url });
  const name = new URL(database.url).pathname.slice(1);
  await using admin = await connect(database.url);
  await admin.query("CREATE ROLE owner LOGIN PASSWORD 'word'");
  await admin.query(`ALTER DATABASE ${name} OWNER TO owner`);
  const url = new URL(database.url);
  url.username = "owner";
  url.password = "word";
  const migrated = async () => {
    const told: string[] = [];
    await migrate(url.href, { clock, onNotice: (text) => told.push(text) });
    return told.filter((text) => text.includes("gopool_"));
  };
  const may = async (table: string, right: string) => {
    const { rows: [row] } = await admin.query(
      "SELECT has_table_privilege('gopool_payoutd', $1, $2) AS given",
      [table, right],
    );
    return row.given;
  };
  const missing = (role: string) =>
    `The role ${role} is not there, and this user may not make it: make it (CREATE ROLE ${role} NOLOGIN), then run deno task migrate again`;
  assertEquals(await migrated(), [missing("gopool_payoutd"), missing("gopool_apiserver")]);

  await admin.query("CREATE ROLE gopool_payoutd NOLOGIN");
  assertEquals(await migrated(), [missing("gopool_apiserver")]);
  assertEquals([await may("entry", "INSERT"), await may("entry", "UPDATE")], [true, false]);

  // A table of a later migration is among them the next time.
  await admin.query("CREATE TABLE later (id int)");
  await admin.query("ALTER TABLE later OWNER TO owner");
  assertEquals(await may("later", "DELETE"), false);
  await migrated();
  assertEquals(await may("later", "DELETE"), true);
});
