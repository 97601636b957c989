/**
 * Rows that name the series, the store of statistics, and what they say together.
 *
 * @module
 */
import { sqliteFileOf } from "./bus_rows.ts";
import { type Config, type Field, optional } from "./field.ts";
import { choice, custom, duration, path, text } from "./fields.ts";
import { keepsIn, type Need, netNeed, readsFile } from "./needs.ts";
import { place, placeOf, type Scheme } from "./place_fields.ts";

const INFLUX: Scheme = {
  hosts: "one",
  // InfluxDB 3's own default.
  port: 8_181,
  credentials: "GOPOOL_SERIES_TOKEN holds the token",
  path: {
    // Databases beside it have its name with an ending; the server's own limit is 64 characters.
    pattern: /^\/[A-Za-z0-9][A-Za-z0-9_-]{0,49}$/,
    must:
      "the database after the host, as /gopool: letters, digits, dashes and underscores, at most 50",
  },
};

const SCHEMES: Readonly<Record<string, Scheme>> = {
  "sqlite:": {
    path: {
      // A "%" that begins no escape could not be decoded.
      pattern: /^(?:[^%]|%[0-9a-fA-F]{2})*[^/]$/,
      must: "a file after the colon, with each % written as %25",
    },
  },
  "influx:": INFLUX,
  "influxs:": INFLUX,
};

export const seriesUrl: Field<string> = place(
  "GOPOOL_SERIES_URL",
  "statistics: sqlite:FILE, or InfluxDB 3: influx://HOST:PORT/DATABASE, with TLS influxs://",
  { schemes: SCHEMES, needs: seriesNeeds },
);

/** What a process that opens this series needs. Readers of the file take part in its locks: they write, too. */
export function seriesNeeds(url: string): Need[] {
  const file = sqliteFileOf(url);
  if (file !== null) return ["", "-wal", "-shm"].flatMap((end) => keepsIn(`${file}${end}`));
  return placeOf(url, SCHEMES).hosts.map((host) => netNeed("connect", host));
}

const DAY_MS = 86_400_000;
const FOREVER_MS = 36_500 * DAY_MS;

/** All that a service needs to open the series. */
export const seriesRows = {
  seriesUrl,
  seriesToken: optional(
    text("GOPOOL_SERIES_TOKEN", "token for the series' server", { takes: "TOKEN", secret: true }),
  ),
  seriesCa: optional({
    ...path(
      "GOPOOL_SERIES_CA",
      "file with the certificates that the series' server's is signed by, PEM",
    ),
    needs: readsFile,
  }),
  seriesRaw: optional(custom(
    "GOPOOL_SERIES_RAW",
    "keep every share by itself, too; not set: on for a server, off for a file",
    {
      takes: "on|off",
      parse: (value) =>
        choice("GOPOOL_SERIES_RAW", "", { of: ["on", "off"] }).parse(value) === "on",
    },
  )),
  seriesKeepRaw: duration("GOPOOL_SERIES_KEEP_RAW", "how long shares by themselves are kept", {
    minMs: 3_600_000,
    maxMs: FOREVER_MS,
    fallback: "1d",
  }),
  seriesKeepMinutes: duration("GOPOOL_SERIES_KEEP_MINUTES", "how long totals by minute are kept", {
    // A day's chart is drawn by minutes, and an hour is summed up some time after it has ended.
    minMs: 26 * 3_600_000,
    maxMs: FOREVER_MS,
    fallback: "2d",
  }),
  seriesKeepHours: duration("GOPOOL_SERIES_KEEP_HOURS", "how long totals by hour are kept", {
    // A month's chart is drawn by hours.
    minMs: 32 * DAY_MS,
    maxMs: FOREVER_MS,
    fallback: "92d",
  }),
  seriesKeepDays: optional(
    duration("GOPOOL_SERIES_KEEP_DAYS", "how long totals by day are kept; not set: for ever", {
      // A year's chart is drawn by days.
      minMs: 366 * DAY_MS,
      maxMs: FOREVER_MS,
    }),
  ),
};

export type SeriesSettings = Config<typeof seriesRows>;

/** What rows about the series contradict, in sentences. Rows that could not be read are left out. */
export function seriesProblems(found: Partial<SeriesSettings>): string[] {
  const { seriesUrl: url, seriesToken, seriesCa } = found;
  const problems: string[] = [];
  if (url === undefined) return problems;
  if (seriesToken !== undefined && url.startsWith("sqlite:")) {
    problems.push("GOPOOL_SERIES_TOKEN is set, but GOPOOL_SERIES_URL is a file: it asks for none");
  }
  if (seriesCa !== undefined && !url.startsWith("influxs:")) {
    problems.push("GOPOOL_SERIES_CA is set, but GOPOOL_SERIES_URL asks for no TLS (influxs://)");
  }
  return problems;
}
