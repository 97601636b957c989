/**
 * Bus.follow on real brokers.
 *
 * @module
 */
import { deliver, retrying, Troubles } from "../delivery.ts";
import { NO_GROUP } from "../follow.ts";
import type { BusClock } from "../log_store.ts";
import type { Batch, FollowOptions } from "../port.ts";
import type { Topic } from "../topics.ts";
import { Wakeups } from "../wakeups.ts";
import { Away } from "./away.ts";
import type { KafkaClient } from "./client.ts";
import { Fetching } from "./fetching.ts";
import { Link } from "./link.ts";
import type { Cluster } from "./kafkajs_internals.ts";
import { boundsOf, offsetsAt } from "./offsets.ts";

/** Where each partition begins, and where it has caught up. */
interface Course {
  readonly starts: readonly number[];
  readonly goals: readonly number[];
}

/** Follows until `signal` aborts and the batches in hand are done. */
export async function follow(
  client: KafkaClient,
  clock: BusClock,
  topic: Topic,
  options: FollowOptions,
  signal: AbortSignal,
  handle: (batch: Batch, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const topicName = client.topicName(topic);
  const { batchMax } = options;
  const link = new Link(client, topicName, true);
  const wakeups = new Wakeups();
  const trouble = new Troubles(topic.name, NO_GROUP, options.onTrouble);
  // From a broker that stands still an answer would be long in coming.
  const stop = () => void link.reset();
  signal.addEventListener("abort", stop, { once: true });
  const course = await retrying(
    { partition: 0, clock, signal, trouble },
    "bus-away",
    undefined,
    () => link.use((cluster) => courseOf(cluster, topicName, options)),
  );
  signal.removeEventListener("abort", stop);
  if (course === undefined || course instanceof RangeError) {
    await link.close();
    if (course === undefined) return;
    throw course;
  }
  const fetching = new Fetching({ link, topic, topicName, wakeups, away: new Away(trouble) });
  const over = new AbortController();
  const running = fetching.run(over.signal);
  await Promise.all(course.starts.map(async (start, partition) => {
    const goal = course.goals[partition]!;
    let behind = true;
    const catchUp = (at: number) => {
      if (!behind || at < goal || signal.aborted) return;
      behind = false;
      options.caughtUp?.(partition);
    };
    const reader = fetching.add(partition, start);
    if (start <= goal) catchUp(start);
    await deliver(
      {
        topic,
        partition,
        reader,
        wakeups,
        clock,
        batchMax,
        signal,
        handle,
        handled: catchUp,
        trouble,
      },
      start,
    );
    fetching.remove(partition);
  }));
  over.abort();
  await running;
}

/** Where following begins, and where it has caught up with what stood there; an error for a mistaken `from`. */
export async function courseOf(
  cluster: Cluster,
  topicName: string,
  { from }: FollowOptions,
): Promise<Course | RangeError> {
  const count = cluster.findTopicPartitionMetadata(topicName).length;
  const partitions = Array.from({ length: count }, (_, partition) => partition);
  const bounds = await boundsOf(cluster, topicName, partitions);
  const goals = partitions.map((partition) => bounds.get(partition)!.next);
  switch (from.kind) {
    case "earliest":
      return { goals, starts: partitions.map((partition) => bounds.get(partition)!.earliest) };
    case "end":
      return { goals, starts: goals };
    case "time": {
      const starts = await offsetsAt(cluster, topicName, partitions, from.ms);
      // What came meanwhile may be older than that time: then there is nothing to catch up with.
      return { goals: goals.map((goal, i) => Math.max(goal, starts[i]!)), starts };
    }
    case "offsets":
      if (from.offsets.length !== count) {
        return new RangeError(
          `Cannot follow ${topicName} from ${from.offsets.length} offsets: it has ${count} partitions`,
        );
      }
      return { goals, starts: from.offsets };
  }
}
