/**
 * The statements that read totals. Each goes along one stretch of a table or of an index (EXPLAIN is tested).
 *
 * @module
 */
import type { Level } from "../levels.ts";
import type { Subject } from "../port.ts";
import { TOTALS_COLUMNS } from "./columns.ts";

/** Where a row's totals begin in what `ofSubject` selects: behind `at`. */
export const AFTER_AT = 1;

/** Values: the account's or worker's number, if it is not the pool; from, until. */
export function ofSubject(kind: Subject["kind"], level: Level): string {
  const own = kind === "pool" ? "" : `${kind} = ? AND `;
  return `SELECT at, ${TOTALS_COLUMNS} FROM ${kind}_${level} WHERE ${own}at >= ? AND at < ?`;
}

/** Account, work of valid shares: no more than who is first needs, for these are all accounts. Values: from, until. */
export function workOfAll(level: Level): string {
  return `SELECT account, work FROM account_${level} WHERE at >= ? AND at < ? AND status = 0`;
}

/** Worker, its totals: of one account. Values: account, from, until. The join's order is fixed: by the workers' index. */
export function ofWorkersOf(level: Level): string {
  const totals = TOTALS_COLUMNS.split(", ").map((name) => `t.${name}`).join(", ");
  return `SELECT t.worker, ${totals} FROM worker w CROSS JOIN worker_${level} t ON t.worker = w.id
    WHERE w.account = ? AND t.at >= ? AND t.at < ?`;
}

/** Account, worker of valid shares. Values: from, until. */
export function validWorkers(level: Level): string {
  return `SELECT account, worker FROM worker_${level} WHERE at >= ? AND at < ? AND status = 0`;
}

/** Account, worker, status of one account's. Values: account, from, until. */
export function workersSeen(level: Level): string {
  return `SELECT t.account, t.worker, t.status FROM worker w CROSS JOIN worker_${level} t
    ON t.worker = w.id WHERE w.account = ? AND t.at >= ? AND t.at < ?`;
}

/** Account, worker of the row whose best is this one. Values: at, best, best_at. */
export function whoseBest(level: Level): string {
  return `SELECT account, worker FROM worker_${level}
    WHERE at = ? AND status = 0 AND best = ? AND best_at = ?`;
}
