/**
 * The sentence about a store that grants no leases for a while, for people who wait: it stands until that time
 * is over, whether or not anybody asks again.
 *
 * @module
 */
export class Quarantine {
  readonly #clock: { monotonic(): number };
  readonly #changed: () => void;
  #untilMs = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #why: string | null = null;

  /** @param changed Told when `why` has changed. */
  constructor(clock: { monotonic(): number }, changed: () => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** What is wrong; null when nothing is. */
  get why(): string | null {
    return this.#why;
  }

  /** The store grants nothing that lasts `ttlMs` for another `waitMs`. */
  heard(name: string, waitMs: number, ttlMs: number): void {
    const untilMs = this.#clock.monotonic() + waitMs;
    // Of several kinds of leases the one that is granted last is told.
    if (untilMs < this.#untilMs) return;
    this.#untilMs = untilMs;
    this.#why = `${name} is new or may have lost leases: ` +
      `it grants none of ${ttlMs / 1000} s before it has been so for ${ttlMs / 1000} s`;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#why = null;
      this.#changed();
    }, waitMs);
    this.#changed();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
