/** Lists longer than a page. @module */

/** The most that a page of the API's may have. */
const PAGE_MAX = 1_000;

export interface Page {
  readonly pageSize: number;
  readonly pageToken: string;
}

/** Asks for pages until there are `most`, or no more. */
export async function upTo<T>(
  most: number,
  ask: (page: Page) => Promise<{ readonly rows: readonly T[]; readonly next: string }>,
): Promise<T[]> {
  const all: T[] = [];
  let pageToken = "";
  while (all.length < most) {
    const { rows, next } = await ask({
      pageSize: Math.min(PAGE_MAX, most - all.length),
      pageToken,
    });
    all.push(...rows);
    if (next === "" || rows.length === 0) break;
    pageToken = next;
  }
  return all.slice(0, most);
}
