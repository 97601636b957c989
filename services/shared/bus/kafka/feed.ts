import type { LogReader } from "../log_store.ts";
import type { Message } from "../port.ts";

/**
 * Bytes of one partition that are read ahead of its handler: the next batch is at hand when one is done, and a slow
 * handler costs its lag on the broker's disk, nothing more.
 */
export const READ_AHEAD_BYTES = 1024 * 1024;

/** What has been fetched of one partition and not handed over yet. */
export class Feed implements LogReader {
  #messages: Message[] = [];
  /** How many of `#messages` have been handed over. */
  #taken = 0;
  #bytes = 0;
  #fault: Error | undefined;
  #position: number;

  constructor(
    readonly partition: number,
    from: number,
    /** Told when there may be room again. */
    readonly onRoom: () => void,
  ) {
    this.#position = from;
  }

  /** The offset to fetch next. */
  get position(): number {
    return this.#position;
  }

  /** Whether more may be fetched. */
  get hasRoom(): boolean {
    return this.#fault === undefined && this.#bytes < READ_AHEAD_BYTES;
  }

  /** Whether enough waits for its handler. */
  get isFull(): boolean {
    return this.#fault === undefined && this.#bytes >= READ_AHEAD_BYTES;
  }

  /** Adds what was fetched from `position` on; `next` is where the next fetch begins. */
  put(messages: readonly Message[], next: number): void {
    for (const message of messages) {
      this.#messages.push(message);
      this.#bytes += size(message);
    }
    this.#position = next;
  }

  /** Whoever reads on is told this. */
  fail(fault: Error): void {
    this.#fault = fault;
  }

  read(_from: number, maxMessages: number, maxBytes: number): Promise<Message[]> {
    const first = this.#taken;
    let bytes = 0;
    while (this.#taken < this.#messages.length && this.#taken - first < maxMessages) {
      const more = size(this.#messages[this.#taken]!);
      if (bytes > 0 && bytes + more > maxBytes) break;
      bytes += more;
      this.#taken += 1;
    }
    const taken = this.#messages.slice(first, this.#taken);
    if (taken.length === 0 && this.#fault !== undefined) return Promise.reject(this.#fault);
    this.#bytes -= bytes;
    // Now and then, not at each reading: cutting off the head costs what is left.
    if (this.#taken * 2 >= this.#messages.length) {
      this.#messages = this.#messages.slice(this.#taken);
      this.#taken = 0;
    }
    this.onRoom();
    return Promise.resolve(taken);
  }
}

/** What a message is counted as: its bytes, and what the object around them costs. */
function size({ key, value }: Message): number {
  return key.length + value.length + 64;
}
