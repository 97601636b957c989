/**
 * Hours out of minutes, days out of hours, on the server's rows. A row of an hour (day) stands at its own time: hours
 * in their day's first slot would save no files, since each snapshot of the server makes a further one for the slot.
 *
 * @module
 */
import { DAY_MS, HOUR_MS, type Level, LEVEL_MS } from "../levels.ts";
import type { Range } from "../port.ts";
import { isBetter } from "../sums.ts";
import { Gate } from "./gate.ts";
import { BATCH_LINES_MAX, ROLLED_AT_ONCE, ROLLED_TOGETHER } from "./limits.ts";
import { lineOf, nsOf, totalsOf, type TotalsPoint } from "./lines.ts";
import type { InfluxServer } from "./server.ts";
import { inSlices } from "./slices.ts";
import { binned, rowOf, timeOf, totalsQuestion, type TotalsRow, within } from "./sql.ts";
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

/** A row to be: when, whose (tags, cleaned already), and what it says. */
interface Rolled {
  readonly atMs: number;
  readonly tags: readonly string[];
  readonly point: TotalsPoint;
}

/**
 * Sums a stretch up into rows of `level`, each from rows of the level below.
 *
 * @param stretch Begins and ends on an hour (day).
 * @returns How many hours (days).
 */
export async function rollStretch(
  deps: RollingDeps,
  level: "hour" | "day",
  stretch: Range,
): Promise<number> {
  const rowMs = LEVEL_MS[level];
  const pool = await rowsBelow(deps, "pool", level, stretch, {});
  const known = new Set(pool.map(({ atMs }) => atMs));
  await rollShares(deps, level, runsOf([...known].sort((a, b) => a - b), rowMs));
  // The newest of the pool's hours says how far everything is rolled up, be it one without a share: after all others.
  const lastMs = stretch.untilMs - rowMs;
  if (!known.has(lastMs)) pool.push({ atMs: lastMs, tags: ["valid"], point: NO_SHARES });
  await deps.write([batchOf(deps, "pool", level, pool)]);
  return (stretch.untilMs - stretch.fromMs) / rowMs;
}

/** Hours (days) that follow each other as stretches, of ROLLED_AT_ONCE at most. */
function runsOf(starts: readonly number[], rowMs: number): Range[] {
  const runs: { fromMs: number; untilMs: number }[] = [];
  for (const at of starts) {
    const last = runs.at(-1);
    if (last?.untilMs === at && at - last.fromMs < ROLLED_AT_ONCE * rowMs) last.untilMs += rowMs;
    else runs.push({ fromMs: at, untilMs: at + rowMs });
  }
  return runs;
}

/** Some runs are asked about side by side; a write waits for the server's flush, so that small ones go together. */
async function rollShares(
  deps: RollingDeps,
  level: "hour" | "day",
  runs: readonly Range[],
): Promise<void> {
  const by = { account: "account", worker: "worker" };
  const gate = new Gate(ROLLED_TOGETHER);
  let rows: Rolled[] = [];
  const write = async () => {
    const ready = rows;
    rows = [];
    if (ready.length > 0) await deps.write([batchOf(deps, "shares", level, ready)]);
  };
  await Promise.all(runs.map((run) =>
    gate.run(async () => {
      for (const row of await rowsBelow(deps, "shares", level, run, by)) rows.push(row);
      if (rows.length >= BATCH_LINES_MAX) await write();
    })
  ));
  await write();
}

function batchOf(
  { places, reasons }: RollingDeps,
  kind: "shares" | "pool",
  level: "hour" | "day",
  rows: readonly Rolled[],
): Batch {
  const { database, table } = places[kind][level];
  const lines = rows.map(({ tags, point, atMs }) =>
    lineOf(table, tags, totalsOf(point, reasons), nsOf(atMs))
  );
  return { database, lines };
}

/** What hours (days) are made of, summed by the server. */
async function rowsBelow(
  { server, places, reasons }: RollingDeps,
  kind: "shares" | "pool",
  level: "hour" | "day",
  range: Range,
  owner: Readonly<Record<string, string>>,
): Promise<Rolled[]> {
  const below: Level = level === "hour" ? "minute" : "hour";
  const { database, table } = places[kind][below];
  const by = { begins: binned(LEVEL_MS[level]), ...owner };
  const rows = await inSlices(range, LEVEL_MS[below], (slice) => {
    const { sql, params } = totalsQuestion(table.name, slice, reasons, { by });
    return server.select(database, sql, params);
  });
  // Each once, as long as it came in one slice; two rows of one key would replace each other.
  const rolled = new Map<string, Rolled>();
  for (const columns of rows) {
    const row = rowOf(columns);
    const atMs = timeOf(columns.begins);
    const tags = [...Object.keys(owner).map((name) => String(columns[name])), row.status];
    const key = [atMs, ...tags].join("\0");
    const known = rolled.get(key);
    const point = known === undefined ? pointOf(row) : both(known.point, row);
    rolled.set(key, { atMs, tags, point });
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
 * Up to where everything in a stretch is rolled up, looked for from its end on; null where nothing is. A day's last hour
 * counts once the day is there, too: questions read the day's row from then on.
 */
export async function rolledIn(
  deps: Pick<RollingDeps, "server" | "places">,
  slices: readonly Range[],
): Promise<number | null> {
  const newest = await newestHour(deps, slices);
  if (newest === null || newest % DAY_MS !== 0) return newest;
  const { server, places: { pool: { day: { database, table } } } } = deps;
  const day = within({ fromMs: newest - DAY_MS, untilMs: newest });
  const rows = await server.select(
    database,
    `SELECT time FROM ${table.name} WHERE ${day} LIMIT 1`,
  );
  return rows.length > 0 ? newest : newest - HOUR_MS;
}

/** The end of the newest hour that has a row. */
async function newestHour(
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
