/**
 * Brings the schema to what this program knows: the SQL files of migrations/, each run once, in their order, forward
 * only. node-pg-migrate runs them and notes what it ran; around it stand one lock for all processes and a check that
 * no file has changed since it was run.
 *
 * @module
 */
import { runner } from "node-pg-migrate";
import type pg from "pg";
import { connect, type PgAccess } from "./pg/connect.ts";
import { LedgerNotOpened } from "./port.ts";

/** Which migrations were run, as node-pg-migrate keeps it. */
const TABLE = "migration";
/** The files' checksums, as they were when they were run. */
const FILES = "migration_file";
const SCHEMA = "public";

/** One process at a time migrates; the others wait and then find it done. */
const LOCK = "hashtextextended('gopool migrate', 2)";

export interface MigrationFile {
  /** Without ".sql": `0001_books`. */
  readonly name: string;
  /** SHA-256 of the file, hexadecimal. */
  readonly checksum: string;
}

export interface MigrateOptions extends PgAccess {
  /** Another folder of files: for tests. */
  readonly folder?: string;
  /** Told each notice of the server: what a migration could not do and says so. */
  readonly onNotice?: (text: string) => void;
}

/** What stands in the database, beside what the files say. */
export interface SchemaState {
  readonly applied: readonly string[];
  readonly missing: readonly string[];
}

const FOLDER = new URL("./migrations/", import.meta.url).pathname;

/**
 * Runs what has not been run yet, all in one transaction.
 *
 * @returns The names of those that were run now.
 * @throws {LedgerNotOpened} A newer schema, a changed file. Errors of SQL and of the connection as they are.
 */
export async function migrate(url: string, options: MigrateOptions = {}): Promise<string[]> {
  const folder = options.folder ?? FOLDER;
  const files = await migrationFiles(folder);
  // Waiting for another's migration, and a migration itself, may take long.
  const config = { statement_timeout: 0, query_timeout: 0, lock_timeout: 0 };
  await using client = await connect(url, options, { config });
  client.on("notice", ({ message }) => message !== undefined && options.onNotice?.(message));
  await client.query(`SELECT pg_advisory_lock(${LOCK})`);
  const { missing } = await compared(client, files);
  if (missing.length === 0) return [];
  await note(client, files.filter(({ name }) => missing.includes(name)));
  const ran = await runner({
    dbClient: client,
    dir: folder,
    ignorePattern: "(?!.*\\.sql$).*",
    direction: "up",
    migrationsTable: TABLE,
    schema: SCHEMA,
    singleTransaction: true,
    checkOrder: true,
    noLock: true,
    log: () => {},
  });
  return ran.map(({ name }) => name);
}

/**
 * Compares the database with the files.
 *
 * @throws {LedgerNotOpened} A newer schema, a changed file.
 */
export async function schemaState(
  client: pg.ClientBase,
  folder: string = FOLDER,
): Promise<SchemaState> {
  return await compared(client, await migrationFiles(folder));
}

async function compared(
  client: pg.ClientBase,
  files: readonly MigrationFile[],
): Promise<SchemaState> {
  const applied = await appliedFiles(client);
  const known = new Map(files.map(({ name, checksum }) => [name, checksum]));
  for (const { name, checksum } of applied) {
    if (!known.has(name)) {
      throw new LedgerNotOpened(
        `The ledger's schema is newer than this program: it has ${name}. Run the newer program, or restore a backup from before`,
      );
    }
    if (checksum !== null && checksum !== known.get(name)) {
      throw new LedgerNotOpened(
        `The migration ${name}.sql is not the file that this ledger was made with: files that were run are never changed`,
      );
    }
  }
  const done = new Set(applied.map(({ name }) => name));
  return {
    applied: [...done],
    missing: files.map(({ name }) => name).filter((name) => !done.has(name)),
  };
}

async function appliedFiles(
  client: pg.ClientBase,
): Promise<{ name: string; checksum: string | null }[]> {
  const { rows: [found] } = await client.query<{ both: boolean }>(
    "SELECT to_regclass($1) IS NOT NULL AND to_regclass($2) IS NOT NULL AS both",
    [`${SCHEMA}.${TABLE}`, `${SCHEMA}.${FILES}`],
  );
  if (!found!.both) return [];
  const { rows } = await client.query<{ name: string; checksum: string | null }>(
    `SELECT name, checksum FROM ${SCHEMA}.${TABLE} LEFT JOIN ${SCHEMA}.${FILES} USING (name)
     ORDER BY name`,
  );
  return rows;
}

/** Before they are run: one that is not run in the end is noted again when it is. */
async function note(client: pg.ClientBase, files: readonly MigrationFile[]): Promise<void> {
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${SCHEMA}.${FILES} (name text PRIMARY KEY, checksum text NOT NULL)`,
  );
  await client.query(
    `INSERT INTO ${SCHEMA}.${FILES} (name, checksum) SELECT * FROM unnest($1::text[], $2::text[])
     ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum`,
    [files.map(({ name }) => name), files.map(({ checksum }) => checksum)],
  );
}

/** The files of a folder, in their order. */
export async function migrationFiles(folder: string = FOLDER): Promise<MigrationFile[]> {
  const files: MigrationFile[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".sql")) continue;
    const bytes = await Deno.readFile(`${folder}/${name}`);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    files.push({ name: name.slice(0, -".sql".length), checksum: digest.toHex() });
  }
  return files.sort((a, b) => a.name < b.name ? -1 : 1);
}
