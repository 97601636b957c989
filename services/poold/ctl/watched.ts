/** Streams that go on until somebody has seen enough. @module */
import type { Ctl } from "./context.ts";

/**
 * What a stream tells until it ends, Ctrl-C, or `forMs` have passed. Leaving the loop early ends the call, too.
 *
 * @throws What the server says while nobody wanted it to end.
 */
export async function* watched<T>(
  { clock, signal }: Pick<Ctl, "clock" | "signal">,
  open: (signal: AbortSignal) => AsyncIterable<T>,
  forMs?: number,
): AsyncGenerator<T, void, undefined> {
  // Leaving a server's stream does not end it: the signal does.
  const stop = new AbortController();
  const any = AbortSignal.any([signal, stop.signal]);
  const timer = forMs === undefined ? undefined : clock.sleep(forMs, any).then(() => stop.abort());
  try {
    for await (const message of open(any)) {
      // What was on its way when the time was up is not told.
      if (any.aborted) return;
      yield message;
    }
  } catch (error) {
    if (!any.aborted) throw error;
  } finally {
    stop.abort();
    await timer;
  }
}
