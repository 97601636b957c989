import { type BusClock, LogDamaged, type LogReader } from "./log_store.ts";
import { type Batch, CONSUME_RETRY, type ConsumeTrouble, OffsetOutOfRange } from "./port.ts";
import type { Topic } from "./topics.ts";
import { nextTurn } from "./turn.ts";
import type { Wakeups } from "./wakeups.ts";

/**
 * Most bytes of one batch (a larger record comes alone): with one batch per partition in hand this bounds what
 * a reader costs, whatever its batchMax.
 */
export const BATCH_MAX_BYTES = 1024 * 1024;

/** One partition on its way to one handler. */
export interface Delivery {
  readonly topic: Topic;
  readonly partition: number;
  readonly reader: LogReader;
  readonly wakeups: Wakeups;
  readonly clock: BusClock;
  readonly batchMax: number;
  /** Ends the delivery after the batch in hand. */
  readonly signal: AbortSignal;
  readonly handle: (batch: Batch, signal: AbortSignal) => Promise<void>;
  /** Told after each batch where the next one begins. */
  readonly handled: (next: number) => void;
  readonly trouble: Troubles;
}

/**
 * Hands the partition's batches over, one after another, from `offset` on, until the signal aborts. A batch that
 * was refused comes again, the very same; a position outside the log stops the partition where it is.
 */
export async function deliver(d: Delivery, offset: number): Promise<void> {
  const { topic, partition, signal } = d;
  while (!signal.aborted) {
    const seen = d.wakeups.seen(topic.name, partition);
    const messages = await retrying(
      d,
      "bus-away",
      offset,
      () => d.reader.read(offset, d.batchMax, BATCH_MAX_BYTES),
    );
    if (messages === undefined) return;
    const last = messages.at(-1);
    if (last === undefined) {
      await d.wakeups.wait(topic.name, partition, seen, signal);
      continue;
    }
    const batch = { partition, messages };
    const done = await retrying(d, "handler-threw", messages[0]!.offset, async () => {
      await d.handle(batch, signal);
      return true;
    });
    if (!done) return;
    offset = last.offset + 1;
    d.handled(offset);
    // A long backlog and a quick handler would otherwise keep sockets and timers waiting until its end.
    await nextTurn();
  }
}

/** What retrying needs to know of the work. */
type Retried = Pick<Delivery, "partition" | "clock" | "signal" | "trouble">;

/**
 * Does `work` until it succeeds, with CONSUME_RETRY between the tries, telling each failure. Undefined when the
 * signal aborted first, or when a fault stopped the partition until then.
 */
export async function retrying<T>(
  d: Retried,
  kind: "handler-threw" | "bus-away",
  offset: number | undefined,
  work: () => Promise<T>,
): Promise<T | undefined> {
  let waitMs: number = CONSUME_RETRY.firstMs;
  for (let tries = 0;; tries += 1) {
    try {
      const result = await work();
      if (tries > 0) d.trouble.tell({ kind: "recovered", partition: d.partition, offset });
      return result;
    } catch (thrown) {
      // Whoever was told to stop may end by throwing: that is no trouble, and the batch comes again.
      if (d.signal.aborted) return undefined;
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      if (kind === "bus-away" && isFault(error)) {
        d.trouble.tell({ kind: "fault", partition: d.partition, offset, error });
        await stopped(d.signal);
        return undefined;
      }
      d.trouble.tell({ kind, partition: d.partition, offset, error });
      await d.clock.sleep(waitMs, d.signal);
      if (d.signal.aborted) return undefined;
      waitMs = Math.min(waitMs * 2, CONSUME_RETRY.lastMs);
    }
  }
}

/** Faults do not pass by waiting: the log lacks what is asked for, or cannot be read. */
function isFault(error: Error): boolean {
  return error instanceof OffsetOutOfRange || error instanceof LogDamaged;
}

export function stopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
}

/** Carries troubles to the reader's own listener; one that throws must not stop the reading. */
export class Troubles {
  constructor(
    readonly topic: string,
    readonly group: string,
    readonly listener: ((trouble: ConsumeTrouble) => void) | undefined,
  ) {}

  tell(trouble: Omit<ConsumeTrouble, "topic" | "group">): void {
    try {
      this.listener?.({ ...trouble, topic: this.topic, group: this.group });
    } catch {
      // Nobody is left to tell.
    }
  }
}
