/**
 * Writes folds: minutes of workers and of the pool, and the sums of accounts that follow from them.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { faultOf, faultOfRaw } from "../checks.ts";
import type { Fold, MinutePoint, RawShare } from "../port.ts";
import { codeOf, TOTALS_COLUMNS, totalsRow } from "./columns.ts";
import { prepareArrays } from "./file.ts";
import type { Meta } from "./meta.ts";
import { bytesOf, type Names } from "./names.ts";
import { Totals } from "./totals.ts";
import { nextTurn, Slices } from "./turn.ts";

/** An insert that replaces the totals of a row that is there; its place in the indexes stays. */
export function upsert(table: string, keys: readonly string[]): string {
  const totals = TOTALS_COLUMNS.split(", ");
  const columns = [...keys, ...totals];
  const set = totals.filter((name) => name !== "status").map((name) =>
    `${name} = excluded.${name}`
  );
  const places = columns.map(() => "?").join(", ");
  return `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${places})
    ON CONFLICT DO UPDATE SET ${set.join(", ")}`;
}

export interface FoldWriterDeps {
  readonly database: DatabaseSync;
  readonly names: Names;
  readonly meta: Meta;
  readonly raw: boolean;
}

export interface Written {
  readonly points: number;
  /** What was wrong with each point that was left out. */
  readonly faults: readonly string[];
}

export class FoldWriter {
  readonly #names: Names;
  readonly #meta: Meta;
  readonly #keepsRaw: boolean;
  readonly #sql: Record<
    "worker" | "pool" | "account" | "minuteOfAccount" | "raw" | "position",
    StatementSync
  >;

  constructor({ database, names, meta, raw }: FoldWriterDeps) {
    this.#names = names;
    this.#meta = meta;
    this.#keepsRaw = raw;
    this.#sql = {
      worker: database.prepare(upsert("worker_minute", ["at", "account", "worker", "partition"])),
      pool: database.prepare(upsert("pool_minute", ["at", "partition"])),
      account: database.prepare(upsert("account_minute", ["at", "account"])),
      minuteOfAccount: prepareArrays(
        database,
        `SELECT ${TOTALS_COLUMNS} FROM worker_minute WHERE at = ? AND account = ?`,
      ),
      raw: database.prepare("INSERT OR REPLACE INTO raw VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      position: database.prepare("INSERT OR REPLACE INTO position VALUES (?, ?, ?, ?)"),
    };
  }

  /** Stands inside a transaction. */
  async write(given: Fold): Promise<Written> {
    const slices = new Slices();
    const faults: string[] = [];
    const fold = this.#sound(given, faults);
    const touched = new Map<number, Set<number>>();
    for (const point of fold.minutes) {
      this.#worker(point, touched);
      if (slices.isFull()) await nextTurn();
    }
    for (const [minuteMs, accounts] of touched) {
      for (const account of accounts) {
        if (slices.isFull(this.#account(minuteMs, account))) await nextTurn();
      }
    }
    for (const point of fold.pool) {
      this.#sql.pool.run(point.minuteMs, point.partition, ...totalsRow(point));
      if (slices.isFull()) await nextTurn();
    }
    for (const share of fold.raw) {
      this.#raw(share);
      if (slices.isFull()) await nextTurn();
    }
    this.#firstMinute([...fold.minutes, ...fold.pool]);
    for (const { topic, partition, logId, offset } of fold.positions) {
      this.#sql.position.run(topic, partition, logId, offset);
    }
    return { points: fold.minutes.length + fold.pool.length + fold.raw.length, faults };
  }

  /** Without what could not be written, or is not kept. */
  #sound({ minutes, pool, raw, positions }: Fold, faults: string[]): Fold {
    const good = <T>(points: readonly T[], faultOf: (point: T) => string | null): T[] =>
      points.filter((point) => {
        const fault = faultOf(point);
        if (fault !== null) faults.push(fault);
        return fault === null;
      });
    return {
      minutes: good(minutes, faultOf),
      pool: good(pool, faultOf),
      raw: this.#keepsRaw ? good(raw, faultOfRaw) : [],
      positions,
    };
  }

  #worker(point: MinutePoint, touched: Map<number, Set<number>>): void {
    const { minuteMs } = point;
    const account = this.#names.account(point.account);
    const worker = this.#names.worker(account, point.worker);
    this.#sql.worker.run(minuteMs, account, worker, point.partition, ...totalsRow(point));
    const accounts = touched.get(minuteMs);
    if (accounts === undefined) touched.set(minuteMs, new Set([account]));
    else accounts.add(account);
  }

  /** An account's minute, anew from its workers'. Gives how many rows that took. */
  #account(minuteMs: number, account: number): number {
    const rows = this.#sql.minuteOfAccount.all(minuteMs, account) as unknown as unknown[][];
    const sums = new Map<number, Totals>();
    for (const row of rows) {
      const status = row[0] as number;
      let sum = sums.get(status);
      if (sum === undefined) sums.set(status, sum = new Totals(status));
      sum.add(row, 0);
    }
    for (const sum of sums.values()) this.#sql.account.run(minuteMs, account, ...sum.row());
    return rows.length + sums.size;
  }

  #raw(share: RawShare): void {
    this.#sql.raw.run(
      share.loggedAtMs,
      share.partition,
      share.offset,
      codeOf(share.status),
      bytesOf(share.account),
      bytesOf(share.worker),
      share.jobId,
      share.difficulty,
      share.latencyMs,
    );
  }

  #firstMinute(points: readonly { readonly minuteMs: number }[]): void {
    if (points.length === 0) return;
    const first = points.reduce((least, { minuteMs }) => Math.min(least, minuteMs), Infinity);
    if (first < (this.#meta.get("first_minute") ?? Infinity)) this.#meta.set("first_minute", first);
  }
}
