/** Holds the newest value for one reader: an older one that was not read yet is superseded. @module */
export class Mailbox<T> {
  #value: { readonly value: T } | null = null;
  #fault: { readonly error: unknown } | null = null;
  #wake: () => void = () => {};

  put(value: T): void {
    this.#value = { value };
    this.#wake();
  }

  /** Ends the reading with an error, once what lies there has been read. */
  fail(error: unknown): void {
    this.#fault = { error };
    this.#wake();
  }

  /** Each value that was not superseded, until `signal` aborts. One reader at a time. */
  async *read(signal: AbortSignal): AsyncGenerator<T, void, void> {
    const onAbort = () => this.#wake();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      while (!signal.aborted) {
        const taken = this.#value;
        this.#value = null;
        if (taken !== null) yield taken.value;
        else if (this.#fault !== null) throw this.#fault.error;
        else await new Promise<void>((resolve) => this.#wake = resolve);
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }
}
