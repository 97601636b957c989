/**
 * Opens a ledger: waits for a server that is away, and refuses what waiting cannot mend.
 *
 * @module
 */
import type pg from "pg";
import { migrateOnce, type MigrateOptions, schemaState } from "./migrate.ts";
import { connect } from "./pg/connect.ts";
import { PgLedger, type PgLedgerOptions } from "./pg/ledger.ts";
import { READ_STATEMENT_MS } from "./limits.ts";
import { type Ledger, LedgerNotOpened, LedgerUnavailable } from "./port.ts";
import { reach, type ReachOptions } from "./reach.ts";

/** The shape of the runtime's Logger that is used here. */
interface Log {
  info(message: string, facts?: Record<string, unknown>): void;
}

export interface OpenLedgerOptions extends PgLedgerOptions, MigrateOptions, ReachOptions {
  readonly log?: Log;
  /** Whose books these must be; not given: anybody's are opened, and new ones are nobody's yet. */
  readonly pool?: string;
  /** As the `book` row has it; not given: not compared. */
  readonly network?: string;
  /** Brings the schema to what this program knows first; else an older one is refused. */
  readonly migrate?: boolean;
  /**
   * Nothing is ever written: all transactions are snapshots, books that are nobody's yet are waited for, and statements
   * are shorter (READ_STATEMENT_MS). Not together with `migrate`.
   */
  readonly readOnly?: boolean;
}

/**
 * Resolves when the ledger has been reached and is this pool's. New books are given to the pool and network named
 * here, if both are.
 *
 * @throws {LedgerNotOpened} Password, database, version, schema or book is not what it must be.
 * @throws {TypeError} The URL is none of a ledger's.
 * @throws The signal's reason, when that is aborted.
 */
export async function openLedger(url: string, asked: OpenLedgerOptions): Promise<Ledger> {
  const { migrate = false, readOnly = false } = asked;
  if (migrate && readOnly) throw new TypeError("Who only reads cannot migrate");
  const options = readOnly ? { statementMs: READ_STATEMENT_MS, ...asked } : asked;
  await reach(url, options, async () => {
    if (migrate) {
      const ran = await migrateOnce(url, options);
      if (ran.length > 0) options.log?.info("the ledger's schema was brought up to date", { ran });
    }
    await using client = await connect(url, options);
    const { missing } = await schemaState(client, options.folder);
    if (missing.length > 0) {
      throw new LedgerNotOpened(
        `The ledger's schema is older than this program, ${
          missing.join(", ")
        } is missing: run deno task migrate`,
      );
    }
    await checkBook(client, options);
  });
  const onRetry = options.onRetry ??
    ((attempt: number, error: unknown) =>
      options.log?.info("a transaction runs again: another made it fail", { attempt, error }));
  return new PgLedger(url, { ...options, onRetry });
}

/**
 * Brings the schema to what this program knows, waiting for a server that is away: runs what has not been run yet, all
 * of it or nothing.
 *
 * @returns The names of the migrations that were run now.
 * @throws {LedgerNotOpened} A newer schema, a changed file, SQL that fails; and as openLedger().
 */
export async function migrate(
  url: string,
  options: MigrateOptions & ReachOptions,
): Promise<string[]> {
  return await reach(url, options, () => migrateOnce(url, options));
}

/** The migrations that have not been run yet. @throws {LedgerNotOpened} As migrate(). */
export async function missingMigrations(
  url: string,
  options: MigrateOptions & ReachOptions,
): Promise<readonly string[]> {
  return await reach(url, options, async () => {
    await using client = await connect(url, options);
    return (await schemaState(client, options.folder)).missing;
  });
}

/**
 * The first who opens new books writes on them whose they are; between two of them, the database decides.
 *
 * @throws {LedgerUnavailable} Nobody has yet, and this one may not.
 */
async function checkBook(client: pg.ClientBase, options: OpenLedgerOptions): Promise<void> {
  const { pool, network, clock } = options;
  const read = "SELECT pool, network FROM book";
  let { rows: [book] } = await client.query<{ pool: string; network: string }>(read);
  if (book === undefined) {
    if (options.readOnly) {
      throw new LedgerUnavailable("these books are nobody's yet: payoutd begins them", false);
    }
    if (pool === undefined || network === undefined) return;
    await client.query(
      "INSERT INTO book (pool, network, opened_at_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
      [pool, network, Math.floor(clock.now())],
    );
    ({ rows: [book] } = await client.query(read));
  }
  const wanted = { pool: pool ?? book!.pool, network: network ?? book!.network };
  if (book!.pool === wanted.pool && book!.network === wanted.network) return;
  throw new LedgerNotOpened(
    `These are the books of the pool "${book!.pool}" on ${
      book!.network
    }, not of "${wanted.pool}" on ${wanted.network}: a ledger keeps one pool's`,
  );
}
