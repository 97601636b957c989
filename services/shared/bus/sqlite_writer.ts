import { setImmediate } from "node:timers";
import type { BusClock, OnGrowth } from "./log_store.ts";
import { NotWritten, OutcomeUnknown, type Placement } from "./port.ts";
import { type Append, gatherChunks, insertChunk, type Segment } from "./sqlite_append.ts";
import { commitLeftNothing, reasonOf } from "./sqlite_errors.ts";
import type { LogFile } from "./sqlite_file.ts";
import { nextTurn, realPause } from "./turn.ts";

/** Most bytes in one transaction: what a disk of 100 MB/s takes within a fifth of a second. */
const TRANSACTION_MAX_BYTES = 16 * 1024 * 1024;
/**
 * Most bytes that wait for a disk which does not take them: half a minute of a very busy pool. Beyond it a publish
 * is refused at once.
 */
export const WAITING_MAX_BYTES = 64 * 1024 * 1024;
/** Pause after a transaction that failed: long enough for another process to let go of its lock. */
const RETRY_MS = 50;
/**
 * Pause between two transactions, in which publishes gather, unless GATHER_MAX_BYTES are waiting. However little a
 * transaction holds, it costs a sync and a page for each partition it touches; whoever publishes after a pause does
 * not wait.
 */
const GATHER_MS = 2;
/** Some fifty shares: with as many, a transaction's own costs are no longer what counts. */
const GATHER_MAX_BYTES = 16 * 1024;
/**
 * Positions ride with the next append. Where none comes they are written after this: a crash repeats what a group
 * did in that time, and a sync per batch is saved.
 */
export const POSITION_LINGER_MS = 50;

interface Position {
  readonly topic: string;
  readonly group: string;
  readonly partition: number;
  readonly next: number;
}

/**
 * Group commit: everything that is published in one turn of the event loop becomes durable in one transaction at
 * the turn's end. A transaction that fails is tried again, in order, until the deadline of each publish in it.
 */
export class SqliteWriter {
  readonly #file: LogFile;
  readonly #clock: BusClock;
  readonly #grew: OnGrowth;
  #queue: Append[] = [];
  #waitingBytes = 0;
  #positions = new Map<string, Position>();
  #positionsWritten: PromiseWithResolvers<void> | undefined;
  #scheduled = false;
  /** Something is to be written as soon as the pause between two transactions is over. */
  #isWanted = false;
  #gathering: Promise<void> | undefined;
  /** Aborts the pauses between and after transactions, and the wait of positions for company. */
  readonly #closing = new AbortController();
  #retrying: Promise<void> | undefined;
  #lingering: Promise<void> | undefined;
  /** Why the last transaction failed; undefined when it did not. */
  #failure: unknown;

  constructor(file: LogFile, clock: BusClock, grew: OnGrowth) {
    this.#file = file;
    this.#clock = clock;
    this.#grew = grew;
  }

  append(
    topic: string,
    segments: readonly Segment[],
    records: number,
    deadlineMs: number,
  ): Promise<Placement[]> {
    const bytes = segments.reduce((sum, segment) => sum + segment.bytes.length, 0);
    if (this.#queue.length > 0 && this.#waitingBytes + bytes > WAITING_MAX_BYTES) {
      const why = this.#failure === undefined
        ? "more is waiting than the disk takes"
        : reasonOf(this.#failure);
      return Promise.reject(new NotWritten(`${this.#cannotWrite(topic)}: ${why}`));
    }
    this.#waitingBytes += bytes;
    this.#schedule();
    return new Promise((resolve, reject) => {
      this.#queue.push({
        topic,
        segments,
        bytes,
        deadlineMs: this.#clock.monotonic() + deadlineMs,
        placements: new Array<Placement>(records),
        resolve,
        reject,
        inDoubt: false,
      });
    });
  }

  setPosition(topic: string, group: string, partition: number, next: number): Promise<void> {
    this.#positions.set(`${topic}\n${group}\n${partition}`, { topic, group, partition, next });
    this.#positionsWritten ??= Promise.withResolvers();
    this.#linger();
    return this.#positionsWritten.promise;
  }

  /** Writes at the end of this turn what is waiting; resolves when every position given so far is durable. */
  settle(): Promise<void> {
    if (this.#positionsWritten === undefined) return Promise.resolve();
    this.#schedule();
    return this.#positionsWritten.promise;
  }

  /** One last try for what waits; what cannot be written is refused. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#retrying;
    await this.#lingering;
    await this.#gathering;
    // What was to be written at this turn's end is; nothing of ours is left for a later one.
    if (this.#scheduled) await nextTurn();
    while (this.#hasWork() && this.#write());
    this.#expire(Infinity, "the bus is closing");
  }

  #hasWork(): boolean {
    return this.#queue.length > 0 || this.#positions.size > 0;
  }

  #schedule(): void {
    if (this.#scheduled || this.#retrying) return;
    if (this.#gathering && this.#waitingBytes < GATHER_MAX_BYTES) {
      this.#isWanted = true;
      return;
    }
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#retrying || !this.#hasWork()) return;
      this.#isWanted = false;
      if (!this.#write()) return this.#retryLater();
      this.#gather();
      if (this.#queue.length > 0) this.#schedule();
    });
  }

  #gather(): void {
    this.#gathering ??= realPause(GATHER_MS, this.#closing.signal).then(() => {
      this.#gathering = undefined;
      if (this.#isWanted && !this.#closing.signal.aborted) this.#schedule();
    });
  }

  #linger(): void {
    if (this.#scheduled || this.#retrying || this.#lingering) return;
    this.#lingering = realPause(POSITION_LINGER_MS, this.#closing.signal).then(() => {
      this.#lingering = undefined;
      if (this.#positions.size > 0 && !this.#closing.signal.aborted) this.#schedule();
    });
  }

  #retryLater(): void {
    this.#expire(this.#clock.monotonic(), undefined);
    if (!this.#hasWork()) return;
    const untilMs = Math.min(...this.#queue.map((append) => append.deadlineMs));
    const waitMs = Math.min(RETRY_MS, Math.max(1, untilMs - this.#clock.monotonic()));
    this.#retrying = this.#clock.sleep(waitMs, this.#closing.signal).then(() => {
      this.#retrying = undefined;
      if (!this.#closing.signal.aborted) this.#schedule();
    });
  }

  /** One transaction with the head of the queue and all positions; false when it failed. */
  #write(): boolean {
    const appends = this.#head();
    const positions = this.#positions, written = this.#positionsWritten;
    const chunks = gatherChunks(appends);
    let committing = false;
    try {
      this.#file.begin();
      const nowMs = this.#clock.now();
      for (const chunk of chunks) insertChunk(chunk, nowMs);
      for (const { topic, group, partition, next } of positions.values()) {
        this.#file.setPosition(topic, group, partition, next);
      }
      committing = true;
      this.#file.commit();
    } catch (error) {
      this.#file.rollback();
      this.#failure = error;
      if (committing && !commitLeftNothing(error)) {
        for (const append of appends) append.inDoubt = true;
      }
      // Whoever keeps a position gives it again, newer.
      this.#positions = new Map();
      this.#positionsWritten = undefined;
      written?.reject(
        new NotWritten(
          `Cannot write positions to the log at ${this.#file.path}: ${reasonOf(error)}`,
          {
            cause: error,
          },
        ),
      );
      return false;
    }
    this.#failure = undefined;
    this.#positions = new Map();
    this.#positionsWritten = undefined;
    this.#queue = this.#queue.slice(appends.length);
    for (const append of appends) {
      this.#waitingBytes -= append.bytes;
      append.resolve(append.placements);
    }
    written?.resolve();
    for (const { table } of chunks) this.#grew(table.topic, table.number);
    return true;
  }

  /** The appends that go into the next transaction: the first whatever its size. */
  #head(): Append[] {
    let bytes = 0, count = 0;
    for (const append of this.#queue) {
      bytes += append.bytes;
      if (count > 0 && bytes > TRANSACTION_MAX_BYTES) break;
      count += 1;
    }
    return this.#queue.slice(0, count);
  }

  /** Refuses what has waited to its deadline. */
  #expire(nowMs: number, why: string | undefined): void {
    const reason = why ?? reasonOf(this.#failure);
    const expired = this.#queue.filter((append) => append.deadlineMs <= nowMs);
    if (expired.length === 0) return;
    this.#queue = this.#queue.filter((append) => append.deadlineMs > nowMs);
    for (const { topic, inDoubt, bytes, reject } of expired) {
      this.#waitingBytes -= bytes;
      const cause = { cause: this.#failure };
      reject(
        inDoubt
          ? new OutcomeUnknown(
            `Cannot tell whether ${topic} was written to the log at ${this.#file.path}: ${reason}`,
            cause,
          )
          : new NotWritten(`${this.#cannotWrite(topic)}: ${reason}`, cause),
      );
    }
  }

  #cannotWrite(topic: string): string {
    return `Cannot write ${topic} to the log at ${this.#file.path}`;
  }
}
