import { assertEquals } from "@std/assert";
import { courseOf } from "./follow.ts";
import type { Cluster } from "./kafkajs_internals.ts";

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
