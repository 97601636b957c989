/**
 * The button below a list that has more pages.
 *
 * @module
 */
import type { Pages } from "../pages_of.ts";
import { Notice } from "./layout.tsx";

export function More<A, R>({ pages, what }: { pages: Pages<A, R>; what: string }) {
  const { more, busy, error } = pages;
  return (
    <>
      {error !== null && (
        <Notice kind="bad">
          <p>{error.message}</p>
        </Notice>
      )}
      {(more !== null || busy) && (
        <p class="onward">
          <button type="button" disabled={busy} onClick={() => more?.()}>
            {busy ? "Loading…" : `More ${what}`}
          </button>
        </p>
      )}
    </>
  );
}
