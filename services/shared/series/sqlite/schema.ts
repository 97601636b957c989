/**
 * What is in the file of the embedded series.
 *
 * Tables of totals: three for each level (minute, hour, day), `at` being where the row's minute, hour or day begins, ms.
 * Rows stand in order of time: new ones are written side by side, old ones taken away in one stretch, and an index
 * finds those of one account or worker. Accounts and workers are numbers: names are long and of any bytes.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { type Level, LEVEL_MS } from "../levels.ts";
import { SeriesNotOpened } from "../options.ts";

/** "gpls", in PRAGMA application_id: tells our file from any other SQLite database. */
const APPLICATION_ID = 0x67706c73;
/** Of the tables below. Another one needs another number. */
const SCHEMA_VERSION = 1;

export const LEVELS = Object.keys(LEVEL_MS) as readonly Level[];

const TOTALS = `
    shares INTEGER NOT NULL, work REAL NOT NULL, work_squared REAL NOT NULL, expected REAL NOT NULL,
    best REAL NOT NULL, best_at INTEGER NOT NULL, last INTEGER NOT NULL,
    latency REAL NOT NULL, latency_shares INTEGER NOT NULL, reasons TEXT`;

/** The minutes of pool and workers are kept by partition of the log: each is written whole, by who reads it. */
function tablesOf(level: Level): string {
  const partition = level === "minute" ? "partition INTEGER NOT NULL," : "";
  const key = level === "minute" ? ", partition" : "";
  return `
  CREATE TABLE pool_${level} (
    at INTEGER NOT NULL, status INTEGER NOT NULL, ${partition}${TOTALS},
    PRIMARY KEY (at, status${key})
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE account_${level} (
    at INTEGER NOT NULL, account INTEGER NOT NULL, status INTEGER NOT NULL,${TOTALS},
    PRIMARY KEY (at, account, status)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX account_${level}_of ON account_${level} (account, at);
  CREATE TABLE worker_${level} (
    at INTEGER NOT NULL, account INTEGER NOT NULL, worker INTEGER NOT NULL,
    status INTEGER NOT NULL, ${partition}${TOTALS},
    PRIMARY KEY (at, account, worker, status${key})
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX worker_${level}_of ON worker_${level} (worker, at);`;
}

/** Names are bytes: text of this SQLite binding ends at a NUL when it is read. */
const SCHEMA = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE account (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE) STRICT;
  CREATE TABLE worker (
    id INTEGER PRIMARY KEY, account INTEGER NOT NULL, name BLOB NOT NULL, UNIQUE (account, name)
  ) STRICT;
  CREATE TABLE position (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, log_id TEXT NOT NULL, offset INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE raw (
    logged_at INTEGER NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
    status INTEGER NOT NULL, account BLOB NOT NULL, worker BLOB NOT NULL, job TEXT NOT NULL,
    difficulty REAL NOT NULL, latency REAL NOT NULL,
    PRIMARY KEY (logged_at, partition, offset, status)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE block (
    hash TEXT PRIMARY KEY, height INTEGER NOT NULL, found_at INTEGER NOT NULL, finder BLOB NOT NULL,
    worker BLOB NOT NULL, difficulty REAL NOT NULL, effort REAL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX block_by_time ON block (found_at, hash);
  CREATE TABLE figures (
    at INTEGER PRIMARY KEY, hashrate REAL NOT NULL, accounts INTEGER NOT NULL,
    workers INTEGER NOT NULL, height INTEGER NOT NULL, difficulty REAL NOT NULL
  ) STRICT;
  ${LEVELS.map(tablesOf).join("")}
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/**
 * Makes the tables where the file has none.
 *
 * @throws {SeriesNotOpened} Of `isOurs`.
 */
export function makeIfNew(database: DatabaseSync, path: string): void {
  if (isOurs(database, path)) return;
  // Journal mode is the file's own and outlives this connection; it cannot change inside a transaction.
  database.prepare("PRAGMA journal_mode = WAL").get();
  // Prepared: errors of exec() do not say their code on this runtime.
  database.prepare("BEGIN IMMEDIATE").run();
  try {
    // Another process may have been quicker.
    if (!isOurs(database, path)) database.exec(SCHEMA);
    database.prepare("COMMIT").run();
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/**
 * False where the file is new and empty.
 *
 * @throws {SeriesNotOpened} It is not ours, or of another format.
 */
export function isOurs(database: DatabaseSync, path: string): boolean {
  const pragma = (name: string) => Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
  if (database.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.n === 0) return false;
  if (pragma("application_id") !== APPLICATION_ID) {
    throw new SeriesNotOpened(
      `Cannot open the series at ${path}: it is the database of something else`,
    );
  }
  const version = pragma("user_version");
  if (version !== SCHEMA_VERSION) {
    throw new SeriesNotOpened(
      `Cannot open the series at ${path}: it was written in format ${version}, and this build knows only ${SCHEMA_VERSION}: use the newer build, or another file`,
    );
  }
  return true;
}
