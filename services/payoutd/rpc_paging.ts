/** Pages: how many, from where, and what leads to the next. @module */
import { BadRequest } from "./desk/mod.ts";

/** Of a request that names none. The protos hold what is named within 1,000. */
const USUAL = 100;
const MOST = 1_000;

export function sizeOf(asked: number): number {
  return asked === 0 ? USUAL : Math.min(asked, MOST);
}

/** What a part of a token may be: numbers as PostgreSQL has them, or a hash in hex. */
const PARTS = {
  int: (part: string) => /^\d{1,10}$/.test(part) && Number(part) < 2 ** 31,
  bigint: (part: string) => /^\d{1,18}$/.test(part),
  hash: (part: string) => /^[0-9a-f]{64}$/.test(part),
} as const;

/**
 * The parts of a page token; null where it is empty, for the first page.
 *
 * @throws {BadRequest} It is none that such an answer had.
 */
export function placeOf(token: string, ...kinds: readonly (keyof typeof PARTS)[]): string[] | null {
  if (token === "") return null;
  const parts = token.split(".");
  const fits = parts.length === kinds.length &&
    kinds.every((kind, i) => PARTS[kind](parts[i]!));
  if (fits) return parts;
  throw new BadRequest(
    "page_token",
    `${
      JSON.stringify(token)
    } is none of these answers': it must be next_page_token of the page before`,
  );
}

export interface Page<T> {
  readonly rows: readonly T[];
  /** Empty at the end. */
  readonly nextPageToken: string;
}

/**
 * A page out of rows of which one more was asked for than it holds: that one says that there is a next page.
 *
 * @param place Of the last row of a page, in the parts that its token has.
 */
export function pageOf<T>(
  found: readonly T[],
  size: number,
  place: (last: T) => readonly (string | number | bigint)[],
): Page<T> {
  const rows = found.slice(0, size);
  return { rows, nextPageToken: found.length > size ? place(rows.at(-1)!).join(".") : "" };
}
