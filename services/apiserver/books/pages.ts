/** Pages: what leads from one to the next. @module */
import type { Page, PageAsked } from "./types.ts";

/** A page token that no answer had. The message is a sentence. */
export class BadPage extends Error {
  override name = "BadPage";
}

/** What a part of a token may be: numbers as PostgreSQL has them, or a hash in hex. */
const PARTS = {
  int: (part: string) => /^\d{1,10}$/.test(part) && Number(part) < 2 ** 31,
  bigint: (part: string) => /^\d{1,18}$/.test(part),
  hash: (part: string) => /^[0-9a-f]{64}$/.test(part),
} as const;

/** Characters of a token that are said back: a sentence is for people. */
const SHOWN = 40;

/**
 * The parts of a token; null where it is empty, for the first page.
 *
 * @throws {BadPage} It is none that such an answer had.
 */
export function placeOf(token: string, ...kinds: readonly (keyof typeof PARTS)[]): string[] | null {
  if (token === "") return null;
  const parts = token.split(".");
  const fits = parts.length === kinds.length && kinds.every((kind, i) => PARTS[kind](parts[i]!));
  if (fits) return parts;
  throw new BadPage(
    `page_token: ${
      JSON.stringify(token.slice(0, SHOWN))
    } is none of these answers': it must be next_page_token of the page before`,
  );
}

/** How many rows are asked for: the usual number where none is named. */
export function sizeOf(asked: number, usual: number, most: number): number {
  return asked === 0 ? usual : Math.min(asked, most);
}

/**
 * A page out of rows of which one more was asked for than it holds: that one says that there is a next page.
 *
 * @param place Of the last row of a page, in the parts that its token has.
 */
export function pageOf<T, R>(
  found: readonly T[],
  { size }: Pick<PageAsked, "size">,
  place: (last: T) => readonly (string | number | bigint)[],
  shape: (row: T) => R,
): Page<R> {
  const rows = found.slice(0, size);
  const last = rows.at(-1);
  const isMore = found.length > size && last !== undefined;
  return { rows: rows.map(shape), nextPageToken: isMore ? place(last).join(".") : "" };
}
