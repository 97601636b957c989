/**
 * Whether this process was stopped for a while (a machine that slept, a signal): by then others may have its partitions,
 * and it does not know yet.
 *
 * @module
 */
import type { Clock, Logger } from "@gopool/runtime";
import { PAUSED_AFTER_MS, SHAKEN_MS } from "./limits.ts";

const LOOK_EVERY_MS = 1_000;

export class Pauses {
  #aliveAtMs: number;
  #shakenUntilMs = -Infinity;

  /** @param onPause Told after each. */
  constructor(
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly onPause: () => void,
  ) {
    this.#aliveAtMs = clock.monotonic();
  }

  /** Looks each second until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.clock.sleep(LOOK_EVERY_MS, signal);
      this.#notice();
    }
  }

  /** Whether it was stopped a moment ago: who reads what is not known yet. */
  get isShaken(): boolean {
    this.#notice();
    return this.clock.monotonic() < this.#shakenUntilMs;
  }

  /** Waits until it is known. */
  async calm(): Promise<void> {
    while (this.isShaken) await this.clock.sleep(this.#shakenUntilMs - this.clock.monotonic());
  }

  #notice(): void {
    const nowMs = this.clock.monotonic();
    const pausedMs = nowMs - this.#aliveAtMs;
    this.#aliveAtMs = nowMs;
    if (pausedMs <= PAUSED_AFTER_MS) return;
    this.#shakenUntilMs = nowMs + SHAKEN_MS;
    this.log.warn("this process was stopped for a while", { pausedMs: Math.round(pausedMs) });
    this.onPause();
  }
}
