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

/**
 * Worker, when it was last seen: of one account in one row's time, those of some numbers. Values: at, account, from,
 * until.
 */
export function lastSeen(level: Level): string {
  return `SELECT worker, last FROM worker_${level}
    WHERE at = ? AND account = ? AND worker >= ? AND worker < ?`;
}

/** Account, worker of valid shares. Values: from, until. */
export function validWorkers(level: Level): string {
  return `SELECT account, worker FROM worker_${level} WHERE at >= ? AND at < ? AND status = 0`;
}

/** Worker, status of one account's in one row's time. Values: at, account. */
export function workersSeen(level: Level): string {
  return `SELECT worker, status FROM worker_${level} WHERE at = ? AND account = ?`;
}

/** Account, best, when: of the valid shares in one row's time. Values: at. */
export function bestOfAccounts(level: Level): string {
  return `SELECT account, best, best_at FROM account_${level} WHERE at = ? AND status = 0`;
}

/** Worker, best, when: of an account's valid shares in one row's time. Values: at, account. */
export function bestOfWorkers(level: Level): string {
  return `SELECT worker, best, best_at FROM worker_${level}
    WHERE at = ? AND account = ? AND status = 0`;
}
