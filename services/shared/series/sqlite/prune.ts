/**
 * Takes away rows that retention no longer keeps.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { DAY_MS, floorTo, LEVEL_MS } from "../levels.ts";
import type { Retentions } from "../options.ts";
import type { Meta } from "./meta.ts";
import type { Names } from "./names.ts";
import { LEVELS } from "./schema.ts";
import type { Transactions } from "./transactions.ts";
import { nextTurn, SLICE_ROWS } from "./turn.ts";

interface Old {
  readonly table: string;
  /** The column of time, the first of the key. */
  readonly time: string;
  readonly beforeMs: number;
}

/** What to take away at `nowMs`. */
function oldAt(nowMs: number, meta: Meta, kept: Retentions): Old[] {
  const { minutesFromMs, hoursFromMs } = meta.horizon(nowMs, kept);
  const before = {
    minute: minutesFromMs,
    hour: hoursFromMs,
    day: kept.daysMs === null ? 0 : floorTo(nowMs - kept.daysMs, DAY_MS),
  };
  return [
    ...LEVELS.flatMap((level) =>
      ["pool", "account", "worker"].map((subject) => ({
        table: `${subject}_${level}`,
        time: "at",
        beforeMs: before[level],
      }))
    ),
    { table: "figures", time: "at", beforeMs: floorTo(nowMs - kept.minutesMs, LEVEL_MS.hour) },
    { table: "raw", time: "logged_at", beforeMs: nowMs - kept.rawMs },
  ];
}

export interface PruneDeps {
  readonly database: DatabaseSync;
  readonly meta: Meta;
  readonly names: Names;
  readonly transactions: Transactions;
}

/** A slice is a transaction of its own: a fold waits for one of them, not for all. */
export async function prune(deps: PruneDeps, nowMs: number, kept: Retentions): Promise<void> {
  const { meta, transactions } = deps;
  // Marked first: no question is answered from rows that are going.
  const old = await transactions.run(() => {
    const { minutesFromMs, hoursFromMs } = meta.horizon(nowMs, kept);
    meta.set("minutes_from", minutesFromMs);
    meta.set("hours_from", hoursFromMs);
    return oldAt(nowMs, meta, kept);
  });
  for (const one of old) await deleteOld(deps, one);
  await deleteNames(deps);
}

/** Some rows at a time, the oldest first. */
async function deleteOld(
  { database, transactions }: PruneDeps,
  { table, time, beforeMs }: Old,
): Promise<void> {
  const keys = database.prepare(
    `SELECT name FROM pragma_table_info('${table}') WHERE pk > 0 ORDER BY pk`,
  ).all().map(({ name }) => String(name)).join(", ");
  const some = database.prepare(
    `DELETE FROM ${table} WHERE (${keys}) IN
      (SELECT ${keys} FROM ${table} WHERE ${time} < ? ORDER BY ${time} LIMIT ${SLICE_ROWS})`,
  );
  while (await transactions.run(() => Number(some.run(beforeMs).changes)) > 0) await nextTurn();
}

/** Names without a row left: miners may make up new ones for ever. Accounts stay, they are few and cost work. */
async function deleteNames({ database, names, transactions }: PruneDeps): Promise<void> {
  const gone = LEVELS.map((level) =>
    `NOT EXISTS (SELECT 1 FROM worker_${level} t WHERE t.worker = w.id)`
  ).join(" AND ");
  const next = database.prepare(
    `SELECT max(id) AS last FROM
      (SELECT id FROM worker WHERE id > ? ORDER BY id LIMIT ${SLICE_ROWS})`,
  );
  const some = database.prepare(
    `DELETE FROM worker WHERE id IN
      (SELECT w.id FROM worker w WHERE w.id > ? AND w.id <= ? AND ${gone})`,
  );
  for (let from = 0;;) {
    const last = next.get(from)?.last;
    if (last === null || last === undefined) return;
    await transactions.run(() => {
      some.run(from, Number(last));
      // Before any fold: it would write under a number that is gone.
      names.forget();
    });
    from = Number(last);
    await nextTurn();
  }
}
