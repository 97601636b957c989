/**
 * The store as statsd asks it: as patiently as the store's own adapter does, but at statsd's end for a moment only.
 *
 * @module
 */
import type { Clock } from "@gopool/runtime";
import { type Series, SeriesUnavailable } from "@gopool/series";
import { END_WAIT_MS } from "./limits.ts";

export interface Leaving {
  readonly series: Series;
  /** Runs `work`; what the store is asked in it is given up END_WAIT_MS after `signal` aborted. */
  during<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

/**
 * Whatever becomes of what is given up: points replace each other, and the position stays before those that are not
 * known to be written, so that the next start writes them again.
 */
export function leaving(series: Series, clock: Pick<Clock, "sleep">): Leaving {
  let over = new AbortController();
  const asked = new Proxy(series, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name === "counters" || name === Symbol.asyncDispose) return value.bind(target);
      return (...args: unknown[]) => untilOver(over.signal, () => value.apply(target, args));
    },
  });
  return {
    series: asked,
    async during(signal, work) {
      const own = over = new AbortController();
      const done = new AbortController();
      const end = () =>
        void clock.sleep(END_WAIT_MS, done.signal).then(() => {
          if (!done.signal.aborted) own.abort();
        });
      signal.addEventListener("abort", end, { once: true });
      if (signal.aborted) end();
      try {
        return await work();
      } finally {
        signal.removeEventListener("abort", end);
        done.abort();
        // An operator may still ask while it rests.
        over = new AbortController();
      }
    },
  };
}

function untilOver<T>(over: AbortSignal, ask: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new SeriesUnavailable("It did not answer before statsd's end"));
    if (over.aborted) return giveUp();
    over.addEventListener("abort", giveUp, { once: true });
    ask().then(resolve, reject).finally(() => over.removeEventListener("abort", giveUp));
  });
}
