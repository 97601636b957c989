import { assertEquals, assertStringIncludes } from "@std/assert";
import { freshDatabase } from "@gopool/ledger/fixture";
import { ledgerName } from "@gopool/ledger";
import { tempDir } from "@gopool/testing";
import { runTask } from "../child_fixture.ts";

Deno.test("deno task migrate says what is missing, runs it, and says what it did", async () => {
  await using database = await freshDatabase();
  const env = { GOPOOL_LEDGER_URL: database.url };
  const name = ledgerName(database.url);
  const before = await runTask("migrate", ["--check"], env);
  assertEquals([before.code, before.stderr], [1, ""]);
  assertStringIncludes(
    before.stdout,
    `${name}: the schema is older than this program, missing: 0001_books`,
  );

  const run = await runTask("migrate", [], env);
  assertEquals([run.code, run.stderr], [0, ""]);
  const lines = run.stdout.trim().split("\n");
  assertEquals(lines[0], `${name}: ran 0001_books`);
  assertEquals(lines.at(-1), `${name}: the schema is up to date`);

  const after = await runTask("migrate", ["--check"], env);
  assertEquals(after, { code: 0, stdout: `${name}: the schema is up to date\n`, stderr: "" });
});

Deno.test("deno task migrate refuses in sentences, and makes no ledger by mistake", async () => {
  await using folder = await tempDir();
  await using database = await freshDatabase();
  const wrong = new URL(database.url);
  wrong.password = "hush-hush";
  const cases: readonly (readonly [Record<string, string>, string[], number, string])[] = [
    [{ GOPOOL_DATA_DIR: folder.join("none") }, [], 1, "There is no ledger under"],
    [{ GOPOOL_LEDGER_URL: wrong.href }, [], 1, "the server refuses the password"],
    [{ GOPOOL_LEDGER_URL: "postgres://db/books" }, [], 2, "must name a user"],
    [{ GOPOOL_LEDGER_URL: database.url }, ["--now"], 2, "unknown option"],
  ];
  for (const [env, args, code, words] of cases) {
    const ended = await runTask("migrate", args, env);
    assertEquals([ended.code, ended.stdout], [code, ""], ended.stderr);
    assertStringIncludes(ended.stderr, words);
    assertEquals(ended.stderr.includes("hush"), false);
  }
  assertEquals(await Array.fromAsync(Deno.readDir(folder.path)), []);
});
