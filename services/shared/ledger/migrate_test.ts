import { assertEquals, assertRejects } from "@std/assert";
import { systemClock } from "@gopool/runtime";
import { tempDir } from "@gopool/testing";
import { freshDatabase } from "./fixture.ts";
import { migrationFiles } from "./migrate.ts";
import { migrate, missingMigrations, openLedger } from "./open.ts";
import { connect } from "./pg/connect.ts";
import { LedgerNotOpened } from "./port.ts";

const clock = systemClock;

async function ask(url: string, sql: string) {
  await using client = await connect(url);
  return (await client.query(sql)).rows;
}

/** A folder of migrations, and its change. */
async function folderOf(files: Record<string, string>) {
  const dir = await tempDir();
  const write = async (more: Record<string, string>) => {
    for (const [name, sql] of Object.entries(more)) await Deno.writeTextFile(dir.join(name), sql);
  };
  await write(files);
  return { ...dir, write };
}

const FIRST = {
  "0001_first.sql": "CREATE TABLE first (id int); INSERT INTO first VALUES (1);",
  "0002_second.sql": "CREATE TABLE second (id int);",
  "README.md": "not SQL",
};

Deno.test("files are run once, in their order, and said", async () => {
  await using database = await freshDatabase();
  await using dir = await folderOf(FIRST);
  const options = { clock, folder: dir.path };
  const names = ["0001_first", "0002_second"];
  assertEquals(await missingMigrations(database.url, options), names);
  assertEquals(await migrate(database.url, options), names);
  assertEquals(await migrate(database.url, options), []);
  await dir.write({ "0003_third.sql": "INSERT INTO first VALUES (2)" });
  assertEquals(await missingMigrations(database.url, options), ["0003_third"]);
  assertEquals(await migrate(database.url, options), ["0003_third"]);
  assertEquals(await ask(database.url, "SELECT id FROM first ORDER BY id"), [{ id: 1 }, { id: 2 }]);
});

Deno.test("a file that fails leaves nothing of itself and of those before it, and is named", async () => {
  await using database = await freshDatabase();
  await using dir = await folderOf({ ...FIRST, "0003_third.sql": "SELECT nonsense;" });
  const options = { clock, folder: dir.path };
  await assertRejects(
    () => migrate(database.url, options),
    LedgerNotOpened,
    "0003_third.sql fails, and nothing was changed",
  );
  assertEquals(await ask(database.url, "SELECT to_regclass('first') AS it"), [{ it: null }]);
  await dir.write({ "0003_third.sql": "CREATE TABLE third (id int)" });
  assertEquals((await migrate(database.url, options)).length, 3);
});

Deno.test("several that migrate at once do it once", async () => {
  await using database = await freshDatabase();
  const files = (await migrationFiles()).map(({ name }) => name);
  const ran = await Promise.all(
    Array.from({ length: 4 }, () => migrate(database.url, { clock })),
  );
  assertEquals(ran.filter((names) => names.length > 0), [files]);
});

Deno.test("a newer schema is refused, by who migrates and by who opens", async () => {
  await using database = await freshDatabase();
  await using newer = await folderOf({ ...FIRST, "0003_third.sql": "SELECT 1" });
  await using older = await folderOf(FIRST);
  await migrate(database.url, { clock, folder: newer.path });
  const options = { clock, folder: older.path };
  const words = "newer than this program: it has 0003_third";
  await assertRejects(() => migrate(database.url, options), LedgerNotOpened, words);
  await assertRejects(() => openLedger(database.url, options), LedgerNotOpened, words);
});

Deno.test("an older schema is refused by who opens, and named, unless it may migrate", async () => {
  await using database = await freshDatabase();
  await assertRejects(
    () => openLedger(database.url, { clock }),
    LedgerNotOpened,
    "0001_books, 0002_shares",
  );
  await using ledger = await openLedger(database.url, { clock, migrate: true });
  assertEquals(await ledger.transaction((tx) => tx.query("SELECT * FROM book")), []);
});

Deno.test("a file that was changed after it was run is refused, and one put in between", async () => {
  await using database = await freshDatabase();
  await using dir = await folderOf(FIRST);
  const options = { clock, folder: dir.path };
  await migrate(database.url, options);
  await dir.write({ "0001_first.sql": FIRST["0001_first.sql"] + " -- mended" });
  await assertRejects(
    () => migrate(database.url, options),
    LedgerNotOpened,
    "0001_first.sql is not",
  );
  await assertRejects(() => openLedger(database.url, options), LedgerNotOpened, "never changed");
  await dir.write({ ...FIRST, "0001_again.sql": "SELECT 1" });
  await assertRejects(() => migrate(database.url, options), LedgerNotOpened, "at the end");
});
