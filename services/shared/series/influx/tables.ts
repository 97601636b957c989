/**
 * What stands where on the server. Retention is a database's on Core, and it has five at most: so each kind of row that
 * is kept for a time of its own has a database of its own.
 *
 * @module
 */
import type { Level } from "../levels.ts";
import type { Retentions } from "../options.ts";
import { RETENTION_MORE_MS } from "./limits.ts";

export type FieldType = "float64" | "int64" | "utf8";

export interface TableDef {
  readonly name: string;
  /** In the order in which they stand in a line. Each line has all of them, so that none is there twice or missing. */
  readonly tags: readonly string[];
  readonly fields: Readonly<Record<string, FieldType>>;
}

/** Database and table. */
export interface Place {
  readonly database: string;
  readonly table: TableDef;
}

/** Columns of totals that every table of them has. Whole numbers as int64, the rest as float64. */
export const TOTALS = {
  shares: "int64",
  work: "float64",
  work_squared: "float64",
  expected: "float64",
  best: "float64",
  best_ms: "int64",
  latency_ms: "float64",
  latency_shares: "int64",
  last_ms: "int64",
} as const satisfies Record<string, FieldType>;

/** A reason's shares stand in a field of its own: `reason_low-difficulty`. Those of gopool.v1.Reason are made at start. */
const REASON_PREFIX = "reason_";

/** A name for a reason's field that needs no escape anywhere: what is not a letter, a digit, - or _ is in digits. */
export function columnOf(reason: string): string {
  const plain = reason.replace(
    /[^A-Za-z0-9_-]/g,
    (sign) => `.${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return REASON_PREFIX + plain;
}

/** Null: the column is none of a reason. */
export function reasonOf(column: string): string | null {
  if (!column.startsWith(REASON_PREFIX)) return null;
  return column.slice(REASON_PREFIX.length)
    .replace(/\.([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/** Shares of reasons beyond REASONS_MAX are told under this one. */
export const OTHER_REASON = "other";

export const KNOWN_REASONS: readonly string[] = [
  "unknown-job",
  "stale-previous-block",
  "stale-job",
  "duplicate",
  "low-difficulty",
  "unauthorized",
  "not-subscribed",
  "bad-extranonce2",
  "ntime-too-old",
  "ntime-too-new",
  "bad-version-bits",
  "malformed",
  "not-stored",
  "outcome-unknown",
  "operator",
  OTHER_REASON,
];

const TOTALS_AND_REASONS: Readonly<Record<string, FieldType>> = {
  ...TOTALS,
  ...Object.fromEntries(KNOWN_REASONS.map((reason) => [columnOf(reason), "int64" as const])),
};

export interface Places {
  readonly raw: Place;
  /** By worker, and of the pool as a whole. */
  readonly shares: Readonly<Record<Level, Place>>;
  readonly pool: Readonly<Record<Level, Place>>;
  readonly figures: Place;
  readonly blocks: Place;
  /** When the first minute began: one row, at one time for ever. */
  readonly beginning: Place;
  /** Databases with how long they keep rows, ms; null: for ever. */
  readonly databases: ReadonlyMap<string, number | null>;
}

/** @param database The one that the URL names: days, blocks. Others are named after it. */
export function placesOf(database: string, raw: boolean, kept: Retentions): Places {
  const days = kept.daysMs === null ? database : `${database}_days`;
  const homes: Readonly<Record<Level, string>> = {
    minute: `${database}_minutes`,
    hour: `${database}_hours`,
    day: days,
  };
  const more = (ms: number) => ms + RETENTION_MORE_MS;
  const databases = new Map<string, number | null>([
    [database, null],
    [homes.hour, more(kept.hoursMs)],
    [homes.minute, more(kept.minutesMs)],
  ]);
  if (kept.daysMs !== null) databases.set(days, more(kept.daysMs));
  if (raw) databases.set(`${database}_raw`, kept.rawMs);
  const place = (kind: "shares" | "pool", level: Level, owner: readonly string[]): Place => ({
    database: homes[level],
    table: {
      name: `${kind}_${level}`,
      tags: [...owner, "status", ...(level === "minute" ? ["partition"] : [])],
      fields: TOTALS_AND_REASONS,
    },
  });
  const levels = (kind: "shares" | "pool", owner: readonly string[]) => ({
    minute: place(kind, "minute", owner),
    hour: place(kind, "hour", owner),
    day: place(kind, "day", owner),
  });
  return {
    databases,
    raw: {
      database: `${database}_raw`,
      table: {
        name: "shares",
        tags: ["miner_address", "worker_name", "status", "job_id"],
        fields: { difficulty: "float64", latency_ms: "float64" },
      },
    },
    shares: levels("shares", ["account", "worker"]),
    pool: levels("pool", []),
    figures: {
      database: homes.minute,
      table: {
        name: "figures",
        tags: ["span"],
        fields: {
          hashrate: "float64",
          accounts: "int64",
          workers: "int64",
          height: "int64",
          network_difficulty: "float64",
        },
      },
    },
    blocks: {
      database,
      table: {
        name: "blocks",
        tags: ["hash"],
        fields: {
          height: "int64",
          finder: "utf8",
          worker: "utf8",
          network_difficulty: "float64",
          effort: "float64",
        },
      },
    },
    beginning: {
      database,
      table: { name: "beginning", tags: ["span"], fields: { first_ms: "int64" } },
    },
  };
}

/** Every table that is written. */
export function tablesOf(places: Places): readonly Place[] {
  const { raw, shares, pool, figures, blocks, beginning } = places;
  const all = [...Object.values(shares), ...Object.values(pool), figures, blocks, beginning, raw];
  return all.filter(({ database }) => places.databases.has(database));
}
