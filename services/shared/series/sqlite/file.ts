/**
 * Connections to the file of the embedded series: one writes, another reads, so that a question never sees a half
 * written fold.
 *
 * @module
 */
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { SeriesNotOpened } from "../options.ts";
import { isNoDatabase, reasonOf } from "./faults.ts";
import { isOurs, makeIfNew } from "./schema.ts";

/** How long SQLite itself waits for another process's lock; the whole process stands still meanwhile. */
const BUSY_WAIT_MS = 100;
/** Page cache of a connection, KiB: the pages that ten thousand workers' newest minutes and index ends lie on. */
const CACHE_KIB = 16_384;

/**
 * Opens the file for writing, or makes it with its folder.
 *
 * @throws {SeriesNotOpened} Saying why in a sentence.
 */
export function openToWrite(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    makeFolder(dirname(path));
    database = new DatabaseSync(path, { timeout: BUSY_WAIT_MS });
    makeIfNew(database, path);
    // The log has what a power cut takes from the newest transactions; positions are taken back with them.
    database.exec(`PRAGMA synchronous = NORMAL; PRAGMA cache_size = -${CACHE_KIB}`);
    return database;
  } catch (error) {
    database?.close();
    throw error instanceof SeriesNotOpened ? error : notOpened(path, error);
  }
}

function notOpened(path: string, cause: unknown): SeriesNotOpened {
  return new SeriesNotOpened(`Cannot open the series at ${path}: ${reasonOf(cause)}`, { cause });
}

/**
 * Opens the file for reading; null where there is none yet.
 *
 * @throws {SeriesNotOpened} It is not ours, or of another format; other errors as SQLite has them.
 */
export function openToRead(path: string): DatabaseSync | null {
  if (!isFile(path)) return null;
  const database = new DatabaseSync(path, { timeout: BUSY_WAIT_MS, readOnly: true });
  try {
    if (isOurs(database, path)) {
      database.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
      return database;
    }
  } catch (error) {
    database.close();
    throw isNoDatabase(error) ? notOpened(path, error) : error;
  }
  database.close();
  return null;
}

/** Where the process may not make folders the file's own must be there, and opening the file tells if it is not. */
function makeFolder(path: string): void {
  try {
    Deno.mkdirSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A statement that gives rows as arrays of their columns: half the cost of objects. */
export function prepareArrays(database: DatabaseSync, sql: string): StatementSync {
  const statement = database.prepare(sql);
  // There in this runtime, missing in its types.
  (statement as StatementSync & { setReturnArrays(on: boolean): void }).setReturnArrays(true);
  return statement;
}

/** Statements by their text. One that is being read must not be run again: each reader takes its own. */
export class Statements {
  readonly #free = new Map<string, StatementSync[]>();

  constructor(readonly database: DatabaseSync) {}

  /** Gives rows as arrays. */
  take(sql: string): StatementSync {
    const free = this.#free.get(sql)?.pop();
    if (free !== undefined) return free;
    return prepareArrays(this.database, sql);
  }

  give(sql: string, statement: StatementSync): void {
    const free = this.#free.get(sql);
    if (free === undefined) this.#free.set(sql, [statement]);
    else free.push(statement);
  }
}
