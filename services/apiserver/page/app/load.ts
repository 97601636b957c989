/**
 * Answers that are asked for again and again while they are shown.
 *
 * @module
 */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type ApiError, getJson } from "./api.ts";

/** What is known of an answer. */
export interface Loaded<T> {
  /** The newest there is, also while a newer one is awaited or failed; null before the first. */
  readonly data: T | null;
  /** Why the last try failed; null where it did not. */
  readonly error: ApiError | null;
}

/** After a failure the next try waits at least so long, twice as long each time, up to the other. */
const RETRY_FIRST_MS = 2_000;
const RETRY_LAST_MS = 60_000;

/**
 * Loads a path and loads it again every so often, less often while it fails and not at all while nobody looks.
 *
 * @param path Null: nothing to load now.
 * @param again Changes when it should be loaded at once, for example because a block was found.
 */
export function useLoaded<T>(path: string | null, everyMs: number, again: unknown = 0): Loaded<T> {
  const state: Signal<Loaded<T> & { readonly path: string | null }> = useSignal({
    path,
    ...NOTHING,
  });
  useEffect(() => {
    if (path === null) return;
    const stop = new AbortController();
    // Another path's answer is not shown under this one.
    if (state.value.path !== path) state.value = { path, ...NOTHING };
    keepLoading<T>(path, everyMs, stop.signal, (loaded) => {
      const data = loaded.data ?? state.peek().data;
      state.value = { path, data, error: loaded.error };
    });
    return () => stop.abort();
  }, [path, everyMs, again]);
  return state.value.path === path ? state.value : NOTHING;
}

const NOTHING = { data: null, error: null };

async function keepLoading<T>(
  path: string,
  everyMs: number,
  signal: AbortSignal,
  tell: (loaded: Loaded<T>) => void,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const data = await getJson<T>(path, signal);
      failures = 0;
      if (!signal.aborted) tell({ data, error: null });
    } catch (error) {
      if (signal.aborted) return;
      failures++;
      tell({ data: null, error: error as ApiError });
      // A "no" stays one: an address does not become valid by asking again.
      const { status } = error as ApiError;
      if (status === 400 || status === 404) failures = Math.max(failures, 5);
    }
    const retryMs = Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** (failures - 1));
    await pause(failures === 0 ? everyMs : retryMs, signal);
    await visible(signal);
  }
}

/** Waits; ends at once when told to. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}

/** Waits until somebody looks. */
export function visible(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener("visibilitychange", look);
      signal.removeEventListener("abort", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
    signal.addEventListener("abort", look);
    look();
  });
}
