/**
 * What tests of the reading side stand on: a client with a prefix of its own, a topic, records on it. Imported by
 * tests only.
 *
 * @module
 */
import { waitFor } from "@gopool/testing";
import type { Kafka } from "kafkajs";
import type { Batch, ConsumeOptions, ConsumeTrouble } from "../port.ts";
import type { Topic } from "../topics.ts";
import { type KafkaClient, kafkaClient } from "./client.ts";
import { consume } from "./consume.ts";
import { kafkaSettings } from "./settings.ts";

const clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
};

/** A client whose topics and groups nobody else has, unless it is given another's prefix. */
export function ownClient(
  url: string,
  prefix: string = `${crypto.randomUUID().slice(0, 8)}.`,
): KafkaClient {
  return kafkaClient(kafkaSettings(`${url}?prefix=${prefix}`));
}

/** Makes a topic and writes texts by plain kafkajs. */
export class PlainWriter implements AsyncDisposable {
  private constructor(
    readonly kafka: Kafka,
    readonly name: string,
    readonly producer: ReturnType<Kafka["producer"]>,
  ) {}

  static async open(client: KafkaClient, topic: Topic, partitions: number): Promise<PlainWriter> {
    const kafka = client.kafka();
    const name = client.topicName(topic);
    const admin = kafka.admin();
    await admin.connect();
    const configEntries = [{ name: "message.timestamp.type", value: "LogAppendTime" }];
    await admin.createTopics({
      topics: [{ topic: name, numPartitions: partitions, configEntries }],
      waitForLeaders: false,
    });
    await waitFor(async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [name] }).catch(() => ({
        topics: [],
      }));
      return topics[0]?.partitions.length === partitions;
    }, "the topic");
    await admin.disconnect();
    const producer = kafka.producer({ allowAutoTopicCreation: false });
    await producer.connect();
    return new PlainWriter(kafka, name, producer);
  }

  async put(partition: number, ...values: string[]): Promise<void> {
    await this.producer.send({
      topic: this.name,
      acks: -1,
      messages: values.map((value) => ({ partition, value })),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.producer.disconnect();
  }
}

/** Our consumer, and what it was shown and told. */
export class Reader implements AsyncDisposable {
  readonly seen: string[] = [];
  readonly troubles: ConsumeTrouble[] = [];
  readonly mine = new Set<number>();
  /** Offsets by partition, as often as they came. */
  readonly offsets = new Map<number, number[]>();
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  constructor(client: KafkaClient, topic: Topic, options: Partial<ConsumeOptions> = {}) {
    const { signal } = this.#stop;
    const handle = (batch: Batch) => {
      for (const { partition, offset, value } of batch.messages) {
        this.seen.push(new TextDecoder().decode(value));
        this.offsets.set(partition, [...this.offsets.get(partition) ?? [], offset]);
      }
      return Promise.resolve();
    };
    this.#ended = consume(
      client,
      clock,
      topic,
      {
        group: "readers",
        batchMax: 100,
        assigned: (partition) => (this.mine.add(partition), Promise.resolve(undefined)),
        revoked: (partition) => (this.mine.delete(partition), Promise.resolve()),
        onTrouble: (trouble) => this.troubles.push(trouble),
        ...options,
        signal,
      },
      signal,
      handle,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }
}
