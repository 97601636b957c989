/**
 * Lists that come by the page: the first is kept fresh, further ones are asked for.
 *
 * @module
 */
import { useSignal } from "@preact/signals";
import { type ApiError, getJson } from "./api.ts";
import { type Loaded, useLoaded } from "./load.ts";

interface Paged {
  readonly nextPageToken?: string;
}

export interface Pages<Answer, Row> {
  /** The first page. */
  readonly first: Loaded<Answer>;
  /** Of all pages that were asked for. */
  readonly rows: readonly Row[];
  /** Asks for the next page; null where there is none, or it is on its way. */
  readonly more: (() => void) | null;
  readonly busy: boolean;
  readonly error: ApiError | null;
}

/** @param path With a `?`: the token is appended. */
export function usePages<Answer extends Paged, Row>(
  path: string,
  everyMs: number,
  rowsOf: (answer: Answer) => readonly Row[] | undefined,
  keyOf: (row: Row) => string,
  again: unknown = 0,
): Pages<Answer, Row> {
  const first = useLoaded<Answer>(path, everyMs, again);
  const further = useSignal<Further<Row>>({
    path,
    rows: [],
    token: null,
    busy: false,
    error: null,
  });
  const known = further.value.path === path ? further.value : null;
  const token = known?.token ?? first.data?.nextPageToken ?? "";

  const more = async () => {
    const before = { path, rows: known?.rows ?? [], token: known?.token ?? null };
    further.value = { ...before, busy: true, error: null };
    try {
      const answer = await getJson<Answer>(`${path}&page_token=${encodeURIComponent(token)}`);
      if (further.peek().path !== path) return;
      const rows = [...before.rows, ...(rowsOf(answer) ?? [])];
      further.value = { path, rows, token: answer.nextPageToken ?? "", busy: false, error: null };
    } catch (error) {
      if (further.peek().path !== path) return;
      further.value = { ...before, busy: false, error: error as ApiError };
    }
  };
  // A row that has moved to the next page since stands in both.
  const rows = new Map<string, Row>();
  for (
    const row of [...(first.data === null ? [] : rowsOf(first.data) ?? []), ...known?.rows ?? []]
  ) {
    if (!rows.has(keyOf(row))) rows.set(keyOf(row), row);
  }
  const busy = known?.busy ?? false;
  return {
    first,
    rows: [...rows.values()],
    more: token === "" || busy ? null : more,
    busy,
    error: known?.error ?? null,
  };
}

interface Further<Row> {
  readonly path: string;
  readonly rows: readonly Row[];
  /** Of the page after these; null while there are none, "" at the end. */
  readonly token: string | null;
  readonly busy: boolean;
  readonly error: ApiError | null;
}
