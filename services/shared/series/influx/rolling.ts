/**
 * Hours out of minutes, days out of hours, on the server's rows. A row of an hour (day) stands at its own time: hours
 * in their day's first slot would save no files, since each snapshot of the server makes a further one for the slot.
 *
 * @module
 */
import { HOUR_MS, type Level, LEVEL_MS } from "../levels.ts";
import type { Range } from "../port.ts";
import { isBetter } from "../sums.ts";
import { Gate } from "./gate.ts";
import { ROLLED_TOGETHER } from "./limits.ts";
import { lineOf, nsOf, totalsOf, type TotalsPoint } from "./lines.ts";
import type { InfluxServer } from "./server.ts";
import { inSlices } from "./slices.ts";
import { rowOf, timeOf, totalsQuestion, type TotalsRow, within } from "./sql.ts";
import type { Places } from "./tables.ts";
import type { Batch } from "./writer.ts";

export interface RollingDeps {
  readonly server: Pick<InfluxServer, "select">;
  readonly places: Places;
  readonly reasons: ReadonlySet<string>;
  readonly write: (batches: readonly Batch[]) => Promise<void>;
}

const NO_SHARES: TotalsPoint = {
  status: "valid",
  shares: 0,
  work: 0,
  workSquared: 0,
  expected: 0,
  best: { difficulty: 0, atMs: 0 },
  latencyMs: 0,
  latencyShares: 0,
  lastMs: 0,
  reasons: {},
};

/**
 * Sums a stretch up into rows of `level`, each from rows of the level below.
 *
 * @param stretch Begins and ends on an hour (day).
 * @returns How many hours (days).
 */
export async function rollStretch(
  deps: RollingDeps,
  level: "hour" | "day",
  { fromMs, untilMs }: Range,
): Promise<number> {
  const starts: number[] = [];
  for (let at = fromMs; at < untilMs; at += LEVEL_MS[level]) starts.push(at);
  const gate = new Gate(ROLLED_TOGETHER);
  await Promise.all(starts.map((at) => gate.run(() => rollShares(deps, level, at))));
  // The pool's rows say how far everything is rolled up: after all others, and all at once.
  const lines = await Promise.all(starts.map((at) => gate.run(() => poolLines(deps, level, at))));
  await deps.write([{ database: deps.places.pool[level].database, lines: lines.flat() }]);
  return starts.length;
}

async function rollShares(deps: RollingDeps, level: "hour" | "day", atMs: number): Promise<void> {
  const { database, table } = deps.places.shares[level];
  const by = { account: "account", worker: "worker" };
  const lines = (await rowsBelow(deps, "shares", level, atMs, by)).map(({ tags, point }) =>
    lineOf(table, tags, totalsOf(point, deps.reasons), nsOf(atMs))
  );
  if (lines.length > 0) await deps.write([{ database, lines }]);
}

/** One of them is there for an hour without any share: it says that the hour is rolled up. */
async function poolLines(
  deps: RollingDeps,
  level: "hour" | "day",
  atMs: number,
): Promise<string[]> {
  const { table } = deps.places.pool[level];
  const points = (await rowsBelow(deps, "pool", level, atMs, {})).map(({ point }) => point);
  if (!points.some(({ status }) => status === "valid")) points.push(NO_SHARES);
  return points.map((point) =>
    lineOf(table, [point.status], totalsOf(point, deps.reasons), nsOf(atMs))
  );
}

/** A row to be: its tags, cleaned already, and what it says. */
interface Rolled {
  readonly tags: readonly string[];
  readonly point: TotalsPoint;
}

/** What one hour (day) is made of, summed by the server. */
async function rowsBelow(
  { server, places, reasons }: RollingDeps,
  kind: "shares" | "pool",
  level: "hour" | "day",
  atMs: number,
  by: Readonly<Record<string, string>>,
): Promise<Rolled[]> {
  const below: Level = level === "hour" ? "minute" : "hour";
  const { database, table } = places[kind][below];
  const range = { fromMs: atMs, untilMs: atMs + LEVEL_MS[level] };
  const rows = await inSlices(range, LEVEL_MS[below], (slice) => {
    const { sql, params } = totalsQuestion(table.name, slice, reasons, { by });
    return server.select(database, sql, params);
  });
  // Each once, as long as it came in one slice; two rows of one key would replace each other.
  const rolled = new Map<string, Rolled>();
  for (const columns of rows) {
    const row = rowOf(columns);
    const tags = [...Object.keys(by).map((name) => String(columns[name])), row.status];
    const key = tags.join("\0");
    const known = rolled.get(key);
    rolled.set(key, { tags, point: known === undefined ? pointOf(row) : both(known.point, row) });
  }
  return [...rolled.values()];
}

function both(point: TotalsPoint, row: TotalsRow): TotalsPoint {
  const other = pointOf(row);
  const reasons = { ...point.reasons };
  for (const [reason, shares] of Object.entries(other.reasons)) {
    reasons[reason] = (reasons[reason] ?? 0) + shares;
  }
  return {
    status: point.status,
    shares: point.shares + other.shares,
    work: point.work + other.work,
    workSquared: point.workSquared + other.workSquared,
    expected: point.expected + other.expected,
    best: isBetter(other.best, point.best) ? other.best : point.best,
    latencyMs: point.latencyMs + other.latencyMs,
    latencyShares: point.latencyShares + other.latencyShares,
    lastMs: Math.max(point.lastMs, other.lastMs),
    reasons,
  };
}

function pointOf(row: TotalsRow): TotalsPoint {
  return {
    status: row.status,
    shares: row.shares,
    work: row.work,
    workSquared: row.workSquared,
    expected: row.expected,
    best: { difficulty: row.bestDifficulty, atMs: row.bestAtMs },
    latencyMs: row.latencyMs,
    latencyShares: row.latencyShares,
    lastMs: row.lastMs,
    reasons: row.reasons ?? {},
  };
}

/**
 * The end of the newest hour that is rolled up in a stretch, looked for from its end on; null where there is none.
 */
export async function newestHour(
  { server, places }: Pick<RollingDeps, "server" | "places">,
  slices: readonly Range[],
): Promise<number | null> {
  const { database, table } = places.pool.hour;
  for (const slice of slices.toReversed()) {
    const rows = await inSlices(slice, HOUR_MS, (part) =>
      server.select(
        database,
        `SELECT time FROM ${table.name} WHERE ${within(part)} ORDER BY time DESC LIMIT 1`,
      ));
    if (rows.length > 0) {
      return Math.max(...rows.map(({ time }) => timeOf(time))) + HOUR_MS;
    }
  }
  return null;
}
