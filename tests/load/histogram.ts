/**
 * Latencies of millions of answers in a few kilobytes: buckets that grow by 3 %.
 *
 * @module
 */

/** Buckets per doubling: the middle of one is within 1.5 % of all in it. */
const PER_DOUBLING = 24;
/** The first bucket ends here; on loopback nothing is quicker. */
const FIRST_MS = 0.001;
/** 2^24 µs are 17 s; what takes longer stands in the last bucket, and in `worst`. */
const BUCKETS = 24 * PER_DOUBLING;

export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #size = 0;
  #worst = 0;

  add(ms: number): void {
    const at = ms <= FIRST_MS ? 0 : Math.ceil(Math.log2(ms / FIRST_MS) * PER_DOUBLING);
    this.#counts[Math.min(at, BUCKETS - 1)]!++;
    this.#size++;
    if (ms > this.#worst) this.#worst = ms;
  }

  get size(): number {
    return this.#size;
  }

  /** Milliseconds; exact. */
  get worst(): number {
    return this.#worst;
  }

  /** Milliseconds below which this part of all lies; 0 when there are none. */
  quantile(part: number): number {
    let left = this.#size * part;
    for (let at = 0; at < BUCKETS; at++) {
      left -= this.#counts[at]!;
      if (left <= 0 && this.#size > 0) {
        return Math.min(this.#worst, FIRST_MS * 2 ** ((at - 0.5) / PER_DOUBLING));
      }
    }
    return this.#worst;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#size = 0;
    this.#worst = 0;
  }
}
