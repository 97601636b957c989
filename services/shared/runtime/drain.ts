/**
 * Work that may take as long as it likes while the process lives, and no longer than a moment at its end.
 *
 * @module
 */
import type { Clock } from "./clock.ts";
import { aborted } from "./service.ts";

/** Seen by nobody. Without a reason each abort would make an error with its stack: a judge ends a work every ms. */
const SETTLED = "settled";

/**
 * What `work` gives. Once `signal` has aborted it is waited for `graceMs` more; then this rejects with the signal's
 * reason, whatever becomes of the work. For work that may safely be done again at the next start.
 */
export async function orGiveUp<T>(
  work: Promise<T>,
  clock: Pick<Clock, "sleep">,
  signal: AbortSignal,
  graceMs: number,
): Promise<T> {
  const settled = new AbortController();
  const over = (async () => {
    await aborted(AbortSignal.any([signal, settled.signal]));
    await clock.sleep(graceMs, settled.signal);
  })();
  try {
    return await Promise.race([work, over.then(() => Promise.reject(signal.reason))]);
  } finally {
    settled.abort(SETTLED);
  }
}
