/**
 * Time comes in through the door: services take a Clock, tests give them a fake one (testing/fake_clock.ts).
 *
 * @module
 */

export interface Clock {
  /** Milliseconds since the Unix epoch. May step; never measures a span. */
  now(): number;
  /** Milliseconds with fractions since some start. Never goes back; measures spans. */
  monotonic(): number;
  /** Resolves after `ms`; resolves early, without throwing, when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep(ms, signal) {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener("abort", done, { once: true });
    });
  },
};
