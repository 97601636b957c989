/**
 * Runs the pool's parts side by side, and ends them in the order of the work.
 *
 * @module
 */
import { aborted } from "@gopool/runtime";

/** Parts that begin together and are told to stop together. */
export interface Stage {
  readonly parts: readonly ((signal: AbortSignal) => Promise<void>)[];
  /** Awaited when the parts have ended, before the next stage is told to stop. */
  readonly ended?: () => Promise<void>;
}

/**
 * Runs all stages until `signal` aborts or any part ends. Then the first stage is told to stop, and each further
 * one after that before it has ended: what the first still sends is received. Resolves when all have ended; no
 * error is lost.
 */
export async function runStages(signal: AbortSignal, stages: readonly Stage[]): Promise<void> {
  const over = new AbortController();
  const running = stages.map(({ parts, ended }) => {
    const stop = new AbortController();
    const results = Promise.allSettled(parts.map(async (part) => {
      try {
        await part(stop.signal);
      } finally {
        over.abort();
      }
    }));
    return { stop, results, ended };
  });
  await Promise.race([aborted(signal), aborted(over.signal)]);
  const faults: unknown[] = [];
  for (const { stop, results, ended } of running) {
    stop.abort();
    for (const result of await results) {
      // A part that rejects with the reason of the abort has obeyed it.
      if (result.status === "rejected" && result.reason !== stop.signal.reason) {
        faults.push(result.reason);
      }
    }
    await ended?.();
  }
  if (faults.length === 1) throw faults[0];
  if (faults.length > 1) {
    const words = faults.map((fault) => fault instanceof Error ? fault.message : String(fault));
    throw new AggregateError(faults, `Several parts failed: ${words.join("; ")}`);
  }
}
