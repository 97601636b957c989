import type { Troubles } from "./delivery.ts";
import type { BusClock } from "./log_store.ts";
import { CONSUME_RETRY } from "./port.ts";

/**
 * Writes one group's position of one partition behind the reader's back: the reader goes on while its position is
 * on its way, and one that cannot be written is tried again, the newest each time. Late is safe: a crash shows
 * more batches again, never fewer.
 */
export class PositionKeeper {
  #newest = 0;
  #written: Promise<void> = Promise.resolve();
  #recovering: Promise<void> | undefined;

  constructor(
    readonly on: { partition: number; clock: BusClock; signal: AbortSignal; trouble: Troubles },
    /** Resolves when the position is durable, which the store may put off. */
    readonly write: (next: number) => Promise<void>,
    /** Makes what was put off durable now. */
    readonly settle: () => Promise<void>,
  ) {}

  moveTo(next: number): void {
    this.#newest = next;
    // While an older one is being tried again, that trying takes over the newest.
    if (this.#recovering) return;
    this.#written = this.write(next).catch((error) => {
      this.#recovering ??= this.#recover(error).finally(() => this.#recovering = undefined);
    });
  }

  /** Waits for the newest position; what fails is tried once more, and then let be. */
  async end(): Promise<void> {
    // Its failure reaches `written` too.
    this.settle().catch(() => {});
    await this.#written;
    await this.#recovering;
  }

  async #recover(error: unknown): Promise<void> {
    const { partition, clock, signal, trouble } = this.on;
    let waitMs: number = CONSUME_RETRY.firstMs;
    for (let written: number | undefined; written !== this.#newest;) {
      trouble.tell({ kind: "bus-away", partition, offset: this.#newest, error: asError(error) });
      const isLast = signal.aborted;
      await clock.sleep(waitMs, signal);
      waitMs = Math.min(waitMs * 2, CONSUME_RETRY.lastMs);
      try {
        // What is moved to meanwhile is written before this ends.
        while (written !== this.#newest) {
          const next = this.#newest;
          const done = this.write(next);
          await Promise.all([done, this.settle()]);
          written = next;
        }
        trouble.tell({ kind: "recovered", partition, offset: written });
      } catch (again) {
        if (isLast) return;
        error = again;
      }
    }
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
