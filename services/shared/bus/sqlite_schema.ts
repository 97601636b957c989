/**
 * What is in the file of the embedded log, and how a new one is made.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { BusNotOpened } from "./options.ts";
import { TOPICS } from "./topics.ts";

/** "gplb", in PRAGMA application_id: tells our file from any other SQLite database. */
const APPLICATION_ID = 0x67706c62;
/** Of the tables below. Another one needs another number. */
const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE topic (name TEXT PRIMARY KEY, partitions INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  -- The records of partition id stand in chunk_<id>.
  CREATE TABLE partition (
    id INTEGER PRIMARY KEY, topic TEXT NOT NULL REFERENCES topic, number INTEGER NOT NULL,
    UNIQUE (topic, number)
  ) STRICT;
  -- Offset of the next message that a group wants.
  CREATE TABLE position (
    topic TEXT NOT NULL, consumers TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL,
    PRIMARY KEY (topic, consumers, partition)
  ) STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/**
 * Makes the tables where the file has none.
 *
 * @throws {BusNotOpened} The file is not ours, or of another format.
 */
export function makeIfNew(database: DatabaseSync, path: string, sharePartitions: number): void {
  if (isOurs(database, path)) return;
  // Journal mode is the file's own and outlives this connection; it cannot change inside a transaction.
  database.prepare("PRAGMA journal_mode = WAL").get();
  database.prepare("BEGIN IMMEDIATE").run();
  try {
    // Another process may have been quicker.
    if (!isOurs(database, path)) {
      database.exec(SCHEMA);
      const set = database.prepare("INSERT INTO meta VALUES (?, ?)");
      set.run("log id", crypto.randomUUID());
      set.run("share partitions", sharePartitions);
      for (const topic of TOPICS) {
        const { name, partitions } = topic;
        makeTopic(database, name, partitions === "shares" ? sharePartitions : partitions);
      }
    }
    database.prepare("COMMIT").run();
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** Makes a topic's partitions. Stands inside a transaction. */
export function makeTopic(database: DatabaseSync, topic: string, partitions: number): void {
  database.prepare("INSERT INTO topic VALUES (?, ?)").run(topic, partitions);
  for (let number = 0; number < partitions; number += 1) {
    const { lastInsertRowid: id } = database
      .prepare("INSERT INTO partition (topic, number) VALUES (?, ?)").run(topic, number);
    database.exec(`
      CREATE TABLE chunk_${id} (
        base INTEGER PRIMARY KEY, count INTEGER NOT NULL, ms INTEGER NOT NULL,
        gzip INTEGER NOT NULL, records BLOB NOT NULL
      ) STRICT`);
  }
}

/** False where the file is new and empty. */
function isOurs(database: DatabaseSync, path: string): boolean {
  const pragma = (name: string) => Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
  const isEmpty = database.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.n === 0;
  if (isEmpty) return false;
  if (pragma("application_id") !== APPLICATION_ID) {
    throw new BusNotOpened(`Cannot open the log at ${path}: it is the database of something else`);
  }
  const version = pragma("user_version");
  if (version !== SCHEMA_VERSION) {
    throw new BusNotOpened(
      `Cannot open the log at ${path}: it was written in format ${version}, and this build knows only ${SCHEMA_VERSION}`,
    );
  }
  return true;
}
