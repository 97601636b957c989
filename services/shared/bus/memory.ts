import { LogBus } from "./log_bus.ts";
import type { BusClock, LogReader, LogStore, OnGrowth, PlacedRecord } from "./log_store.ts";
import { type Bus, type Ends, type Message, OffsetOutOfRange, type Placement } from "./port.ts";
import { keepFrom, RETENTION_EVERY_MS } from "./retention.ts";
import type { Topic } from "./topics.ts";

/** The bus inside one process, for tests: nothing outlives it. */
export function openMemoryBus(clock: BusClock, sharePartitions: number): Bus {
  return new LogBus(clock, (grew) => new MemoryLog(clock, sharePartitions, grew));
}

/** Messages of one partition: `messages[i]` has offset `earliest + i`. */
interface Partition {
  earliest: number;
  messages: Message[];
  retainedAtMs: number;
}

interface TopicLog {
  readonly partitions: readonly Partition[];
  /** Group → position per partition. */
  readonly positions: Map<string, (number | null)[]>;
}

class MemoryLog implements LogStore {
  readonly name = "memory";
  readonly id: string = crypto.randomUUID();
  readonly #topics = new Map<string, TopicLog>();

  constructor(
    readonly clock: BusClock,
    readonly sharePartitions: number,
    readonly grew: OnGrowth,
  ) {}

  partitions(topic: Topic): number {
    return this.#log(topic).partitions.length;
  }

  append(topic: Topic, records: readonly PlacedRecord[]): Promise<Placement[]> {
    const log = this.#log(topic);
    const nowMs = this.clock.now();
    const grown = new Set<number>();
    const placements = records.map(({ partition, key, value }) => {
      const at = log.partitions[partition]!;
      // The wall clock may step back; the log's time may not.
      const loggedAtMs = Math.max(nowMs, at.messages.at(-1)?.loggedAtMs ?? 0);
      const offset = at.earliest + at.messages.length;
      at.messages.push({ partition, offset, loggedAtMs, key: key.slice(), value: value.slice() });
      grown.add(partition);
      return { partition, offset, loggedAtMs };
    });
    for (const partition of grown) {
      this.#retain(topic, log, partition, nowMs);
      this.grew(topic.name, partition);
    }
    return Promise.resolve(placements);
  }

  reader(topic: Topic, partition: number): LogReader {
    const at = this.#partition(topic, partition);
    return {
      read(from, maxMessages, maxBytes) {
        const { earliest, messages } = at;
        const next = earliest + messages.length;
        if (from < earliest || from > next) {
          const error = new OffsetOutOfRange(topic.name, partition, from, earliest, next);
          return Promise.reject(error);
        }
        const batch: Message[] = [];
        let bytes = 0;
        for (let i = from - earliest; i < messages.length && batch.length < maxMessages; i += 1) {
          const message = messages[i]!;
          bytes += message.key.length + message.value.length;
          if (bytes > maxBytes && batch.length > 0) break;
          // Copies: what one reader does with its bytes is no other reader's business.
          batch.push({ ...message, key: message.key.slice(), value: message.value.slice() });
        }
        return Promise.resolve(batch);
      },
    };
  }

  ends(topic: Topic, partition: number): Ends {
    const { earliest, messages } = this.#partition(topic, partition);
    return { partition, earliest, next: earliest + messages.length };
  }

  offsetAt(topic: Topic, partition: number, ms: number): number {
    const { earliest, messages } = this.#partition(topic, partition);
    let low = 0;
    for (let high = messages.length; low < high;) {
      const middle = (low + high) >>> 1;
      if (messages[middle]!.loggedAtMs < ms) low = middle + 1;
      else high = middle;
    }
    return earliest + low;
  }

  position(topic: Topic, group: string, partition: number): number | null {
    return this.#log(topic).positions.get(group)?.[partition] ?? null;
  }

  setPosition(topic: Topic, group: string, partition: number, offset: number): Promise<void> {
    const { positions, partitions } = this.#log(topic);
    let own = positions.get(group);
    if (!own) positions.set(group, own = partitions.map(() => null));
    own[partition] = offset;
    return Promise.resolve();
  }

  settle(): Promise<void> {
    return Promise.resolve();
  }

  groups(topic: Topic): string[] {
    return [...this.#log(topic).positions.keys()].sort();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #retain(topic: Topic, log: TopicLog, partition: number, nowMs: number): void {
    const at = log.partitions[partition]!;
    if (Math.abs(nowMs - at.retainedAtMs) < RETENTION_EVERY_MS) return;
    at.retainedAtMs = nowMs;
    const positions = [...log.positions.values()].map((own) => own[partition] ?? null);
    const end = at.earliest + at.messages.length;
    const from = keepFrom(
      this.offsetAt(topic, partition, nowMs - topic.retentionMs),
      end,
      positions,
    );
    if (from <= at.earliest) return;
    at.messages = at.messages.slice(from - at.earliest);
    at.earliest = from;
  }

  #partition(topic: Topic, partition: number): Partition {
    return this.#log(topic).partitions[partition]!;
  }

  #log(topic: Topic): TopicLog {
    let log = this.#topics.get(topic.name);
    if (!log) {
      const length = topic.partitions === "shares" ? this.sharePartitions : topic.partitions;
      const partitions = Array.from(
        { length },
        () => ({ earliest: 0, messages: [], retainedAtMs: this.clock.now() }),
      );
      this.#topics.set(topic.name, log = { partitions, positions: new Map() });
    }
    return log;
  }
}
