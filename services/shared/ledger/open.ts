/**
 * Opens a ledger: waits for a server that is away, and refuses what waiting cannot mend.
 *
 * @module
 */
import type { Clock } from "@gopool/runtime";
import type pg from "pg";
import { FIRST_WAIT_MS, LAST_WAIT_MS, LEAST_VERSION } from "./limits.ts";
import { migrate, type MigrateOptions, schemaState } from "./migrate.ts";
import { addressOf, nameOf } from "./pg/address.ts";
import { connect } from "./pg/connect.ts";
import { isUnavailable, sqlState, wordsOf } from "./pg/errors.ts";
import { PgLedger, type PgLedgerOptions } from "./pg/ledger.ts";
import { type Ledger, LedgerNotOpened } from "./port.ts";

/** The shape of the runtime's Logger that is used here. */
interface Log {
  info(message: string, facts?: Record<string, unknown>): void;
  warn(message: string, facts?: Record<string, unknown>): void;
}

export interface OpenLedgerOptions extends PgLedgerOptions, MigrateOptions {
  readonly clock: Clock;
  readonly log?: Log;
  /** Whose books these must be; not given: anybody's are opened, and new ones are nobody's yet. */
  readonly pool?: string;
  /** As the `book` row has it; not given: not compared. */
  readonly network?: string;
  /** Aborted: stops waiting for a server that is away. */
  readonly signal?: AbortSignal;
  /** Told in a sentence what keeps it from opening, and null when that is over. */
  readonly onTrouble?: (sentence: string | null) => void;
  /** Brings the schema to what this program knows first; else an older one is refused. */
  readonly migrate?: boolean;
}

/**
 * Resolves when the ledger has been reached and is this pool's. New books are given to the pool and network named
 * here, if both are.
 *
 * @throws {LedgerNotOpened} Password, database, version, schema or book is not what it must be.
 * @throws {TypeError} The URL is none of a ledger's.
 * @throws The signal's reason, when that is aborted.
 */
export async function openLedger(url: string, options: OpenLedgerOptions): Promise<Ledger> {
  const { clock, signal, onTrouble = () => {} } = options;
  const name = nameOf(addressOf(url));
  let waitMs = FIRST_WAIT_MS;
  for (;; waitMs = Math.min(2 * waitMs, LAST_WAIT_MS)) {
    signal?.throwIfAborted();
    try {
      await prepare(url, options);
      break;
    } catch (error) {
      const why = notOpened(name, error);
      if (why !== null) throw why;
      if (!isUnavailable(error)) throw error;
      onTrouble(`The ledger at ${name} is not available: ${wordsOf(error)}`);
      await clock.sleep(waitMs, signal);
    }
  }
  onTrouble(null);
  return new PgLedger(url, options);
}

async function prepare(url: string, options: OpenLedgerOptions): Promise<void> {
  {
    // Before anything is written, an old server is refused.
    await using client = await connect(url, options);
    await checkVersion(client);
  }
  if (options.migrate) {
    const ran = await migrate(url, options);
    if (ran.length > 0) options.log?.info("The ledger's schema was brought up to date", { ran });
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
}

async function checkVersion(client: pg.ClientBase): Promise<void> {
  const { rows: [found] } = await client.query<{ version: string }>(
    "SELECT current_setting('server_version') AS version",
  );
  const { version } = found!;
  if (parseInt(version) < LEAST_VERSION) {
    throw new LedgerNotOpened(
      `The ledger needs PostgreSQL ${LEAST_VERSION} or later, and this server is ${version}`,
    );
  }
}

/** The first who opens new books writes on them whose they are; between two of them, the database decides. */
async function checkBook(client: pg.ClientBase, options: OpenLedgerOptions): Promise<void> {
  const { pool, network, clock } = options;
  const read = "SELECT pool, network FROM book";
  let { rows: [book] } = await client.query<{ pool: string; network: string }>(read);
  if (book === undefined) {
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

/** What only a person can mend, in a sentence; null for all else. */
function notOpened(name: string, error: unknown): LedgerNotOpened | null {
  if (error instanceof LedgerNotOpened) return error;
  const words = wordsOf(error);
  const said = (sentence: string) =>
    new LedgerNotOpened(`Cannot open the ledger at ${name}: ${sentence}`, { cause: error });
  switch (sqlState(error)) {
    case "28P01":
      return said("the server refuses the password");
    case "28000":
      return said(`the server refuses this user: ${words}`);
    case "3D000":
      return said(`there is no such database: create it, then run deno task migrate`);
    case "42501":
      return said(`the user may not do what is needed: ${words}`);
  }
  const code = String((error as { code?: unknown } | null)?.code ?? "");
  if (
    /CERT|SSL|TLS|SIGNATURE|SIGNED/.test(code) ||
    /certificate|altnames|does not support SSL/i.test(words)
  ) {
    return said(`TLS fails: ${words}`);
  }
  // npm:pg's own words for a server that wants a password where none is given, or another kind of login.
  if (/SASL|password/i.test(words)) return said(words);
  return null;
}
