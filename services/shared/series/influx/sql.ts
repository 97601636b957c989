/**
 * Questions about totals as SQL, and the server's columns as rows. Time is bounded in every one, by literals: the server
 * counts its files by them.
 *
 * @module
 */
import type { Range, Status, Subject } from "../port.ts";
import type { Row } from "../sums.ts";
import { nameOf, tagOf } from "./names.ts";
import type { Columns, Params } from "./server.ts";
import { columnOf, reasonOf } from "./tables.ts";

export interface Question {
  readonly sql: string;
  readonly params: Params;
}

/** A condition with the values it names. Values are tags: never empty, which the client would leave out. */
export interface Condition {
  readonly sql: string;
  readonly params: Params;
}

export function within({ fromMs, untilMs }: Range): string {
  return `time >= '${iso(fromMs)}' AND time < '${iso(untilMs)}'`;
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** The multiple of `ms` since 1970 that a row's time lies behind. */
export function binned(ms: number): string {
  return `date_bin(INTERVAL '${ms / 1000} seconds', time)`;
}

export function ofSubject(subject: Subject): Condition {
  if (subject.kind === "pool") return { sql: "", params: {} };
  const account = { sql: " AND account = $account", params: { account: tagOf(subject.account) } };
  if (subject.kind === "account") return account;
  return {
    sql: `${account.sql} AND worker = $worker`,
    params: { ...account.params, worker: tagOf(subject.worker) },
  };
}

export function ofAccounts(accounts: readonly string[]): Condition {
  const names = accounts.map((_, i) => `$a${i}`);
  return {
    sql: ` AND account IN (${names.join(", ")})`,
    params: Object.fromEntries(accounts.map((account, i) => [`a${i}`, tagOf(account)])),
  };
}

/** Of some workers of one account. */
export function ofWorkers(account: string, workers: readonly { worker: string }[]): Condition {
  const own = ofSubject({ kind: "account", account });
  const names = workers.map((_, i) => `$w${i}`);
  const params = Object.fromEntries(workers.map(({ worker }, i) => [`w${i}`, tagOf(worker)]));
  return {
    sql: `${own.sql} AND worker IN (${names.join(", ")})`,
    params: { ...own.params, ...params },
  };
}

/** Sums of a table of totals, a row for each status and each value of `by`. */
export function totalsQuestion(
  table: string,
  range: Range,
  reasons: ReadonlySet<string>,
  { by = {}, where = { sql: "", params: {} } }: {
    /** Column → what it is. */
    readonly by?: Readonly<Record<string, string>>;
    readonly where?: Condition;
  },
): Question {
  const groups = Object.entries(by).map(([name, is]) => is === name ? name : `${is} AS ${name}`);
  const columns = [
    ...groups,
    "status",
    "sum(shares) AS shares",
    "sum(work) AS work",
    "sum(work_squared) AS work_squared",
    "sum(expected) AS expected",
    "max(best) AS best",
    // Of equal ones the earliest.
    "first_value(best_ms ORDER BY best DESC, best_ms ASC) AS best_ms",
    "sum(latency_ms) AS latency_ms",
    "sum(latency_shares) AS latency_shares",
    "max(last_ms) AS last_ms",
    ...[...reasons].map((reason) => {
      const column = `"${columnOf(reason)}"`;
      return `sum(${column}) AS ${column}`;
    }),
  ];
  const keys = Array.from({ length: groups.length + 1 }, (_, i) => i + 1);
  return {
    sql: `SELECT ${columns.join(", ")} FROM ${table} WHERE ${within(range)}${where.sql} ` +
      `GROUP BY ${keys.join(", ")}`,
    params: where.params,
  };
}

/** Whole numbers that the server computed come as bigints; nothing comes as null. */
export function numberOf(value: unknown): number {
  return value === null || value === undefined ? 0 : Number(value);
}

/** Times come as milliseconds; below them nothing is left. */
export function timeOf(value: unknown): number {
  return Math.round(Number(value));
}

export function textOf(value: unknown): string {
  return nameOf(String(value ?? ""));
}

export interface TotalsRow extends Row {
  readonly latencyMs: number;
  readonly latencyShares: number;
}

/** A row of `totalsQuestion`. */
export function rowOf(columns: Columns): TotalsRow {
  let reasons: Record<string, number> | null = null;
  for (const [column, value] of Object.entries(columns)) {
    const reason = reasonOf(column);
    if (reason === null) continue;
    const shares = numberOf(value);
    if (shares === 0) continue;
    reasons ??= Object.create(null) as Record<string, number>;
    reasons[reason] = shares;
  }
  return {
    status: String(columns.status) as Status,
    shares: numberOf(columns.shares),
    work: numberOf(columns.work),
    workSquared: numberOf(columns.work_squared),
    expected: numberOf(columns.expected),
    bestDifficulty: numberOf(columns.best),
    bestAtMs: numberOf(columns.best_ms),
    lastMs: numberOf(columns.last_ms),
    latencyMs: numberOf(columns.latency_ms),
    latencyShares: numberOf(columns.latency_shares),
    reasons,
  };
}
