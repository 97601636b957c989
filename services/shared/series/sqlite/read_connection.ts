/**
 * The connection that questions are asked on: opened when the first is asked, so that a reader may be there before the
 * file is.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { SeriesUnavailable } from "../port.ts";
import { asUnavailable } from "./faults.ts";
import { openToRead, Statements } from "./file.ts";
import { Meta } from "./meta.ts";
import type { Troubles } from "./troubles.ts";
import { nextTurn, Slices } from "./turn.ts";

/** A value of a statement. */
export type Value = number | string | null | Uint8Array;

/** What a statement takes beside its rows, in rows. */
const STATEMENT_ROWS = 4;

export class ReadConnection {
  readonly path: string;
  #open: { statements: Statements; meta: Meta } | null = null;
  #isClosed = false;
  readonly #underWay = new Set<Promise<unknown>>();

  readonly #troubles: Troubles;

  constructor(path: string, troubles: Troubles) {
    this.path = path;
    this.#troubles = troubles;
  }

  /** Runs a question. @throws {SeriesUnavailable} @throws {RangeError} The question's own. */
  async ask<T>(question: () => Promise<T> | T): Promise<T> {
    if (this.#isClosed) throw new SeriesUnavailable(`The series at ${this.path} is closed`);
    const answer = (async () => {
      try {
        const answer = await question();
        this.#troubles.over();
        return answer;
      } catch (error) {
        const fault = asUnavailable(this.path, error);
        this.#troubles.met(fault);
        throw fault;
      }
    })();
    const settled = answer.then(() => {}, () => {});
    this.#underWay.add(settled);
    try {
      return await answer;
    } finally {
      this.#underWay.delete(settled);
    }
  }

  get meta(): Meta {
    return this.#opened().meta;
  }

  /**
   * Hands over rows one by one, with others' turns between slices. A row is the columns in their order.
   *
   * @param slices Of a question that asks many statements: all of them together take turns.
   */
  async each(
    sql: string,
    values: readonly Value[],
    row: (columns: readonly unknown[]) => void,
    slices: Slices = new Slices(),
  ): Promise<void> {
    const all = (columns: readonly unknown[]) => {
      row(columns);
      return false;
    };
    await this.find(sql, values, all, slices);
  }

  /** The first row that is the one; null where none is. Otherwise as `each`. */
  async find(
    sql: string,
    values: readonly Value[],
    isIt: (columns: readonly unknown[]) => boolean,
    slices: Slices = new Slices(),
  ): Promise<readonly unknown[] | null> {
    const { statements } = this.#opened();
    if (slices.isFull(STATEMENT_ROWS)) await nextTurn();
    const statement = statements.take(sql);
    try {
      for (const columns of statement.iterate(...values) as Iterable<unknown>) {
        if (isIt(columns as unknown[])) return columns as unknown[];
        if (slices.isFull()) await nextTurn();
      }
      return null;
    } finally {
      statements.give(sql, statement);
    }
  }

  /** The first row; null where there is none. */
  one(sql: string, values: readonly Value[]): readonly unknown[] | null {
    const { statements } = this.#opened();
    const statement = statements.take(sql);
    try {
      return (statement.get(...values) as unknown as unknown[] | undefined) ?? null;
    } finally {
      statements.give(sql, statement);
    }
  }

  /** Ends after the questions that are under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#underWay);
    this.#open?.statements.database.close();
    this.#open = null;
  }

  #opened(): { statements: Statements; meta: Meta } {
    if (this.#open !== null) return this.#open;
    const database: DatabaseSync | null = openToRead(this.path);
    if (database === null) {
      throw new SeriesUnavailable(
        `There is no series at ${this.path} yet: statsd makes it when it starts`,
      );
    }
    this.#open = { statements: new Statements(database), meta: new Meta(database, "read") };
    return this.#open;
  }
}
