/**
 * Where the pool's log is, by its settings: one answer for the pool, for the topics tool, and for their permissions.
 *
 * @module
 */
import { sqliteFileOf } from "@gopool/config";

export interface LogSettings {
  readonly dataDir: string;
  readonly busUrl: string | undefined;
}

/** The bus in effect: the one named, or the log under the data folder. */
export function busOf({ dataDir, busUrl }: LogSettings): string {
  // The path in a URL is percent-encoded, a folder's name is not.
  return busUrl === undefined ? `sqlite:${dataDir.replaceAll("%", "%25")}/bus.db` : busUrl;
}

/** The series in effect: the one named, or the file under the data folder. */
export function seriesOf(
  { dataDir, seriesUrl }: { readonly dataDir: string; readonly seriesUrl: string | undefined },
): string {
  return seriesUrl ?? `sqlite:${dataDir.replaceAll("%", "%25")}/series.db`;
}

/** The embedded log's file; null where the bus is none on this machine's disk. */
export function logFileOf(settings: LogSettings): string | null {
  return sqliteFileOf(busOf(settings));
}
