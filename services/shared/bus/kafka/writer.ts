import type { BusClock } from "../log_store.ts";
import { place } from "../placing.ts";
import {
  NotWritten,
  type OutRecord,
  type Placement,
  PUBLISH_DEADLINE_MS,
  type PublishOptions,
} from "../port.ts";
import type { Topic } from "../topics.ts";
import type { KafkaClient } from "./client.ts";
import { Link } from "./link.ts";
import { TopicWriter } from "./topic_writer.ts";

/**
 * How long closing waits for what was published. Services wait for their own calls before they close the bus, and a
 * process has ten seconds in all to end: brokers that are away must not use them up.
 */
const DRAIN_MS = 1_500;

export interface KafkaWriterOptions {
  readonly clock: BusClock;
  /** Partitions of a topic, as they stand on the cluster. */
  readonly partitions: (topic: Topic) => number;
  /** Told why something cannot be written, in a sentence; null when everything can again. */
  readonly onTrouble?: (sentence: string | null) => void;
}

/** The writing side of the bus: Bus.publish as port.ts says. */
export class KafkaWriter {
  readonly #writers = new Map<string, TopicWriter>();
  readonly #troubles = new Map<string, string>();
  #told: string | null = null;
  #closed: Promise<void> | undefined;

  constructor(readonly client: KafkaClient, readonly options: KafkaWriterOptions) {}

  /** See Bus.publish. Not an async function: calls must be taken in the order in which they were made. */
  publish(
    topic: Topic,
    records: readonly OutRecord[],
    { deadlineMs = PUBLISH_DEADLINE_MS }: PublishOptions = {},
  ): Promise<Placement[]> {
    if (this.#closed) {
      return Promise.reject(new NotWritten(`Cannot publish to ${topic.name}: the bus is closed`));
    }
    try {
      const placed = place(topic, this.options.partitions(topic), records);
      if (placed.length === 0) return Promise.resolve([]);
      return this.#writer(topic).publish(placed, deadlineMs);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Writes what was published, in bounded time, and lets go of the connections. */
  close(): Promise<void> {
    this.#closed ??= Promise.all(
      [...this.#writers.values()].map((writer) => writer.close(DRAIN_MS)),
    ).then(() => {});
    return this.#closed;
  }

  #writer(topic: Topic): TopicWriter {
    let writer = this.#writers.get(topic.name);
    if (writer === undefined) {
      const { client, options: { clock } } = this;
      const topicName = client.topicName(topic);
      writer = new TopicWriter({
        topic,
        topicName,
        clock,
        link: new Link(client, topicName),
        onTrouble: (why) => this.#tell(topic, why),
      });
      this.#writers.set(topic.name, writer);
    }
    return writer;
  }

  #tell(topic: Topic, why: string | null): void {
    if (why === null) this.#troubles.delete(topic.name);
    else this.#troubles.set(topic.name, `Cannot write to ${topic.name}: ${why}`);
    const [sentence = null] = this.#troubles.values();
    // One fault has many faces: who was told of one waits for its end.
    if (sentence === null ? this.#told === null : this.#told !== null) return;
    this.#told = sentence;
    this.options.onTrouble?.(sentence);
  }
}
