/**
 * kafkajs used bare, and as well as one can: what the load program holds the pool on Kafka against. No part of the
 * pool imports it. It survives no fault; see the adapter for what that takes.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import kafkajs, { type Consumer, type Kafka, type Message, type Producer } from "kafkajs";
import { quietRequestQueue } from "./kafkajs_internals.ts";

export interface BareRecord {
  readonly partition: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** A record as kafkajs hands it over. */
export interface BareMessage {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Records of one send: enough that a request's own cost is spread thin. */
const SEND_MAX_RECORDS = 2_000;
/** Bytes of one send, unless one record alone is larger: below what brokers take for one partition. */
const SEND_MAX_BYTES = 800 * 1024;
/** How often a reader's position is written. */
const COMMIT_EVERY_MS = 100;

/** @param brokers `host:port`, with commas between them. */
function client(brokers: string): Kafka {
  // Idle connections cost nothing then: the reference is kafkajs at its best.
  quietRequestQueue();
  return new kafkajs.Kafka({
    brokers: brokers.split(","),
    clientId: "bare",
    requestTimeout: 30_000,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 50 },
    logLevel: kafkajs.logLevel.NOTHING,
  });
}

interface Waiting {
  readonly records: readonly BareRecord[];
  readonly written: PromiseWithResolvers<void>;
}

/** Writes to one topic: idempotent, all copies, one send in flight, what queues meanwhile rides the next. */
export class BareProducer {
  #queue: Waiting[] = [];
  #sending = false;
  /** Sends, each one request to the broker. */
  sends = 0;

  private constructor(readonly topic: string, readonly producer: Producer) {}

  static async connect(brokers: string, topic: string): Promise<BareProducer> {
    const producer = client(brokers).producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    return new BareProducer(topic, producer);
  }

  /** Resolves when the records are acknowledged. The bytes must stay as they are until then. */
  write(records: readonly BareRecord[]): Promise<void> {
    const written = Promise.withResolvers<void>();
    this.#queue.push({ records, written });
    if (!this.#sending) void this.#send();
    return written.promise;
  }

  async close(): Promise<void> {
    await this.producer.disconnect();
  }

  async #send(): Promise<void> {
    this.#sending = true;
    // One turn: what is written in the same one goes together.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const parcels = this.#next();
      try {
        const messages = parcels.flatMap(({ records }) => records.map(messageOf));
        this.sends += 1;
        const answer = await this.producer.send({ topic: this.topic, acks: -1, messages });
        const asked = new Set(messages.map(({ partition }) => partition));
        if (answer.length !== asked.size || answer.some(({ errorCode }) => errorCode !== 0)) {
          throw new Error(`The answer is not what was sent: ${JSON.stringify(answer)}`);
        }
        for (const { written } of parcels) written.resolve();
      } catch (error) {
        for (const { written } of parcels) written.reject(error);
      }
    }
    this.#sending = false;
  }

  #next(): Waiting[] {
    let count = 0, records = 0, bytes = 0;
    for (const parcel of this.#queue) {
      records += parcel.records.length;
      for (const { key, value } of parcel.records) bytes += key.length + value.length;
      if (count > 0 && (records > SEND_MAX_RECORDS || bytes > SEND_MAX_BYTES)) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }
}

/**
 * Reads a topic as a group's only member, whole batches, from its beginning; positions are written now and then, after what
 * `handle` did.
 *
 * @returns Resolves when it has its partitions.
 */
export async function bareConsumer(
  brokers: string,
  { topic, group }: { readonly topic: string; readonly group: string },
  handle: (partition: number, messages: readonly BareMessage[]) => Promise<void>,
): Promise<AsyncDisposable> {
  const consumer: Consumer = client(brokers).consumer({
    groupId: group,
    maxWaitTimeInMs: 100,
    minBytes: 1,
    sessionTimeout: 10_000,
    heartbeatInterval: 1_000,
    allowAutoTopicCreation: false,
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const joined = Promise.withResolvers<void>();
  consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve());
  consumer.on(consumer.events.CRASH, ({ payload }) => joined.reject(payload.error));
  await consumer.run({
    partitionsConsumedConcurrently: 4,
    autoCommitInterval: COMMIT_EVERY_MS,
    eachBatch: ({ batch: { partition, messages } }) =>
      handle(partition, messages as unknown as BareMessage[]),
  });
  await joined.promise;
  return { [Symbol.asyncDispose]: () => consumer.disconnect() };
}

/** Makes topics with one copy each. */
export async function makeBareTopics(
  brokers: string,
  topics: readonly { readonly topic: string; readonly partitions: number }[],
): Promise<void> {
  const admin = client(brokers).admin();
  await admin.connect();
  try {
    const configEntries = [
      { name: "message.timestamp.type", value: "LogAppendTime" },
      { name: "max.message.bytes", value: String(9 * 1024 * 1024) },
    ];
    await admin.createTopics({
      waitForLeaders: true,
      topics: topics.map(({ topic, partitions }) => ({
        topic,
        numPartitions: partitions,
        replicationFactor: 1,
        configEntries,
      })),
    });
  } finally {
    await admin.disconnect();
  }
}

/** Removes all topics and groups whose names begin so; gives how many topics that were. */
export async function dropTopics(brokers: string, prefix: string): Promise<number> {
  const admin = client(brokers).admin();
  await admin.connect();
  try {
    const topics = (await admin.listTopics()).filter((name) => name.startsWith(prefix));
    if (topics.length > 0) await admin.deleteTopics({ topics });
    const { groups } = await admin.listGroups();
    const mine = groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(prefix));
    // A group that still counts a member stays; it ends by itself.
    if (mine.length > 0) await admin.deleteGroups(mine).catch(() => {});
    return topics.length;
  } finally {
    await admin.disconnect();
  }
}

function messageOf({ partition, key, value }: BareRecord): Message & { partition: number } {
  return { partition, key: bufferOf(key), value: bufferOf(value) };
}

/** Of other bytes kafkajs makes text. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
