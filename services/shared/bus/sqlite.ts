import { LogBus } from "./log_bus.ts";
import type { BusClock, LogReader, LogStore, OnGrowth, PlacedRecord } from "./log_store.ts";
import { type BusOptions, SHARE_PARTITIONS } from "./options.ts";
import type { Bus, Ends, Placement } from "./port.ts";
import { keepFrom, RETENTION_EVERY_MS } from "./retention.ts";
import { encodeSegments } from "./sqlite_append.ts";
import { isLocked } from "./sqlite_errors.ts";
import { LogFile } from "./sqlite_file.ts";
import { endsOf, offsetAt, SqliteReader } from "./sqlite_reader.ts";
import { SqliteWriter } from "./sqlite_writer.ts";
import type { Topic } from "./topics.ts";
import { realPause } from "./turn.ts";

/** How soon readers see what another process appends (an operator's note, by `deno task topics`). */
export const POLL_MS = 250;
/** How often a file that another process holds locked is tried, and the pause between: some five seconds. */
const LOCKED = { tries: 25, pauseMs: 100 } as const;
/** Chunks that one look at a partition's age lets go: a few milliseconds' work. What is left goes with the next append. */
const DROP_MAX_CHUNKS = 64;

/**
 * The bus on a file of this machine: SQLite in WAL mode, synced at every commit. Several processes may read it and
 * append to it; a group must be consumed by one process only.
 *
 * @throws {BusNotOpened} Saying in a sentence why not.
 */
export async function openSqliteBus(path: string, options: BusOptions): Promise<Bus> {
  const file = await openPatiently(path, options);
  return new LogBus(
    options.clock,
    (grew, anyMayHaveGrown) => new SqliteLog(file, options.clock, grew, anyMayHaveGrown),
  );
}

/** Processes that start together find the file locked while one of them makes it. */
async function openPatiently(path: string, { sharePartitions, signal }: BusOptions) {
  const patience = signal ?? new AbortController().signal;
  for (let left: number = LOCKED.tries;; left -= 1) {
    try {
      return LogFile.open(path, {
        ...(sharePartitions === undefined ? {} : { asked: sharePartitions }),
        fallback: SHARE_PARTITIONS,
      });
    } catch (error) {
      if (left <= 1 || !isLocked((error as Error).cause)) throw error;
    }
    await realPause(LOCKED.pauseMs, patience);
    patience.throwIfAborted();
  }
}

export class SqliteLog implements LogStore {
  readonly name: string;
  readonly id: string;
  readonly #file: LogFile;
  readonly #clock: BusClock;
  readonly #writer: SqliteWriter;
  readonly #closing = new AbortController();
  readonly #watching: Promise<void>;
  /** When the age of each topic's records was looked at, and nothing was left to let go. */
  readonly #retainedAtMs = new Map<string, number>();

  constructor(file: LogFile, clock: BusClock, grew: OnGrowth, anyMayHaveGrown: () => void) {
    this.name = `sqlite:${file.path}`;
    this.id = file.id;
    this.#file = file;
    this.#clock = clock;
    this.#writer = new SqliteWriter(file, clock, grew);
    this.#watching = this.#watch(anyMayHaveGrown);
  }

  partitions(topic: Topic): number {
    return this.#file.tables(topic).length;
  }

  async append(
    topic: Topic,
    records: readonly PlacedRecord[],
    deadlineMs: number,
  ): Promise<Placement[]> {
    // Up to the await this runs inside the caller's call: order and bytes are taken now.
    const segments = encodeSegments(topic, this.#file.tables(topic), records);
    const placements = await this.#writer.append(
      topic.name,
      segments,
      records.length,
      deadlineMs,
    );
    this.#retain(topic);
    return placements;
  }

  reader(topic: Topic, partition: number): LogReader {
    return new SqliteReader(this.#table(topic, partition), topic.maxBytes);
  }

  ends(topic: Topic, partition: number): Ends {
    return endsOf(this.#table(topic, partition));
  }

  offsetAt(topic: Topic, partition: number, ms: number): number {
    return offsetAt(this.#table(topic, partition), ms);
  }

  position(topic: Topic, group: string, partition: number): number | null {
    return this.#file.position(topic.name, group, partition);
  }

  setPosition(topic: Topic, group: string, partition: number, offset: number): Promise<void> {
    return this.#writer.setPosition(topic.name, group, partition, offset);
  }

  settle(): Promise<void> {
    return this.#writer.settle();
  }

  groups(topic: Topic): string[] {
    return [...this.#file.positions(topic.name).keys()];
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#watching;
    await this.#writer.close();
    this.#file.close();
  }

  #table(topic: Topic, partition: number) {
    return this.#file.tables(topic)[partition]!;
  }

  /** Wakes readers when another process has appended. */
  async #watch(anyMayHaveGrown: () => void): Promise<void> {
    const { signal } = this.#closing;
    let seen = this.#file.dataVersion();
    while (!signal.aborted) {
      await realPause(POLL_MS, signal);
      if (signal.aborted) return;
      try {
        const now = this.#file.dataVersion();
        if (now !== seen) anyMayHaveGrown();
        seen = now;
      } catch {
        // A file that cannot be read now is told of by whoever reads it; this looks again.
      }
    }
  }

  #retain(topic: Topic): void {
    const nowMs = this.#clock.now();
    const lastMs = this.#retainedAtMs.get(topic.name);
    if (lastMs !== undefined && Math.abs(nowMs - lastMs) < RETENTION_EVERY_MS) return;
    if (this.#closing.signal.aborted) return;
    try {
      let left = false;
      this.#file.transaction(() => {
        const groups = [...this.#file.positions(topic.name).values()];
        for (const table of this.#file.tables(topic)) {
          const youngFrom = offsetAt(table, nowMs - topic.retentionMs);
          const positions = groups.map((own) => own.get(table.number) ?? null);
          const below = keepFrom(youngFrom, endsOf(table).next, positions);
          left = table.drop(below, DROP_MAX_CHUNKS) === DROP_MAX_CHUNKS || left;
        }
      });
      if (!left) this.#retainedAtMs.set(topic.name, nowMs);
    } catch {
      // Nothing was let go; the next append tries again, and tells if the file is the trouble.
    }
  }
}
