/**
 * A ledger of one's own for a test: a database on the suite's PostgreSQL, made from a template that is migrated once.
 *
 * @module
 */
import { systemClock } from "@gopool/runtime";
import { testPostgres } from "@gopool/testing/servers";
import { migrateOnce, migrationFiles } from "./migrate.ts";
import { connect } from "./pg/connect.ts";
import { openLedger, type OpenLedgerOptions } from "./open.ts";
import type { Ledger, Row } from "./port.ts";

export interface FreshLedger extends Ledger {
  /** For another opening of the same books: `openLedger(ledger.url, …)`. */
  readonly url: string;
  /** Another ledger over the same books, as a second process has; the caller disposes it. */
  again(options?: Partial<OpenLedgerOptions>): Promise<Ledger>;
  /** One statement outside of any transaction, on a connection of its own. */
  ask<R extends Row = Row>(sql: string, parameters?: readonly unknown[]): Promise<R[]>;
}

/** Tests write with payoutd's rights and no more; `ask()` may do everything. */
const ROLE = "gopool_payoutd";

export const TEST_BOOK = { pool: "gopool", network: "regtest" } as const;

/**
 * Books of the pool "gopool" on regtest, migrated and empty. Its database goes when it is disposed. Ask for it within
 * a test; several tests may share one.
 */
export async function freshLedger(
  { server, ...options }: Partial<OpenLedgerOptions> & { readonly server?: string } = {},
): Promise<FreshLedger> {
  const database = await freshDatabase({ migrated: true, server });
  const { url } = database;
  const open = (more: Partial<OpenLedgerOptions> = {}) =>
    openLedger(url, { clock: systemClock, ...TEST_BOOK, role: ROLE, ...options, ...more });
  let ledger: Ledger;
  try {
    ledger = await open();
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
  return {
    name: ledger.name,
    transaction: (work, how) => ledger.transaction(work, how),
    hold: (lock) => ledger.hold(lock),
    url,
    again: open,
    async ask<R extends Row>(sql: string, parameters: readonly unknown[] = []) {
      await using client = await connect(url);
      return (await client.query<R>(sql, [...parameters])).rows;
    },
    async [Symbol.asyncDispose]() {
      await ledger[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

export interface FreshDatabase extends AsyncDisposable {
  readonly url: string;
}

/** Asked for here: what it starts for one test file ends with the file, not with a test. */
const server = await testPostgres();

export interface DatabaseOptions {
  readonly migrated?: boolean;
  /** On a server of the test's own, that it may break. */
  readonly server?: string;
}

/** A database of one's own: empty, or migrated. Removed at disposal, whoever is still connected. */
export async function freshDatabase(
  { migrated = false, server: own }: DatabaseOptions = {},
): Promise<FreshDatabase> {
  if (own !== undefined) return await onOwnServer(own, migrated);
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  await using admin = await connect(server);
  await admin.query(
    migrated ? `CREATE DATABASE ${name} TEMPLATE ${await template()}` : `CREATE DATABASE ${name}`,
  );
  return {
    url: onDatabase(server, name),
    async [Symbol.asyncDispose]() {
      await using last = await connect(server);
      await last.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

/** It goes with its server. */
async function onOwnServer(server: string, migrated: boolean): Promise<FreshDatabase> {
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  await using admin = await connect(server);
  await admin.query(`CREATE DATABASE ${name}`);
  const url = onDatabase(server, name);
  if (migrated) await migrateOnce(url);
  return { url, [Symbol.asyncDispose]: () => Promise.resolve() };
}

export function onDatabase(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/** Test files of one run start side by side, and the first of them makes the template. */
const LOCK = "hashtextextended('gopool test template', 0)";

let made: Promise<string> | undefined;

/** The template's name. Other files of migrations are another template; nobody is ever connected to one. */
function template(): Promise<string> {
  return made ??= (async () => {
    const files = await migrationFiles();
    const text = new TextEncoder().encode(files.map(({ checksum }) => checksum).join());
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text)).toHex();
    const name = `migrated_${digest.slice(0, 16)}`;
    await using admin = await connect(server);
    await admin.query(`SELECT pg_advisory_lock(${LOCK})`);
    const { rowCount } = await admin.query("SELECT FROM pg_database WHERE datname = $1", [name]);
    if (rowCount === 0) {
      // Under another name until it is whole: the file that makes it may be killed.
      await admin.query(`DROP DATABASE IF EXISTS ${name}_new WITH (FORCE)`);
      await admin.query(`CREATE DATABASE ${name}_new`);
      await migrateOnce(onDatabase(server, `${name}_new`));
      await admin.query(`ALTER DATABASE ${name}_new RENAME TO ${name}`);
    }
    return name;
  })();
}
