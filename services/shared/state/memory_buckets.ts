import { type Bucket, type Draw, StateUnavailable } from "./port.ts";

interface Held {
  readonly left: number;
  readonly atMs: number;
  /** When it is full again: from then on it is as good as forgotten. */
  readonly fullMs: number;
}

/** Buckets that are not full, at once. Some 20 MB; who has more clients at a time has several processes, and a Redis. */
export const MEMORY_BUCKETS_MAX = 100_000;

/** A bucket that is full only after months limits nobody, and would be kept for ever. */
const FILL_MAX_S = 100 * 86_400;

/** Full buckets are swept when as many draws have happened as there are buckets, and at least this many. */
const SWEEP_AFTER_DRAWS = 1_024;

/** Buckets of tokens by key, inside one process. */
export class MemoryBuckets {
  readonly #clock: { monotonic(): number };
  readonly #max: number;
  readonly #buckets = new Map<string, Held>();
  #draws = 0;

  constructor(clock: { monotonic(): number }, max: number = MEMORY_BUCKETS_MAX) {
    this.#clock = clock;
    this.#max = max;
  }

  take(key: string, bucket: Bucket, cost: number): Draw {
    checkDraw(bucket, cost);
    const { capacity, perSecond } = bucket;
    const nowMs = this.#clock.monotonic();
    if (++this.#draws >= Math.max(SWEEP_AFTER_DRAWS, this.#buckets.size)) this.#sweep(nowMs);
    const held = this.#buckets.get(key);
    const left = held === undefined
      ? capacity
      : Math.min(capacity, held.left + (nowMs - held.atMs) * perSecond / 1_000);
    if (left < cost) return refused(left, bucket, cost);
    if (held === undefined && this.#buckets.size >= this.#max) {
      throw new StateUnavailable(`State is full: ${this.#max} buckets are not full`);
    }
    const after = left - cost;
    const fullMs = nowMs + (capacity - after) / perSecond * 1_000;
    this.#buckets.set(key, { left: after, atMs: nowMs, fullMs });
    return { granted: true, left: after, waitMs: 0 };
  }

  clear(): void {
    this.#buckets.clear();
  }

  #sweep(nowMs: number): void {
    this.#draws = 0;
    for (const [key, { fullMs }] of this.#buckets) if (fullMs <= nowMs) this.#buckets.delete(key);
  }
}

/** What is answered where there was too little. */
export function refused(left: number, { perSecond }: Bucket, cost: number): Draw {
  return { granted: false, left, waitMs: Math.ceil((cost - left) / perSecond * 1_000) };
}

/** @throws {RangeError} Where the call is not as the port says. */
export function checkDraw({ capacity, perSecond }: Bucket, cost: number): void {
  if (!(capacity > 0 && capacity < Infinity)) {
    throw new RangeError(`Cannot fill a bucket of ${capacity}: its capacity is more than 0`);
  }
  if (!(perSecond > 0 && capacity / perSecond <= FILL_MAX_S)) {
    throw new RangeError(
      `Cannot fill a bucket of ${capacity} by ${perSecond} a second: it must be full within ${FILL_MAX_S} s`,
    );
  }
  if (!(cost > 0 && cost <= capacity)) {
    throw new RangeError(`Cannot take ${cost} from a bucket of ${capacity}`);
  }
}
