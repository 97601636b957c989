/**
 * Sums rows up into the next coarser level, one hour or day after another.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { type Level, LEVEL_MS } from "../levels.ts";
import { TOTALS_COLUMNS } from "./columns.ts";
import { prepareArrays } from "./file.ts";
import { Totals } from "./totals.ts";
import { nextTurn, Slices } from "./turn.ts";

const FINER = { hour: "minute", day: "hour" } as const satisfies Partial<Record<Level, Level>>;

/** Whose rows there are, and what tells one's from another's beside the status. */
export const SUBJECTS = {
  pool: [],
  account: ["account"],
  worker: ["account", "worker"],
} as const;

interface Group {
  readonly keys: readonly number[];
  readonly totals: Totals;
}

/** Sums the hour or day that begins at `at` anew. Stands inside a transaction. */
export async function rollOne(
  database: DatabaseSync,
  level: "hour" | "day",
  at: number,
): Promise<void> {
  for (const subject of Object.keys(SUBJECTS) as (keyof typeof SUBJECTS)[]) {
    const keys: readonly string[] = SUBJECTS[subject];
    const groups = await gather(database, `${subject}_${FINER[level]}`, keys, {
      fromMs: at,
      untilMs: at + LEVEL_MS[level],
    });
    await replace(database, `${subject}_${level}`, keys, at, groups);
  }
}

async function gather(
  database: DatabaseSync,
  table: string,
  keys: readonly string[],
  { fromMs, untilMs }: { fromMs: number; untilMs: number },
): Promise<Iterable<Group>> {
  const select = prepareArrays(
    database,
    `SELECT ${[...keys, TOTALS_COLUMNS].join(", ")} FROM ${table} WHERE at >= ? AND at < ?`,
  );
  const groups = new Map<number, Group>();
  const slices = new Slices();
  for (const row of select.iterate(fromMs, untilMs) as Iterable<unknown>) {
    const columns = row as unknown[];
    const status = columns[keys.length] as number;
    // The last key tells rows apart alone: a worker's number is one account's only.
    const id = (keys.length === 0 ? 0 : columns[keys.length - 1] as number) * 3 + status;
    let group = groups.get(id);
    if (group === undefined) {
      group = { keys: columns.slice(0, keys.length) as number[], totals: new Totals(status) };
      groups.set(id, group);
    }
    group.totals.add(columns, keys.length);
    if (slices.isFull()) await nextTurn();
  }
  return groups.values();
}

async function replace(
  database: DatabaseSync,
  table: string,
  keys: readonly string[],
  at: number,
  groups: Iterable<Group>,
): Promise<void> {
  database.prepare(`DELETE FROM ${table} WHERE at = ?`).run(at);
  const columns = ["at", ...keys, TOTALS_COLUMNS].join(", ");
  const places = columns.split(", ").map(() => "?").join(", ");
  const insert = database.prepare(`INSERT INTO ${table} (${columns}) VALUES (${places})`);
  const slices = new Slices();
  for (const { keys: own, totals } of groups) {
    insert.run(at, ...own, ...totals.row());
    if (slices.isFull()) await nextTurn();
  }
}
