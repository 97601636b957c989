/** The readers of one bus: each ends with its own signal or with the bus, which waits for all of them. */
export class Readers {
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();

  /**
   * Runs one.
   *
   * @throws {RangeError} A batch of no messages is asked for.
   */
  run(
    { signal, batchMax }: { readonly signal: AbortSignal; readonly batchMax: number },
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.reject(new Error("The bus is closed"));
    if (!Number.isInteger(batchMax) || batchMax < 1) {
      return Promise.reject(
        new RangeError(`batchMax must be a whole number above 0, not ${batchMax}`),
      );
    }
    if (signal.aborted) return Promise.resolve();
    try {
      const running = work(AbortSignal.any([signal, this.#closing.signal]))
        .finally(() => this.#running.delete(running));
      this.#running.add(running);
      return running;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Tells every reader to end, and waits for its batch in hand. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#running);
  }
}
