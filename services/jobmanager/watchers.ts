/**
 * Whoever watches something as it happens, each with a bounded queue: a slow one is told how much it missed, and
 * holds nobody up.
 *
 * @module
 */

/** What a watcher is told: a value, and how many before it were lost on the way to it. */
export interface Told<T> {
  readonly value: T;
  readonly missed: number;
}

/** There are as many watchers as may be. */
export class TooManyWatchers extends Error {
  override name = "TooManyWatchers";
}

export class Watchers<T> {
  readonly #queues = new Set<Queue<T>>();

  /** @param bounds `watchers` at once, and `queue` values that each may be behind. */
  constructor(private readonly bounds: { readonly watchers: number; readonly queue: number }) {}

  get size(): number {
    return this.#queues.size;
  }

  tell(value: T): void {
    for (const queue of this.#queues) queue.put(value);
  }

  /**
   * `first`, then each value told from this call on, until `signal` aborts.
   *
   * @throws {TooManyWatchers} At once, not while reading.
   */
  watch(first: readonly T[], signal: AbortSignal): AsyncIterable<Told<T>> {
    if (this.#queues.size >= this.bounds.watchers) {
      throw new TooManyWatchers(`There are ${this.bounds.watchers} watchers already`);
    }
    const queue = new Queue<T>(this.bounds.queue);
    if (!signal.aborted) this.#queues.add(queue);
    // Also of one that never begins to read.
    signal.addEventListener("abort", () => this.#queues.delete(queue), { once: true });
    return this.#read(queue, first, signal);
  }

  async *#read(
    queue: Queue<T>,
    first: readonly T[],
    signal: AbortSignal,
  ): AsyncGenerator<Told<T>, void, void> {
    try {
      for (const value of first) yield { value, missed: 0 };
      while (!signal.aborted) {
        const told = queue.take();
        if (told !== undefined) yield told;
        else await queue.filled(signal);
      }
    } finally {
      this.#queues.delete(queue);
    }
  }
}

class Queue<T> {
  readonly #values: T[] = [];
  #missed = 0;
  #wake: () => void = () => {};

  constructor(private readonly max: number) {}

  /** The oldest goes where there is no room: what is newest matters most. */
  put(value: T): void {
    if (this.#values.length >= this.max) {
      this.#values.shift();
      this.#missed++;
    }
    this.#values.push(value);
    this.#wake();
  }

  take(): Told<T> | undefined {
    if (this.#values.length === 0) return undefined;
    const missed = this.#missed;
    this.#missed = 0;
    return { value: this.#values.shift()!, missed };
  }

  /** Resolves when there is something to take, or `signal` has aborted. */
  async filled(signal: AbortSignal): Promise<void> {
    const woken = new Promise<void>((resolve) => this.#wake = resolve);
    const onAbort = () => this.#wake();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      if (!signal.aborted) await woken;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }
}
