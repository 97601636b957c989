import { setImmediate } from "node:timers";

/** Resolves in the event loop's next turn, after what is waiting in this one (sockets, timers) has had its go. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/**
 * Resolves after a span of real time, or early when `signal` aborts: for the pace of disks and of other processes,
 * who live by no clock that a test could hold still.
 */
export function realPause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
  });
}
