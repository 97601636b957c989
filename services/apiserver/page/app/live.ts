/**
 * What the pool tells once a second, by server-sent events. The browser's own reconnecting gives up at the first
 * answer that is not a stream, such as a 429 or a 503, so this one does it itself.
 *
 * @module
 */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { now } from "./clock.ts";
import { pause, visible } from "./load.ts";

export interface Live<T> {
  /** The newest that was told; null before the first. */
  readonly told: T | null;
  /** When it came, milliseconds by the visitor's clock. */
  readonly toldAtMs: number;
  /** The stream is open. */
  readonly open: boolean;
}

/** A stream that is silent for so long is dead, whatever the connection says: figures come each second. */
export const SILENT_MS = 15_000;
const RETRY_FIRST_MS = 1_000;
const RETRY_LAST_MS = 30_000;

/**
 * Follows a stream while the page is looked at.
 *
 * @param quiet The stream may have nothing to say for long, as a miner's that sends no shares.
 */
export function useLive<T>(path: string | null, { quiet = false } = {}): Live<T> {
  const live = useSignal<Live<T> & { readonly path: string | null }>({ path, ...SILENT });
  useEffect(() => {
    if (path === null) return;
    const stop = new AbortController();
    if (live.value.path !== path) live.value = { path, ...SILENT };
    follow<T>(path, quiet, stop.signal, (news) => {
      const told = news.told ?? live.peek().told;
      const toldAtMs = news.told === null ? live.peek().toldAtMs : now();
      live.value = { path, told, toldAtMs, open: news.open };
    });
    return () => stop.abort();
  }, [path, quiet]);
  return live.value.path === path ? live.value : SILENT;
}

const SILENT = { told: null, toldAtMs: 0, open: false };

async function follow<T>(
  path: string,
  quiet: boolean,
  signal: AbortSignal,
  tell: (news: { told: T | null; open: boolean }) => void,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    await visible(signal);
    if (signal.aborted) return;
    const hadNews = await once<T>(path, quiet, signal, tell);
    if (signal.aborted) return;
    tell({ told: null, open: false });
    failures = hadNews ? 0 : failures + 1;
    await pause(Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** failures), signal);
  }
}

/** One connection, to its end. @returns Whether it told anything. */
function once<T>(
  path: string,
  quiet: boolean,
  signal: AbortSignal,
  tell: (news: { told: T | null; open: boolean }) => void,
): Promise<boolean> {
  return new Promise((resolve) => {
    const source = new EventSource(path);
    let hadNews = false;
    let timer = setTimeout(end, SILENT_MS);
    function end() {
      clearTimeout(timer);
      source.close();
      signal.removeEventListener("abort", end);
      document.removeEventListener("visibilitychange", hidden);
      resolve(hadNews);
    }
    // Nobody looks: the pool need not tell.
    function hidden() {
      if (document.hidden) end();
    }
    function alive() {
      clearTimeout(timer);
      if (!quiet) timer = setTimeout(end, SILENT_MS);
    }
    source.onopen = () => {
      alive();
      tell({ told: null, open: true });
    };
    source.onmessage = ({ data }) => {
      alive();
      try {
        tell({ told: JSON.parse(data) as T, open: true });
        hadNews = true;
      } catch {
        // Not for us: the next one is.
      }
    };
    source.onerror = end;
    signal.addEventListener("abort", end);
    document.addEventListener("visibilitychange", hidden);
  });
}
