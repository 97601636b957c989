/**
 * Transactions of the connection that writes, one after another, each in slices with others' turns between.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { SeriesUnavailable } from "../port.ts";
import { asUnavailable } from "./faults.ts";
import type { Troubles } from "./troubles.ts";

export class Transactions {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #troubles: Troubles;
  readonly #onRollback: () => void;
  /** Prepared: errors of exec() do not say their code on this runtime. */
  readonly #sql: Record<"begin" | "commit" | "rollback", StatementSync>;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  /** @param onRollback Called when something written is not there after all. */
  constructor(
    database: DatabaseSync,
    path: string,
    troubles: Troubles,
    onRollback: () => void,
  ) {
    this.#database = database;
    this.#path = path;
    this.#troubles = troubles;
    this.#onRollback = onRollback;
    this.#sql = {
      begin: database.prepare("BEGIN IMMEDIATE"),
      commit: database.prepare("COMMIT"),
      rollback: database.prepare("ROLLBACK"),
    };
  }

  /** All or nothing; when it resolves others see what was written. @throws {SeriesUnavailable} @throws {RangeError} */
  run<T>(work: () => Promise<T> | T): Promise<T> {
    const done = this.#last.then(() => this.#transaction(work));
    this.#last = done.catch(() => {});
    return done;
  }

  /** Ends after what is under way. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#last;
    this.#database.close();
  }

  async #transaction<T>(work: () => Promise<T> | T): Promise<T> {
    if (this.#isClosed) throw new SeriesUnavailable(`The series at ${this.#path} is closed`);
    try {
      // One that could not be rolled back stays open until it can.
      if (this.#database.isTransaction) this.#sql.rollback.run();
      this.#sql.begin.run();
      const result = await work();
      this.#sql.commit.run();
      this.#troubles.over();
      return result;
    } catch (error) {
      this.#onRollback();
      this.#rollback();
      const fault = asUnavailable(this.#path, error);
      this.#troubles.met(fault);
      throw fault;
    }
  }

  /** SQLite has already ended some by itself. */
  #rollback(): void {
    try {
      if (this.#database.isTransaction) this.#sql.rollback.run();
    } catch {
      // The next one tries again.
    }
  }
}
