import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";

export interface BackoffOptions {
  /** The first wait, ms. */
  readonly firstMs: number;
  /** The longest wait, ms. */
  readonly lastMs: number;
}

/**
 * Waits that double from the first to the last, each drawn from its upper half, so that many who failed
 * together do not come back together.
 */
export class Backoff {
  #tries = 0;

  constructor(readonly options: BackoffOptions, readonly random: Pick<Random, "unit">) {
    if (!(options.firstMs > 0 && options.lastMs >= options.firstMs)) {
      throw new RangeError("Cannot back off: firstMs must be above 0 and not above lastMs");
    }
  }

  /** Failures since the start or the last `reset()`. */
  get tries(): number {
    return this.#tries;
  }

  /** How long to wait now, ms; the next wait will be longer. */
  next(): number {
    // 2^32 times any first wait is past every last wait: the exponent needs no more.
    const whole = Math.min(
      this.options.lastMs,
      this.options.firstMs * 2 ** Math.min(this.#tries, 32),
    );
    this.#tries += 1;
    return Math.round(whole * (0.5 + this.random.unit() / 2));
  }

  /** It worked: the next wait is the first again. */
  reset(): void {
    this.#tries = 0;
  }

  /** Sleeps the next wait; resolves early when `signal` aborts. Gives what it meant to wait, ms. */
  async wait(clock: Pick<Clock, "sleep">, signal: AbortSignal): Promise<number> {
    const ms = this.next();
    await clock.sleep(ms, signal);
    return ms;
  }
}
