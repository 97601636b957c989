import { assertEquals } from "@std/assert";
import { miningJobs } from "../topics.ts";
import type { KafkaClient } from "./client.ts";
import { courseOf, follow } from "./follow.ts";
import type { Cluster } from "./kafkajs_internals.ts";
import { clock } from "./writer_fixture.ts";

Deno.test("a time that nothing is younger than is caught up with at once, whatever comes while it is asked for", async () => {
  let next = 5;
  const cluster = {
    findTopicPartitionMetadata: () => [{ partitionId: 0, leader: 1 }],
    fetchTopicsOffset: ([asked]: [{ fromBeginning?: boolean; fromTimestamp?: number }]) => {
      const answer = (offset: number) =>
        Promise.resolve([{ partitions: [{ partition: 0, offset: String(offset) }] }]);
      if (asked.fromTimestamp !== undefined) return answer(-1);
      // At each look at the end there is one more.
      return answer(asked.fromBeginning === true ? 0 : next++);
    },
  } as unknown as Cluster;
  const course = await courseOf(cluster, "topic", {
    from: { kind: "time", ms: 1 },
    batchMax: 1,
    signal: new AbortController().signal,
  });
  assertEquals(course, { starts: [6], goals: [6] });
});

Deno.test("a reader that is told to end while its brokers give no answer yet ends", async () => {
  const asked = Promise.withResolvers<void>(), connected = Promise.withResolvers<void>();
  const cluster = {
    brokerPool: { brokers: {} },
    connect: () => (asked.resolve(), connected.promise),
    disconnect: () => (connected.reject(new Error("cut")), Promise.resolve()),
  } as unknown as Cluster;
  const client = {
    topicName: () => "topic",
    cluster: () => cluster,
  } as unknown as KafkaClient;
  const stop = new AbortController();
  const options = { from: { kind: "end" }, batchMax: 1, signal: stop.signal } as const;
  const following = follow(
    client,
    clock,
    miningJobs,
    options,
    stop.signal,
    () => Promise.resolve(),
  );
  await asked.promise;
  stop.abort();
  await following;
});
