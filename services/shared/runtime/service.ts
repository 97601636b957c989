/**
 * Long-running parts: how they run side by side and how they end.
 *
 * @module
 */

/** One long-running part of the pool. */
export interface Service {
  readonly name: string;
  /**
   * Works until `signal` aborts, then drains and resolves. Rejects only on a fault it cannot handle; whoever
   * runs it decides what that ends.
   */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Runs tasks side by side as one: when any of them ends, by return or by throw, the others are told to stop,
 * and this resolves only after all have. Nothing is left running, no error is lost.
 */
export async function runTogether(
  signal: AbortSignal,
  ...tasks: ((signal: AbortSignal) => Promise<void>)[]
): Promise<void> {
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  const results = await Promise.allSettled(tasks.map(async (task) => {
    try {
      await task(stop);
    } finally {
      ended.abort();
    }
  }));
  const faults = results.flatMap((r) =>
    r.status === "rejected" && r.reason !== stop.reason ? [r.reason] : []
  );
  if (faults.length === 1) throw faults[0];
  if (faults.length > 1) {
    throw new AggregateError(faults, `Several tasks failed: ${faults.map(wordsOf).join("; ")}`);
  }
}

/** A log shows the message of an AggregateError, not what it holds. */
function wordsOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}

/** Resolves when `signal` aborts; never rejects. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
}
