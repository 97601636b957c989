/**
 * Sums rows up into the next coarser level, one hour or day after another. Names are the miners' to choose: however many
 * there are, the sums of one are made, written and forgotten before the next one's.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type Level, LEVEL_MS } from "../levels.ts";
import { byKey, type Columns } from "./by_key.ts";
import { TOTALS_COLUMNS } from "./columns.ts";
import { prepareArrays } from "./file.ts";
import { Totals } from "./totals.ts";
import { nextTurn, SLICE_ROWS, Slices } from "./turn.ts";

const FINER = { hour: "minute", day: "hour" } as const satisfies Partial<Record<Level, Level>>;

/** Whose rows there are, and what tells one's from another's beside the status. */
export const SUBJECTS = {
  pool: [],
  account: ["account"],
  worker: ["account", "worker"],
} as const;

/** Sums the hour or day that begins at `at` anew. Stands inside a transaction. */
export async function rollOne(
  database: DatabaseSync,
  level: "hour" | "day",
  at: number,
): Promise<void> {
  for (const subject of Object.keys(SUBJECTS) as (keyof typeof SUBJECTS)[]) {
    const table = `${subject}_${level}`;
    const keys: readonly string[] = SUBJECTS[subject];
    await clear(database, table, keys, at);
    const streams = finer(database, subject, level, at);
    await sumUp(insertInto(database, table, keys), keys.length, at, streams);
  }
}

/** Rows of one minute (hour) in the order of their key, as they stand in the table. Values: when it begins. */
export function ofOneFiner(subject: keyof typeof SUBJECTS, level: "hour" | "day"): string {
  const keys: readonly string[] = SUBJECTS[subject];
  return `SELECT ${[...keys, TOTALS_COLUMNS].join(", ")} FROM ${subject}_${FINER[level]}
    WHERE at = ? ORDER BY ${[...keys, "status"].join(", ")}`;
}

/** The minutes of an hour, the hours of a day: those that have a row, each a stream. */
function finer(
  database: DatabaseSync,
  subject: keyof typeof SUBJECTS,
  level: "hour" | "day",
  at: number,
): Iterable<Columns>[] {
  const next = database.prepare(
    `SELECT min(at) AS at FROM ${subject}_${FINER[level]} WHERE at >= ? AND at < ?`,
  );
  const streams: Iterable<Columns>[] = [];
  for (let from = at;;) {
    const own = next.get(from, at + LEVEL_MS[level])?.at;
    if (typeof own !== "number") return streams;
    const rows = prepareArrays(database, ofOneFiner(subject, level)).iterate(own);
    streams.push(rows as Iterable<unknown> as Iterable<Columns>);
    from = own + 1;
  }
}

async function sumUp(
  insert: StatementSync,
  keys: number,
  at: number,
  streams: readonly Iterable<Columns>[],
): Promise<void> {
  const slices = new Slices();
  for (const rows of byKey(streams, keys + 1)) {
    const first = rows[0]!;
    const totals = new Totals(first[keys] as number);
    for (const row of rows) totals.add(row, keys);
    insert.run(at, ...first.slice(0, keys) as number[], ...totals.row());
    // What is written costs more than what is read.
    if (slices.isFull(rows.length + 2)) await nextTurn();
  }
}

function insertInto(database: DatabaseSync, table: string, keys: readonly string[]): StatementSync {
  const columns = ["at", ...keys, TOTALS_COLUMNS].join(", ");
  const places = columns.split(", ").map(() => "?").join(", ");
  return database.prepare(`INSERT INTO ${table} (${columns}) VALUES (${places})`);
}

/** Takes the sums that stand there away, some at a time. */
async function clear(
  database: DatabaseSync,
  table: string,
  keys: readonly string[],
  at: number,
): Promise<void> {
  const key = ["at", ...keys, "status"].join(", ");
  const some = database.prepare(
    `DELETE FROM ${table} WHERE (${key}) IN
      (SELECT ${key} FROM ${table} WHERE at = ? LIMIT ${SLICE_ROWS})`,
  );
  while (Number(some.run(at).changes) > 0) await nextTurn();
}
