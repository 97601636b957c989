/**
 * Questions to a bus or a store that may be away, asked for people: nobody waits longer than people do.
 *
 * @module
 */
import { type Clock, orGiveUp } from "@gopool/runtime";
import { LOOK_UP_MS } from "./limits.ts";

export type Look<T> = { readonly found: T } | { readonly trouble: string };

/** The answer, or why there is none. @throws What `signal` says, once it has aborted. */
export async function look<T>(
  clock: Clock,
  who: string,
  ask: () => Promise<T>,
  signal: AbortSignal = new AbortController().signal,
): Promise<Look<T>> {
  const late = new AbortController();
  const settled = new AbortController();
  clock.sleep(LOOK_UP_MS, settled.signal).then(() => {
    late.abort(new Error(`${who} did not answer within ${LOOK_UP_MS / 1_000} s`));
  });
  try {
    return { found: await orGiveUp(ask(), clock, AbortSignal.any([signal, late.signal]), 0) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { trouble: error instanceof Error ? error.message : String(error) };
  } finally {
    settled.abort();
  }
}
