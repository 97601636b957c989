import type { Clock } from "@gopool/runtime";
import { setImmediate } from "node:timers";

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** 2026-01-01T00:00:00Z: a plausible time, so that code which refuses absurd ones works as usual. */
const START_MS = 1_767_225_600_000;

/** `runUntil` gives up after this much fake time unless told otherwise: a day covers every retention but the log's. */
const RUN_UNTIL_MAX_MS = 86_400_000;

/** A clock that stands still until it is advanced. Wall and monotonic time move together. */
export class FakeClock implements Clock {
  #elapsedMs = 0;
  #wallMs: number;
  readonly #sleepers: Sleeper[] = [];

  constructor(startMs: number = START_MS) {
    this.#wallMs = startMs;
  }

  now(): number {
    return this.#wallMs + this.#elapsedMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  /** How many sleep now. */
  get sleepers(): number {
    return this.#sleepers.length;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper: Sleeper = {
        dueMs: this.#elapsedMs + Math.max(0, ms),
        wake: () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      const onAbort = () => {
        this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1);
        resolve();
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#insert(sleeper);
    });
  }

  /** Moves the wall clock alone, as an operator or NTP does. Sleepers do not notice. */
  stepWall(ms: number): void {
    this.#wallMs += ms;
  }

  /**
   * Lets `ms` pass. Wakes sleepers in order of their time (those of one instant in order of arrival), and
   * after each lets everything run that was waiting for it, new sleeps included.
   */
  async advance(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms;
    await settle();
    while ((this.#sleepers[0]?.dueMs ?? Infinity) <= endMs) await this.#wakeNext();
    this.#elapsedMs = endMs;
  }

  /**
   * Lets time pass from sleeper to sleeper until `condition` holds. Gives the fake time it took, ms.
   *
   * @throws {Error} Nobody sleeps any more, or `maxMs` has passed, and it still does not hold.
   */
  async runUntil(
    condition: () => boolean,
    options: { maxMs?: number; what?: string } = {},
  ): Promise<number> {
    const { maxMs = RUN_UNTIL_MAX_MS, what = "the condition" } = options;
    const startMs = this.#elapsedMs;
    await settle();
    while (!condition()) {
      const next = this.#sleepers[0];
      if (next === undefined) throw new Error(`Nobody sleeps, and ${what} does not hold`);
      if (next.dueMs - startMs > maxMs) throw new Error(`Not within ${maxMs} ms: ${what}`);
      await this.#wakeNext();
    }
    return this.#elapsedMs - startMs;
  }

  async #wakeNext(): Promise<void> {
    const sleeper = this.#sleepers.shift()!;
    this.#elapsedMs = sleeper.dueMs;
    sleeper.wake();
    await settle();
  }

  /** After all that are due no later: equal times keep their order. */
  #insert(sleeper: Sleeper): void {
    let low = 0;
    let high = this.#sleepers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sleepers[middle]!.dueMs <= sleeper.dueMs) low = middle + 1;
      else high = middle;
    }
    this.#sleepers.splice(low, 0, sleeper);
  }
}

/** Lets every promise that can go on do so: a turn of the event loop begins only when no microtask is left. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
