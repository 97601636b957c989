import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { systemClock } from "@gopool/runtime";
import { freshDatabase, freshLedger, onDatabase, TEST_BOOK } from "./fixture.ts";
import { ledgerOptionsOf } from "./from_settings.ts";
import { openLedger } from "./open.ts";
import { LedgerNotOpened } from "./port.ts";
import { ledgerName, tooOld } from "./reach.ts";

const clock = systemClock;

Deno.test("a fresh ledger has the pool's own accounts and nothing else", async () => {
  await using ledger = await freshLedger();
  const rows = await ledger.transaction((tx) => tx.query("SELECT kind, name FROM account"));
  assertEquals(rows.length, 10);
  assertEquals(rows.filter(({ kind }) => kind === "miner"), []);
  assertEquals(await ledger.ask("SELECT pool, network FROM book"), [TEST_BOOK]);
});

Deno.test("another pool's books are refused, and another network's", async () => {
  await using ledger = await freshLedger();
  const open = (book: { pool?: string; network?: string }) =>
    openLedger(ledger.url, { clock, ...book });
  await assertRejects(
    () => open({ pool: "another", network: "regtest" }),
    LedgerNotOpened,
    'the books of the pool "gopool" on regtest, not of "another" on regtest',
  );
  await assertRejects(() => open({ network: "main" }), LedgerNotOpened, 'not of "gopool" on main');
  await using _ = await open({ pool: "gopool" });
});

Deno.test("new books become those of who opens them first, of one of two", async () => {
  await using database = await freshDatabase({ migrated: true });
  const open = (pool: string) => openLedger(database.url, { clock, pool, network: "main" });
  const both = await Promise.allSettled([open("one"), open("two")]);
  assertEquals(both.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
  for (const each of both) {
    if (each.status === "fulfilled") await each.value[Symbol.asyncDispose]();
  }
});

Deno.test("what waiting cannot mend is refused at once, in a sentence without the password", async () => {
  await using database = await freshDatabase({ migrated: true });
  const wrong = new URL(database.url);
  wrong.password = "hush-hush";
  const told = await assertRejects(
    () => openLedger(wrong.href, { clock }),
    LedgerNotOpened,
    "the server refuses the password",
  );
  assertEquals(told.message.includes("hush"), false);
  const none = new URL(database.url);
  none.password = "";
  await assertRejects(() => openLedger(none.href, { clock }), LedgerNotOpened, "password");
  await using _right = await openLedger(none.href, {
    clock,
    password: decodeURIComponent(new URL(database.url).password),
  });
  await assertRejects(
    () => openLedger(onDatabase(database.url, "no_such"), { clock }),
    LedgerNotOpened,
    "no such database: create it, then run deno task migrate",
  );
  await assertRejects(
    () => openLedger(`${database.url}?sslmode=verify-full`, { clock }),
    LedgerNotOpened,
    "TLS fails",
  );
});

Deno.test("servers before 17 are refused", () => {
  assertEquals(tooOld("17.10"), null);
  assertEquals(tooOld("18.1 (Debian 18.1-1)"), null);
  assertEquals(
    tooOld("15.18 (Debian 15.18-0+deb12u1)"),
    "The ledger needs PostgreSQL 17 or later, and this server is 15.18 (Debian 15.18-0+deb12u1)",
  );
});

Deno.test("a URL is named without its credentials, and a bad one refused without itself", () => {
  assertEquals(ledgerName("postgres://u:p@h/books"), "h:5432/books");
  assertEquals(ledgerName("postgresql://u:p@[::1]:1/a%20b?sslmode=disable"), "[::1]:1/a b");
  const bad: Record<string, string> = {
    "nonsense hush": "of the form",
    "http://u:hush@h/d": "begin with postgres://",
    "postgres://u:hush@h": "must name a database",
    "postgres://h/d": "must name a user",
    "postgres://u:hush@h/d?sslmode=prefer": "disable or verify-full",
    "postgres://u:hush@h/d?host=other": "must not have host=",
  };
  for (const [url, words] of Object.entries(bad)) {
    const error = assertThrows(() => ledgerName(url), TypeError, words);
    assertEquals(error.message.includes("hush"), false);
  }
});

Deno.test("settings become options, and the certificate's file is read", () => {
  assertEquals(ledgerOptionsOf({}), {});
  assertEquals(
    ledgerOptionsOf(
      { ledgerPassword: "p", ledgerCa: "/ca.pem", ledgerConnections: 3 },
      (path) => `text of ${path}`,
    ),
    { password: "p", ca: "text of /ca.pem", poolSize: 3 },
  );
});
