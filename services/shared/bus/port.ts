/**
 * The road between services: an append-only log per topic, cut into partitions, kept in order within
 * each. What is said here holds for every adapter; contract.ts says it again as tests.
 *
 * @module
 */
import type { Topic } from "./topics.ts";

/** A record to append. Exactly one of `key` and `partition` decides where it goes. */
export interface OutRecord {
  readonly value: Uint8Array;
  /** Records with equal keys land in one partition, in the order given. */
  readonly key?: Uint8Array;
  /** Names the partition; `key` is then only carried along. */
  readonly partition?: number;
}

/** Where a record stands once it is durable. */
export interface Placement {
  readonly partition: number;
  readonly offset: number;
  /** Log-append time, milliseconds since the Unix epoch, stamped by the bus (never by the caller). */
  readonly loggedAtMs: number;
}

/** A record as a reader gets it. `value` and `key` belong to the reader. */
export interface Message extends Placement {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Messages of one partition, offsets rising (gaps only where retention or compaction took records). Never empty. */
export interface Batch {
  readonly partition: number;
  readonly messages: readonly Message[];
}

/** A partition as it stands now. Empty when `earliest === next`. */
export interface Ends {
  readonly partition: number;
  /** Lowest offset that can still be read. */
  readonly earliest: number;
  /** Offset that the next record will get. */
  readonly next: number;
}

export interface ConsumeOptions {
  /**
   * Members of one group share a topic's partitions; each group sees every message. A group is for one topic (on Kafka
   * one that read two would hand partitions of one to readers of the other): a second one is refused with a RangeError.
   */
  readonly group: string;
  /** Most messages in one batch. */
  readonly batchMax: number;
  /** Ends the consumption after the batches in hand; `consume` then resolves. */
  readonly signal: AbortSignal;
  /**
   * Called when this member is given a partition, before its first batch. The answer is where to read from:
   * an offset of the reader's own keeping, or undefined for the group's committed position (a group without
   * one starts at the earliest record). A throw is retried like a throwing handler. `signal` aborts when the
   * partition is taken away again.
   */
  readonly assigned?: (partition: number, signal: AbortSignal) => Promise<number | undefined>;
  /**
   * Called after the last batch of a partition that this member loses (also by its own end), when the group's
   * position is written and before another member gets the partition. Only for partitions whose `assigned` is
   * done. A throw is told and otherwise ignored.
   */
  readonly revoked?: (partition: number) => Promise<void>;
  /**
   * Keeps the group's position back: it is never written past what this answers, for a reader that has to be shown
   * again what it still holds unwritten. Asked after each batch and when the partition is given up (before `revoked`);
   * undefined: the position follows the batches. An answer above the offset of the next message changes nothing; a
   * lower one than before takes the position back. Only what is written is held back, never the reading. After a throw
   * the position stays where it was, and `onTrouble` is told.
   */
  readonly keepFrom?: (partition: number) => number | undefined;
  /** Told of everything that goes wrong while consuming, and of its end. */
  readonly onTrouble?: (trouble: ConsumeTrouble) => void;
}

/** What a reader's status shows. `fault` stops the partition until somebody acts; others go on. */
export interface ConsumeTrouble {
  readonly kind: "handler-threw" | "bus-away" | "fault" | "recovered";
  readonly topic: string;
  readonly group: string;
  /** Absent where the trouble is the whole consumer's. */
  readonly partition?: number;
  readonly offset?: number;
  readonly error?: Error;
}

/** Where a broadcast reader begins, per partition. */
export type From =
  | { readonly kind: "earliest" }
  /** Only what is appended from now on. */
  | { readonly kind: "end" }
  /** The first record logged at or after this time. */
  | { readonly kind: "time"; readonly ms: number }
  | { readonly kind: "offsets"; readonly offsets: readonly number[] };

export interface FollowOptions {
  readonly from: From;
  readonly batchMax: number;
  readonly signal: AbortSignal;
  /**
   * Called once per partition when everything that stood in it at the time of the call has been handled
   * (at once where that is nothing), never for one that a fault stopped: a reader that must know the past before
   * it works waits for this.
   */
  readonly caughtUp?: (partition: number) => void;
  readonly onTrouble?: (trouble: ConsumeTrouble) => void;
}

/**
 * At least once, in order per partition. A reader can be shown a message again (a crash between work and
 * bookkeeping) and must not care. Closing the bus ends every reader after the batch in hand and writes what was
 * published; whatever is asked afterwards is refused.
 */
export interface Bus extends AsyncDisposable {
  /** For people and logs: adapter and place, never credentials. */
  readonly name: string;

  /**
   * The log's own identity: the same for the life of the log, another after the log was made again.
   * Offsets mean something only together with it.
   */
  logId(): Promise<string>;

  /** Partition count of a topic as it stands on the bus. */
  partitions(topic: Topic): Promise<number>;

  /** The partition of a key: the same on every adapter and in every process (see partition.ts). */
  partitionOf(topic: Topic, key: Uint8Array): Promise<number>;

  /**
   * Appends the records in the given order and resolves, in that order, with where each stands once the
   * crash of anything (process, machine, broker) can no longer lose them. One call is one batch: records of
   * one partition stay together and in order; calls made one after another (awaited or not) keep their order
   * within a partition. The bytes are copied before the promise is returned: buffers may be used again at once.
   *
   * @throws {NotWritten} Certainly nothing of this call was written. Safe to call again.
   * @throws {OutcomeUnknown} Some, all or none may have been written, now or a little later. Readers drop
   *   repeats, so calling again is safe for them; whoever answers a miner says "outcome unknown".
   * @throws {RangeError} A value over the topic's size, a key over KEY_MAX_BYTES, neither key nor partition, or a
   *   partition that the topic does not have. A mistake: nothing was written.
   */
  publish(
    topic: Topic,
    records: readonly OutRecord[],
    options?: PublishOptions,
  ): Promise<Placement[]>;

  /**
   * Hands a group's batches to `handle`, one batch at a time per partition, partitions side by side. The
   * group's position moves past a batch after `handle` has resolved, and is durable a moment later (with the next
   * append, or in some 50 ms): a crash before that shows the batch again, and perhaps a few after it.
   * When `handle` throws, the same batch comes again after a back-off (CONSUME_RETRY), for ever, and `onTrouble`
   * is told each time; other partitions are not held up. An offset out of range is a fault that stops that
   * partition: never a jump. Resolves when `signal` aborts and the batches in hand are done.
   * What is read ahead of a handler is bounded (some megabytes per partition at most): a slow group costs its lag
   * on disk, nothing else.
   *
   * The signal that `handle` gets aborts when the reading is to end or the partition goes to another member. A
   * handler that gives up because of it must throw: returning means that the batch is done. Such a throw is no
   * trouble, the batch comes again to whoever reads next. A handler that never ends holds up the end of
   * `consume`, and the closing of the bus.
   *
   * A group is registered on a partition a moment after a member begins to read it: from then on retention waits for
   * the group, also while nobody reads. On the embedded logs the members of a group share partitions inside one
   * process and one Bus; a second process must not consume in the same group.
   */
  consume(
    topic: Topic,
    options: ConsumeOptions,
    handle: (batch: Batch, signal: AbortSignal) => Promise<void>,
  ): Promise<void>;

  /**
   * Broadcast: this reader sees every message of every partition from `from` on, whatever others read, and
   * nothing is committed. Throwing handlers, signals and faults as in `consume`. Where `from` lies is decided before
   * `caughtUp` is first called: what is published after that is shown, whatever `from` says. Resolves when `signal` aborts. Retention does not
   * wait for broadcast readers: one that is overtaken by it stops with a fault.
   *
   * @throws {RangeError} Not as many offsets as the topic has partitions.
   */
  follow(
    topic: Topic,
    options: FollowOptions,
    handle: (batch: Batch, signal: AbortSignal) => Promise<void>,
  ): Promise<void>;

  /**
   * Reads one partition from an offset to its end, which is taken at the call or a moment later, then ends. Batches are of the adapter's own
   * size; nothing is read ahead of the caller.
   *
   * @throws {RangeError} The topic has no such partition.
   * @throws {OffsetOutOfRange} With the first batch asked for: `from` is below the earliest record or above the end.
   */
  read(topic: Topic, partition: number, from: number): AsyncIterable<Batch>;

  /**
   * The partition's last record, wherever it is; null when it has none that can still be read. The embedded logs
   * never let a partition's last record go; a real broker may.
   */
  last(topic: Topic, partition: number): Promise<Message | null>;

  /** Every partition, in order. */
  ends(topic: Topic): Promise<Ends[]>;

  /** The group's position (offset of the next message it wants) per partition; null where it has none. */
  committed(topic: Topic, group: string): Promise<(number | null)[]>;

  /** Groups that have a position on the topic. */
  groups(topic: Topic): Promise<string[]>;

  /** Per partition the offset of the first record logged at or after `ms`; the end where there is none. */
  offsetAt(topic: Topic, ms: number): Promise<number[]>;
}

export interface PublishOptions {
  /**
   * Longest wait for a bus that is away (unreachable, locked, its disk full); Infinity for blocks. The bus tries
   * again by itself until then. Default: PUBLISH_DEADLINE_MS.
   */
  readonly deadlineMs?: number;
}

/** OUTBOX_MAX_AGE (architecture, guarantee 1): how long an answer may wait for the bus. */
export const PUBLISH_DEADLINE_MS = 30_000;

/** Back-off of a throwing handler: doubles from the first to the last, then stays. */
export const CONSUME_RETRY = { firstMs: 100, lastMs: 10_000 } as const;

/** The bus did not take it, and certainly never will: nothing of the call was written. */
export class NotWritten extends Error {
  override name = "NotWritten";
}

/** The deadline passed or the connection broke after sending: nobody can say what was written. */
export class OutcomeUnknown extends Error {
  override name = "OutcomeUnknown";
}

/** A reader's position is not in the log: its head was taken, or the log was made again. Never skipped silently. */
export class OffsetOutOfRange extends Error {
  override name = "OffsetOutOfRange";
  constructor(
    readonly topic: string,
    readonly partition: number,
    readonly offset: number,
    readonly earliest: number,
    readonly next: number,
  ) {
    super(
      `Cannot read ${topic}/${partition} from offset ${offset}: the log holds ${earliest} to ${next}`,
    );
  }
}
