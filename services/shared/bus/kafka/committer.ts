import { realPause } from "../turn.ts";

/**
 * Positions wait this long for others to be written with them: the brokers keep each in a log of its own, and a crash
 * in between only shows some batches again.
 */
const GATHER_MS = 50;

/** A group's positions on their way to the brokers: gathered over partitions and batches, written one request at a time. */
export class Committer {
  readonly #waiting = new Map<number, number>();
  #flushing: Promise<void> | undefined;
  #hurry = new AbortController();

  /** `write` makes the positions (offset of the next message, by partition) durable. */
  constructor(readonly write: (positions: ReadonlyMap<number, number>) => Promise<void>) {}

  /** Resolves when this position, or a newer one of the partition, is durable. */
  set(partition: number, next: number): Promise<void> {
    this.#waiting.set(partition, next);
    return this.#flushing ??= this.#flush();
  }

  /** Writes what waits at once. */
  async settle(): Promise<void> {
    this.#hurry.abort();
    if (this.#waiting.size > 0) await (this.#flushing ??= this.#flush());
  }

  async #flush(): Promise<void> {
    await realPause(GATHER_MS, this.#hurry.signal);
    this.#hurry = new AbortController();
    // Whatever is set while a request is out rides in the one after it: with brokers that are away each takes its time.
    await this.#before;
    const positions = new Map(this.#waiting);
    this.#waiting.clear();
    this.#flushing = undefined;
    const written = this.write(positions);
    this.#before = written.catch(() => {});
    await written;
  }

  #before: Promise<void> = Promise.resolve();
}
