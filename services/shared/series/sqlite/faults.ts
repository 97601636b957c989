/**
 * What SQLite's faults mean to who asked.
 *
 * @module
 */
import { SeriesUnavailable } from "../port.ts";

/** Primary result codes (sqlite.org/rescode.html); node:sqlite hands them over as `errcode`. */
const REASONS: Readonly<Record<number, string>> = {
  5: "another process holds it locked",
  6: "another process holds it locked",
  8: "it may not be written to",
  10: "the disk or the file system failed",
  11: "it is damaged",
  13: "the disk is full",
  14: "it cannot be opened (is its folder there?)",
  26: "it is not a SQLite database",
};

/** Waiting will not help. */
export function isNoDatabase(error: unknown): boolean {
  return (error as { errcode?: unknown }).errcode === 26;
}

/** Why, in words that an operator can act on. */
export function reasonOf(error: unknown): string {
  const { errcode } = error as { errcode?: unknown };
  const known = typeof errcode === "number" ? REASONS[errcode & 0xff] : undefined;
  return known ?? (error instanceof Error ? error.message : String(error));
}

/** Any fault as the port names it; mistakes of the caller stay what they are. */
export function asUnavailable(path: string, error: unknown): Error {
  if (error instanceof RangeError || error instanceof SeriesUnavailable) return error;
  return new SeriesUnavailable(`The series at ${path} cannot be used: ${reasonOf(error)}`, {
    cause: error,
  });
}
