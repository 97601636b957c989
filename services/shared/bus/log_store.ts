/**
 * What an embedded log must do for log_bus.ts to make a bus of it. Kept inside this room: adapters for real
 * brokers implement port.ts themselves.
 *
 * @module
 */
import type { Ends, Message, Placement } from "./port.ts";
import type { Topic } from "./topics.ts";

/** Time as the bus needs it: runtime's Clock has this shape. */
export interface BusClock {
  /** Milliseconds since the Unix epoch: stamps records. */
  now(): number;
  /** Milliseconds since some start: measures deadlines. */
  monotonic(): number;
  /** Resolves after `ms`, or early, without throwing, when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A record that has been checked and knows its partition. */
export interface PlacedRecord {
  readonly partition: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Told of every partition that has grown, once per append. */
export type OnGrowth = (topic: string, partition: number) => void;

export interface LogStore {
  /** See Bus.name. */
  readonly name: string;
  /** See Bus.logId. */
  readonly id: string;
  /** Partition count of a topic; makes an unknown topic known. */
  partitions(topic: Topic): number;
  /**
   * Bus.publish, after its checks. The order of calls is the order in the log; bytes are copied before this
   * returns.
   */
  append(topic: Topic, records: readonly PlacedRecord[], deadlineMs: number): Promise<Placement[]>;
  reader(topic: Topic, partition: number): LogReader;
  ends(topic: Topic, partition: number): Ends;
  offsetAt(topic: Topic, partition: number, ms: number): number;
  position(topic: Topic, group: string, partition: number): number | null;
  /**
   * Moves a group's position; resolves when that is durable, which may be put off until the next append or
   * `settle()`.
   */
  setPosition(topic: Topic, group: string, partition: number, offset: number): Promise<void>;
  /** Makes every position given so far durable. */
  settle(): Promise<void>;
  groups(topic: Topic): string[];
  /** Writes what is still waiting, refuses what cannot be written, and lets go of everything. */
  close(): Promise<void>;
}

/** Reads one partition. Remembers where it was, so that reading on is cheap. */
export interface LogReader {
  /**
   * The records from `from` on: at most `maxMessages`, and no more than `maxBytes` of keys and values unless
   * the first alone is larger. Empty at the end of the log.
   *
   * @throws {OffsetOutOfRange} `from` is below the earliest record or above the end.
   * @throws {LogDamaged} The bytes on disk cannot be read as records.
   */
  read(from: number, maxMessages: number, maxBytes: number): Promise<Message[]>;
}

/** Stored records cannot be decoded: the partition stops until somebody acts. */
export class LogDamaged extends Error {
  override name = "LogDamaged";
}
