/**
 * Bus.read and Bus.last on real brokers: a stretch of one partition, on connections of its own.
 *
 * @module
 */
import { type Batch, type Message, OffsetOutOfRange } from "../port.ts";
import type { Topic } from "../topics.ts";
import type { KafkaClient } from "./client.ts";
import { READ_AHEAD_BYTES } from "./feed.ts";
import type { Cluster } from "./kafkajs_internals.ts";
import { answerOf, Link } from "./link.ts";
import { messagesOf } from "./messages.ts";
import { boundsOf } from "./offsets.ts";

/** What a partition holds, asked when the reading was asked for. */
export type Bounds = Promise<{ readonly earliest: number; readonly next: number }>;

/** From `from` to the end that `asked` gives. */
export async function* read(
  client: KafkaClient,
  topic: Topic,
  partition: number,
  from: number,
  asked: Bounds,
): AsyncGenerator<Batch> {
  const { earliest, next: end } = await asked;
  if (from < earliest || from > end) {
    throw new OffsetOutOfRange(topic.name, partition, from, earliest, end);
  }
  if (from === end) return;
  const topicName = client.topicName(topic);
  const link = new Link(client, topicName, true);
  try {
    for (let offset = from; offset < end;) {
      const { messages, next } = await link.use((cluster) =>
        stretch(cluster, topic, topicName, partition, offset)
      );
      const within = next > end ? messages.filter((message) => message.offset < end) : messages;
      if (within.length > 0) yield { partition, messages: within };
      // What stands below the end can be read, or the log is no longer what it was.
      if (next === offset) throw new Error(`${topicName}/${partition} gives nothing at ${offset}`);
      offset = next;
    }
  } finally {
    await link.close();
  }
}

/** The partition's last record; null when it has none that can still be read. */
export async function last(
  client: KafkaClient,
  topic: Topic,
  partition: number,
): Promise<Message | null> {
  const topicName = client.topicName(topic);
  const link = new Link(client, topicName, true);
  try {
    return await link.use(async (cluster) => {
      const { earliest, next } = (await boundsOf(cluster, topicName, [partition])).get(partition)!;
      if (earliest === next) return null;
      const found = await stretch(cluster, topic, topicName, partition, next - 1);
      return found.messages.find(({ offset }) => offset === next - 1) ?? null;
    });
  } finally {
    await link.close();
  }
}

/** One fetch: the records from an offset on, as many as come together. */
async function stretch(
  cluster: Cluster,
  topic: Topic,
  topicName: string,
  partition: number,
  offset: number,
): Promise<{ messages: Message[]; next: number }> {
  const { leader } = cluster.findTopicPartitionMetadata(topicName)
    .find(({ partitionId }) => partitionId === partition)!;
  const broker = await cluster.findBroker({ nodeId: leader });
  try {
    const { responses } = await broker.fetch({
      isolationLevel: 0,
      maxWaitTime: FETCH_WAIT_MS,
      minBytes: 1,
      maxBytes: READ_AHEAD_BYTES,
      topics: [{
        topic: topicName,
        partitions: [{ partition, fetchOffset: String(offset), maxBytes: READ_AHEAD_BYTES }],
      }],
    });
    const fetched = responses[0]?.partitions[0];
    return fetched === undefined ? { messages: [], next: offset } : messagesOf(fetched, offset);
  } catch (error) {
    if (answerOf(error) !== "OFFSET_OUT_OF_RANGE") throw error;
    // Retention has been here since the ends were asked for.
    const { earliest, next } = (await boundsOf(cluster, topicName, [partition])).get(partition)!;
    throw new OffsetOutOfRange(topic.name, partition, offset, earliest, next);
  }
}

/** What is asked for is there already; a leader that has just been elected may need a moment to serve it. */
const FETCH_WAIT_MS = 1_000;
