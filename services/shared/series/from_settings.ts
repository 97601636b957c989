/**
 * The rows of settings as what a series is opened with. The one place of the room that reads files.
 *
 * @module
 */
import type { Retentions, SeriesOptions } from "./options.ts";

/** The shape of @gopool/config's rows about the series: this room knows no other. */
export interface SeriesSettings {
  readonly seriesUrl: string;
  readonly seriesToken?: string | undefined;
  /** A file, PEM. */
  readonly seriesCa?: string | undefined;
  readonly seriesRaw?: boolean | undefined;
  readonly seriesKeepRaw: number;
  readonly seriesKeepMinutes: number;
  readonly seriesKeepHours: number;
  readonly seriesKeepDays?: number | undefined;
}

/**
 * What the settings say to `openSeries`, beside clock, access and trouble.
 *
 * @param readFile Reads a certificate. Default: Deno.readTextFileSync.
 * @throws {Deno.errors.NotFound} A certificate's file is not there; other errors of reading likewise.
 */
export function seriesOptionsOf(
  settings: SeriesSettings,
  readFile: (path: string) => string = Deno.readTextFileSync,
): Pick<SeriesOptions, "token" | "ca" | "raw"> & { readonly retentions: Retentions } {
  const { seriesUrl, seriesToken, seriesCa, seriesRaw } = settings;
  return {
    ...(seriesToken === undefined ? {} : { token: seriesToken }),
    ...(seriesCa === undefined ? {} : { ca: readFile(seriesCa) }),
    // A server is made for rows by the million; the file of an embedded pool need not hold every share twice.
    raw: seriesRaw ?? !seriesUrl.startsWith("sqlite:"),
    retentions: {
      rawMs: settings.seriesKeepRaw,
      minutesMs: settings.seriesKeepMinutes,
      hoursMs: settings.seriesKeepHours,
      daysMs: settings.seriesKeepDays ?? null,
    },
  };
}
