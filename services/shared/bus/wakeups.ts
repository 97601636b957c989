/**
 * Readers at the end of a partition wait here for it to grow. Growth is counted, so that one that happens
 * between a reader's look and its wait is not missed.
 */
export class Wakeups {
  readonly #grown = new Map<string, { count: number; waiting: Set<() => void> }>();

  /** How often the partition has grown. Ask before looking. */
  seen(topic: string, partition: number): number {
    return this.#of(topic, partition).count;
  }

  grew(topic: string, partition: number): void {
    const entry = this.#of(topic, partition);
    entry.count += 1;
    if (entry.waiting.size === 0) return;
    const waiting = [...entry.waiting];
    entry.waiting.clear();
    for (const wake of waiting) wake();
  }

  /** Wakes every reader: another process may have appended anywhere. */
  allMayHaveGrown(): void {
    for (const entry of this.#grown.values()) {
      entry.count += 1;
      const waiting = [...entry.waiting];
      entry.waiting.clear();
      for (const wake of waiting) wake();
    }
  }

  /** Resolves when the partition has grown since `seen`, or when `signal` aborts. */
  wait(topic: string, partition: number, seen: number, signal: AbortSignal): Promise<void> {
    const entry = this.#of(topic, partition);
    if (signal.aborted || entry.count !== seen) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener("abort", wake);
        entry.waiting.delete(wake);
        resolve();
      };
      entry.waiting.add(wake);
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  #of(topic: string, partition: number) {
    const key = `${topic}/${partition}`;
    let entry = this.#grown.get(key);
    if (!entry) this.#grown.set(key, entry = { count: 0, waiting: new Set() });
    return entry;
  }
}
