import type { BusClock } from "./log_store.ts";
import { CONSUME_RETRY } from "./port.ts";
import type { Troubles } from "./delivery.ts";

/**
 * Writes one group's position of one partition behind the reader's back: the reader goes on while an older
 * position is on its way, and a position that cannot be written is tried again with the newest. Late is safe:
 * a crash shows more batches again, never fewer.
 */
export class PositionKeeper {
  #wanted: number | undefined;
  #written: number | undefined;
  #writing: Promise<void> | undefined;

  constructor(
    readonly on: { partition: number; clock: BusClock; signal: AbortSignal; trouble: Troubles },
    readonly write: (next: number) => Promise<void>,
  ) {}

  moveTo(next: number): void {
    this.#wanted = next;
    this.#writing ??= this.#writeAll().finally(() => this.#writing = undefined);
  }

  /** Waits for the last position, tries once more what failed, and then lets it be. */
  async end(settle: () => Promise<void>): Promise<void> {
    if (this.#writing === undefined) return;
    // A failure was told by the writing itself.
    await settle().catch(() => {});
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    const { partition, clock, signal, trouble } = this.on;
    let waitMs: number = CONSUME_RETRY.firstMs;
    for (let failed = false; this.#wanted !== this.#written;) {
      const next = this.#wanted!;
      try {
        await this.write(next);
        this.#written = next;
        if (failed) trouble.tell({ kind: "recovered", partition, offset: next });
        failed = false;
      } catch (thrown) {
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        trouble.tell({ kind: "bus-away", partition, offset: next, error });
        if (signal.aborted) return;
        failed = true;
        await clock.sleep(waitMs, signal);
        waitMs = Math.min(waitMs * 2, CONSUME_RETRY.lastMs);
      }
    }
  }
}
