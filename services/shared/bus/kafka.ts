/**
 * The bus on Apache Kafka: the writing side (kafka/writer.ts), the reading side (consume, follow, read) and what the
 * brokers know (kafka/kafka_log.ts) as one. Topics are made beforehand, by `deno task topics create`.
 *
 * @module
 */
import type { BusClock } from "./log_store.ts";
import type { BusOptions } from "./options.ts";
import { assertPartition } from "./placing.ts";
import { partitionOfKey } from "./partition.ts";
import type {
  Batch,
  Bus,
  ConsumeOptions,
  Ends,
  FollowOptions,
  Message,
  OutRecord,
  Placement,
  PublishOptions,
} from "./port.ts";
import { Readers } from "./readers.ts";
import type { Topic } from "./topics.ts";
import { type KafkaClient, kafkaClient } from "./kafka/client.ts";
import { consume } from "./kafka/consume.ts";
import { follow } from "./kafka/follow.ts";
import { GroupTopics } from "./group_topics.ts";
import { KafkaLog } from "./kafka/kafka_log.ts";
import { last, read } from "./kafka/read.ts";
import { kafkaSettings } from "./kafka/settings.ts";
import { openTopics } from "./kafka/topics_admin.ts";
import { KafkaWriter } from "./kafka/writer.ts";

type Handle = (batch: Batch, signal: AbortSignal) => Promise<void>;

/**
 * Opens the bus at `kafka://host:port,…`, waiting for brokers that are away, and saying so, until `options.signal`
 * aborts.
 *
 * @throws {BusNotOpened} What waiting cannot mend, in a sentence: a topic that is missing or was made otherwise.
 */
export async function openKafkaBus(url: string, options: BusOptions): Promise<Bus> {
  const { clock, onTrouble, signal } = options;
  const client = kafkaClient(
    kafkaSettings(url, options.kafka, options.sharePartitions),
    onTrouble === undefined ? {} : { onTrouble },
  );
  const { count } = await openTopics(client, {
    ...(signal === undefined ? {} : { signal }),
    ...(onTrouble === undefined ? {} : { onTrouble }),
  });
  return new KafkaBus(client, clock, count, onTrouble);
}

class KafkaBus implements Bus {
  readonly #client: KafkaClient;
  readonly #clock: BusClock;
  readonly #count: (topic: Topic) => number;
  readonly #readers = new Readers();
  readonly #groupTopics = new GroupTopics();
  readonly #writer: KafkaWriter;
  readonly #log: KafkaLog;
  #closed: Promise<void> | undefined;

  /** `count`: partitions of a topic, as they stand on the cluster; they never change. */
  constructor(
    client: KafkaClient,
    clock: BusClock,
    count: (topic: Topic) => number,
    onTrouble: BusOptions["onTrouble"],
  ) {
    this.#client = client;
    this.#clock = clock;
    this.#count = count;
    this.#writer = new KafkaWriter(client, {
      clock,
      partitions: count,
      ...(onTrouble === undefined ? {} : { onTrouble }),
    });
    this.#log = new KafkaLog(client, count);
  }

  get name(): string {
    const { shown, prefix } = this.#client.settings;
    return `Kafka at ${shown}${prefix === "" ? "" : `, topics ${prefix}*`}`;
  }

  logId(): Promise<string> {
    return this.#log.logId();
  }

  partitions(topic: Topic): Promise<number> {
    return this.#log.partitions(topic);
  }

  async partitionOf(topic: Topic, key: Uint8Array): Promise<number> {
    return partitionOfKey(key, await this.#log.partitions(topic));
  }

  publish(
    topic: Topic,
    records: readonly OutRecord[],
    options?: PublishOptions,
  ): Promise<Placement[]> {
    return this.#writer.publish(topic, records, options);
  }

  consume(topic: Topic, options: ConsumeOptions, handle: Handle): Promise<void> {
    return this.#readers.run(
      options,
      async (signal) => {
        using _ = this.#groupTopics.join(options.group, topic.name);
        await consume(this.#client, this.#clock, topic, options, signal, handle);
      },
    );
  }

  follow(topic: Topic, options: FollowOptions, handle: Handle): Promise<void> {
    return this.#readers.run(
      options,
      (signal) => follow(this.#client, this.#clock, topic, options, signal, handle),
    );
  }

  read(topic: Topic, partition: number, from: number): AsyncIterable<Batch> {
    this.#assertOpen();
    assertPartition(topic, this.#count(topic), partition);
    // Asked for now, not when the caller comes round to the first batch.
    const bounds = this.#log.ends(topic).then((ends) => ends[partition]!);
    bounds.catch(() => {});
    return read(this.#client, topic, partition, from, bounds);
  }

  async last(topic: Topic, partition: number): Promise<Message | null> {
    this.#assertOpen();
    assertPartition(topic, this.#count(topic), partition);
    return await last(this.#client, topic, partition);
  }

  ends(topic: Topic): Promise<Ends[]> {
    return this.#log.ends(topic);
  }

  committed(topic: Topic, group: string): Promise<(number | null)[]> {
    return this.#log.committed(topic, group);
  }

  groups(topic: Topic): Promise<string[]> {
    return this.#log.groups(topic);
  }

  offsetAt(topic: Topic, ms: number): Promise<number[]> {
    return this.#log.offsetAt(topic, ms);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= (async () => {
      await this.#readers.close();
      await this.#writer.close();
      await this.#log.close();
    })();
    return this.#closed;
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error("The bus is closed");
  }
}
