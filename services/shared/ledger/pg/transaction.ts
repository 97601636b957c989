/**
 * One run of a transaction on one connection.
 *
 * @module
 */
import type pg from "pg";
import { LedgerUnavailable, type Row, type TransactionOptions, type Tx } from "../port.ts";
import { isUnavailable, sqlState, wordsOf } from "./errors.ts";
import { parameter } from "./values.ts";

/** Of the advisory locks whose key is one number: money transactions run one after another. */
const MONEY_LOCK = "hashtextextended('gopool money', 0)";

const SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
const BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/**
 * @param readOnly All of this ledger's transactions are snapshots.
 * @throws {TypeError} Options that exclude each other.
 */
export function beginOf(
  { money = false, snapshot = false }: TransactionOptions,
  readOnly = false,
): string {
  const reads = snapshot || readOnly;
  if (money && reads) throw new TypeError("A snapshot writes nothing: it cannot move money");
  if (reads) return SNAPSHOT;
  // Each statement after the lock sees what the holder before has committed.
  return money ? `${BEGIN}; SELECT pg_advisory_xact_lock(${MONEY_LOCK})` : BEGIN;
}

/** What a run came to. `broken`: the connection must not be used again. */
export type Run<T> =
  | { readonly value: T; readonly broken: false }
  | { readonly error: unknown; readonly broken: boolean };

export async function runOnce<T>(
  client: pg.ClientBase,
  begin: string,
  work: (tx: Tx) => Promise<T>,
): Promise<Run<T>> {
  const tx = new PgTx(client);
  try {
    await client.query(begin);
  } catch (error) {
    return await rolledBack(client, unavailable(error, false) ?? error);
  }
  let value: T;
  try {
    value = await work(tx);
  } catch (error) {
    tx.close();
    const known = tx.failed(error) ? unavailable(error, false) : null;
    return await rolledBack(client, known ?? error);
  }
  tx.close();
  return await committed(client, value);
}

async function committed<T>(client: pg.ClientBase, value: T): Promise<Run<T>> {
  try {
    const { command } = await client.query("COMMIT");
    if (command === "COMMIT") return { value, broken: false };
    // The server answers so where a statement had failed and `work` went on as if nothing was.
    const error = new Error(
      "Nothing was written: a statement failed, and its error was not let go",
    );
    return { error, broken: false };
  } catch (error) {
    // An ERROR is an answer: it was not committed. All else may come before or after it happened.
    const isAnswer = sqlState(error) !== undefined &&
      (error as { severity?: string }).severity === "ERROR";
    if (isAnswer) return await rolledBack(client, unavailable(error, false) ?? error);
    return { error: unavailable(error, true) ?? error, broken: true };
  }
}

async function rolledBack<T>(client: pg.ClientBase, error: unknown): Promise<Run<T>> {
  try {
    await client.query("ROLLBACK");
    return { error, broken: false };
  } catch {
    return { error, broken: true };
  }
}

/** Null where it is another kind of error. */
export function unavailable(error: unknown, outcomeUnknown: boolean): LedgerUnavailable | null {
  if (!outcomeUnknown && !isUnavailable(error)) return null;
  const what = outcomeUnknown
    ? "The ledger went away during a commit, nobody knows whether it happened"
    : "The ledger is not available";
  return new LedgerUnavailable(`${what}: ${wordsOf(error)}`, outcomeUnknown, { cause: error });
}

class PgTx implements Tx {
  readonly #errors = new WeakSet<object>();
  #open = true;

  constructor(readonly client: pg.ClientBase) {}

  query<R extends Row = Row>(sql: string, parameters: readonly unknown[] = []): Promise<R[]> {
    return this.#ask({ text: sql, values: parameters.map(parameter) });
  }

  prepared<R extends Row = Row>(
    name: string,
    sql: string,
    parameters: readonly unknown[] = [],
  ): Promise<R[]> {
    return this.#ask({ name, text: sql, values: parameters.map(parameter) });
  }

  /** Whether the error, or what it was made of, is one of a statement's. */
  failed(error: unknown): boolean {
    for (let at = error; at instanceof Error; at = at.cause) if (this.#errors.has(at)) return true;
    return false;
  }

  /** Whoever kept it asks nobody's transaction, or worse, another's. */
  close(): void {
    this.#open = false;
  }

  async #ask<R extends Row>(statement: pg.QueryConfig): Promise<R[]> {
    if (!this.#open) throw new TypeError("The transaction is over: its Tx was kept beyond it");
    try {
      const { rows } = await this.client.query<R>(statement);
      return rows;
    } catch (error) {
      this.#errors.add(error as object);
      throw error;
    }
  }
}
