/**
 * Brings the schema to what this program knows: the SQL files of migrations/, each run once, in their order, forward
 * only. Postgrator runs them and notes what it ran, with each file's checksum; around it stand one transaction and one
 * lock for all processes.
 *
 * @module
 */
import type pg from "pg";
import Postgrator from "postgrator";
import { connect, type PgAccess } from "./pg/connect.ts";
import { sqlState } from "./pg/errors.ts";
import { LedgerNotOpened } from "./port.ts";

/** Which migrations were run, as Postgrator keeps it. */
const TABLE = "migration";
/** Its key is unique in a database, apart from the keys that are made of other names. */
const LOCK = "hashtextextended('gopool migrate', 2)";

export interface MigrationFile {
  /** Without ".sql": `0001_books`. */
  readonly name: string;
  readonly path: string;
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

const FOLDER = new URL("./migrations", import.meta.url).pathname;

/**
 * Runs what has not been run yet: all of it or nothing. One process at a time does; others wait and find it done.
 *
 * @returns The names of those that were run now.
 * @throws {LedgerNotOpened} A newer schema, a changed file, SQL that fails. Errors of the connection as they are.
 */
export async function migrateOnce(url: string, options: MigrateOptions = {}): Promise<string[]> {
  const files = await migrationFiles(options.folder);
  // Waiting for another's migration, and a migration itself, may take long.
  const config = { statement_timeout: 0, query_timeout: 0, lock_timeout: 0 };
  await using client = await connect(url, options, { config });
  client.on("notice", ({ message }) => message !== undefined && options.onNotice?.(message));
  await client.query(`BEGIN; SELECT pg_advisory_xact_lock(${LOCK})`);
  const { missing } = await compared(client, files);
  if (missing.length > 0) await new Runner(client, files).migrate();
  await grantRoles(client, options.onNotice);
  await client.query("COMMIT");
  return [...missing];
}

/**
 * Compares the database with the files.
 *
 * @throws {LedgerNotOpened} A newer schema, a changed file.
 */
export async function schemaState(client: pg.ClientBase, folder?: string): Promise<SchemaState> {
  return await compared(client, await migrationFiles(folder));
}

/** Postgrator over one connection, with files that are named as ours. */
class Runner extends Postgrator {
  /** Its own types leave it out: what getMigrations() has found. */
  declare migrations: Postgrator.Migration[];

  constructor(readonly client: pg.ClientBase, readonly files: readonly MigrationFile[]) {
    super({ driver: "pg", schemaTable: TABLE, execQuery: (sql) => client.query(sql) });
  }

  override getMigrations(): Promise<Postgrator.Migration[]> {
    this.migrations = this.files.map(({ name, path, checksum }) => ({
      version: parseInt(name),
      action: "do",
      name,
      filename: path,
      // A column's name: it compares text with text.
      md5: checksum,
      getSql: () => Deno.readTextFileSync(path),
    }));
    return Promise.resolve(this.migrations);
  }

  override async runMigrations(
    migrations: Postgrator.Migration[] = [],
  ): Promise<Postgrator.Migration[]> {
    for (const migration of migrations) {
      try {
        await super.runMigrations([migration]);
      } catch (error) {
        if (sqlState(error) === undefined) throw error;
        throw new LedgerNotOpened(
          `The migration ${migration.name}.sql fails, and nothing was changed: ${
            (error as Error).message
          }`,
          { cause: error },
        );
      }
    }
    return migrations;
  }
}

/** Gives the services' roles their rights on what is there now: see 0009_roles.sql. */
async function grantRoles(
  client: pg.ClientBase,
  onNotice: (text: string) => void = () => {},
): Promise<void> {
  const { rows: [found] } = await client.query<{ is: boolean }>(
    "SELECT to_regprocedure('grant_roles()') IS NOT NULL AS is",
  );
  if (!found!.is) return;
  const { rows } = await client.query<{ said: string }>("SELECT grant_roles() AS said");
  for (const { said } of rows) onNotice(said);
}

async function compared(
  client: pg.ClientBase,
  files: readonly MigrationFile[],
): Promise<SchemaState> {
  const applied = await appliedFiles(client);
  const known = new Map(files.map(({ name, checksum }) => [name, checksum]));
  for (const { name, md5 } of applied) {
    if (!known.has(name)) {
      throw new LedgerNotOpened(
        `The ledger's schema is newer than this program: it has ${name}. Run the newer program, or restore a backup from before`,
      );
    }
    if (md5 !== known.get(name)) {
      throw new LedgerNotOpened(
        `The migration ${name}.sql is not the file that this ledger was made with: files that were run are never changed`,
      );
    }
  }
  const done = new Set(applied.map(({ name }) => name));
  const missing = files.map(({ name }) => name).filter((name) => !done.has(name));
  const last = applied.at(-1)?.name ?? "";
  const late = missing.find((name) => name < last);
  if (late !== undefined) {
    throw new LedgerNotOpened(
      `The migration ${late}.sql comes after ${last} was run: files are only ever added at the end`,
    );
  }
  return { applied: [...done], missing };
}

async function appliedFiles(client: pg.ClientBase): Promise<{ name: string; md5: string }[]> {
  const { rows: [found] } = await client.query<{ is: boolean }>(
    "SELECT to_regclass($1) IS NOT NULL AS is",
    [TABLE],
  );
  if (!found!.is) return [];
  // Version 0 is Postgrator's own beginning.
  const { rows } = await client.query<{ name: string; md5: string }>(
    `SELECT name, md5 FROM ${TABLE} WHERE version > 0 ORDER BY version`,
  );
  return rows;
}

/** The files of a folder, in their order. */
export async function migrationFiles(folder: string = FOLDER): Promise<MigrationFile[]> {
  const files: MigrationFile[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (!/^\d{4}_\w+\.sql$/.test(name)) continue;
    const path = `${folder}/${name}`;
    const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
    const checksum = new Uint8Array(digest).toHex();
    files.push({ name: name.slice(0, -".sql".length), path, checksum });
  }
  return files.sort((a, b) => a.name < b.name ? -1 : 1);
}
