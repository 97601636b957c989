/**
 * The bus over an embedded log: what memory.ts and sqlite.ts share. Groups are shared out among the members
 * that consume through one LogBus; a second process that consumed in the same group would read everything again.
 *
 * @module
 */
import { follow } from "./follow.ts";
import { Group } from "./group.ts";
import { GroupTopics } from "./group_topics.ts";
import type { BusClock, LogStore, OnGrowth } from "./log_store.ts";
import { GroupMember, type MemberLog } from "./member.ts";
import { assertPartition, place } from "./placing.ts";
import {
  type Batch,
  type Bus,
  type ConsumeOptions,
  type Ends,
  type FollowOptions,
  type Message,
  NotWritten,
  OffsetOutOfRange,
  type OutRecord,
  type Placement,
  PUBLISH_DEADLINE_MS,
  type PublishOptions,
} from "./port.ts";
import { partitionOfKey } from "./partition.ts";
import { Readers } from "./readers.ts";
import type { Topic } from "./topics.ts";
import { Wakeups } from "./wakeups.ts";

/** Bounds of one batch of `read`, whose callers name none: a thousand shares are a few hundred kilobytes. */
const READ_MAX_MESSAGES = 1000;
const READ_MAX_BYTES = 1024 * 1024;

type Handle = (batch: Batch, signal: AbortSignal) => Promise<void>;

export class LogBus implements Bus {
  readonly #store: LogStore;
  readonly #clock: BusClock;
  readonly #wakeups = new Wakeups();
  readonly #groups = new Map<string, Group>();
  readonly #readers = new Readers();
  readonly #groupTopics = new GroupTopics();
  #closed: Promise<void> | undefined;

  /** `open` makes the store; it is given what to call when a partition grows, or when any may have. */
  constructor(clock: BusClock, open: (grew: OnGrowth, anyMayHaveGrown: () => void) => LogStore) {
    this.#clock = clock;
    this.#store = open(
      (topic, partition) => this.#wakeups.grew(topic, partition),
      () => this.#wakeups.allMayHaveGrown(),
    );
  }

  get name(): string {
    return this.#store.name;
  }

  logId(): Promise<string> {
    return this.#ask(() => this.#store.id);
  }

  partitions(topic: Topic): Promise<number> {
    return this.#ask(() => this.#store.partitions(topic));
  }

  partitionOf(topic: Topic, key: Uint8Array): Promise<number> {
    return this.#ask(() => partitionOfKey(key, this.#store.partitions(topic)));
  }

  publish(
    topic: Topic,
    records: readonly OutRecord[],
    options: PublishOptions = {},
  ): Promise<Placement[]> {
    // Not an async function: the store must see calls in the order in which they were made.
    if (this.#closed) {
      return Promise.reject(new NotWritten(`Cannot publish to ${topic.name}: the bus is closed`));
    }
    try {
      const placed = place(topic, this.#store.partitions(topic), records);
      if (placed.length === 0) return Promise.resolve([]);
      return this.#store.append(topic, placed, options.deadlineMs ?? PUBLISH_DEADLINE_MS);
    } catch (error) {
      return Promise.reject(
        error instanceof RangeError ? error : new NotWritten(
          `Cannot publish to ${topic.name}: ${(error as Error).message}`,
          { cause: error },
        ),
      );
    }
  }

  consume(topic: Topic, options: ConsumeOptions, handle: Handle): Promise<void> {
    return this.#readers.run(options, async (signal) => {
      using _ = this.#groupTopics.join(options.group, topic.name);
      const key = `${topic.name}\n${options.group}`;
      let group = this.#groups.get(key);
      if (!group) this.#groups.set(key, group = new Group(this.#store.partitions(topic)));
      const parts = {
        log: this.#memberLog(topic, options.group),
        wakeups: this.#wakeups,
        clock: this.#clock,
      };
      const member = new GroupMember(parts, topic, options, handle);
      group.join(member);
      await aborted(signal);
      await group.leave(member);
      // Not another one of the same name, made since this one emptied.
      if (group.isEmpty && this.#groups.get(key) === group) this.#groups.delete(key);
    });
  }

  follow(topic: Topic, options: FollowOptions, handle: Handle): Promise<void> {
    return this.#readers.run(options, (signal) => {
      const parts = { store: this.#store, wakeups: this.#wakeups, clock: this.#clock };
      return follow(parts, topic, options, signal, handle);
    });
  }

  read(topic: Topic, partition: number, from: number): AsyncIterable<Batch> {
    this.#assertOpen();
    const store = this.#store;
    assertPartition(topic, store.partitions(topic), partition);
    // The end is taken now, not when the caller comes round to the first batch.
    const { earliest, next: end } = store.ends(topic, partition);
    return (async function* () {
      if (from < earliest || from > end) {
        throw new OffsetOutOfRange(topic.name, partition, from, earliest, end);
      }
      const reader = store.reader(topic, partition);
      for (let offset = from; offset < end;) {
        const most = Math.min(READ_MAX_MESSAGES, end - offset);
        const messages = await reader.read(offset, most, READ_MAX_BYTES);
        const within = messages.filter((message) => message.offset < end);
        const last = within.at(-1);
        if (last === undefined) return;
        yield { partition, messages: within };
        offset = last.offset + 1;
      }
    })();
  }

  last(topic: Topic, partition: number): Promise<Message | null> {
    return this.#ask(async () => {
      assertPartition(topic, this.#store.partitions(topic), partition);
      const { earliest, next } = this.#store.ends(topic, partition);
      if (earliest === next) return null;
      const [message] = await this.#store.reader(topic, partition).read(
        next - 1,
        1,
        READ_MAX_BYTES,
      );
      return message ?? null;
    });
  }

  ends(topic: Topic): Promise<Ends[]> {
    return this.#ask(() => this.#each(topic, (partition) => this.#store.ends(topic, partition)));
  }

  committed(topic: Topic, group: string): Promise<(number | null)[]> {
    return this.#ask(async () => {
      await this.#store.settle();
      return this.#each(topic, (partition) => this.#store.position(topic, group, partition));
    });
  }

  groups(topic: Topic): Promise<string[]> {
    return this.#ask(async () => {
      await this.#store.settle();
      return this.#store.groups(topic);
    });
  }

  offsetAt(topic: Topic, ms: number): Promise<number[]> {
    return this.#ask(() =>
      this.#each(topic, (partition) => this.#store.offsetAt(topic, partition, ms))
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= (async () => {
      await this.#readers.close();
      await this.#store.close();
    })();
    return this.#closed;
  }

  #memberLog(topic: Topic, group: string): MemberLog {
    const store = this.#store;
    return {
      position: (partition) => Promise.resolve(store.position(topic, group, partition)),
      earliest: (partition) => Promise.resolve(store.ends(topic, partition).earliest),
      setPosition: (partition, next) => store.setPosition(topic, group, partition, next),
      settle: () => store.settle(),
      open: (partition) => store.reader(topic, partition),
      close: () => {},
    };
  }

  #each<T>(topic: Topic, ask: (partition: number) => T): T[] {
    return Array.from({ length: this.#store.partitions(topic) }, (_, partition) => ask(partition));
  }

  /** Answers by promise, also where the answer or the refusal is at hand. */
  async #ask<T>(answer: () => T | Promise<T>): Promise<T> {
    this.#assertOpen();
    return await answer();
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error("The bus is closed");
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
}
