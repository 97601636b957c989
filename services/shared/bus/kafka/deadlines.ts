import type { BusClock } from "../log_store.ts";

/** Gives calls up when their time has come. One sleep at a time, however many calls wait. */
export class Deadlines {
  readonly #waiting = new Set<{ readonly deadlineMs: number; giveUp(why: string): void }>();
  #sleep = new AbortController();
  #wakesAtMs = Infinity;
  #watching: Promise<void> | undefined;
  #closed = false;

  /** @param onExpiry Told after some calls were given up. */
  constructor(readonly clock: BusClock, readonly onExpiry: () => void) {}

  add(call: { readonly deadlineMs: number; giveUp(why: string): void }): void {
    if (this.#closed || call.deadlineMs === Infinity) return;
    this.#waiting.add(call);
    if (call.deadlineMs >= this.#wakesAtMs) return;
    this.#wakesAtMs = call.deadlineMs;
    this.#sleep.abort();
    if (this.#watching !== undefined) return;
    // Not within the call: a deadline that has passed already would end the watch before it is known to be one.
    this.#watching = Promise.resolve().then(() => this.#watch());
  }

  remove(call: { readonly deadlineMs: number; giveUp(why: string): void }): void {
    this.#waiting.delete(call);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    this.#sleep.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    while (this.#waiting.size > 0 && !this.#closed) {
      this.#sleep = new AbortController();
      const leftMs = this.#wakesAtMs - this.clock.monotonic();
      if (leftMs > 0) await this.clock.sleep(leftMs, this.#sleep.signal);
      if (this.#closed || this.clock.monotonic() < this.#wakesAtMs) continue;
      this.#expire();
    }
    this.#wakesAtMs = Infinity;
    this.#watching = undefined;
  }

  #expire(): void {
    const nowMs = this.clock.monotonic();
    let nextMs = Infinity;
    for (const call of this.#waiting) {
      if (call.deadlineMs > nowMs) {
        nextMs = Math.min(nextMs, call.deadlineMs);
        continue;
      }
      this.#waiting.delete(call);
      call.giveUp("its time ran out");
    }
    this.#wakesAtMs = nextMs;
    this.onExpiry();
  }
}
