import type { Cluster } from "./kafkajs_internals.ts";

/** Lowest offset that can be read, and the one that the next record gets, per partition. */
export async function boundsOf(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
): Promise<Map<number, { earliest: number; next: number }>> {
  const ask = async (fromBeginning: boolean) => {
    const [found] = await cluster.fetchTopicsOffset([{
      topic,
      fromBeginning,
      partitions: partitions.map((partition) => ({ partition })),
    }]);
    return new Map(found?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
  };
  const [first, last] = await Promise.all([ask(true), ask(false)]);
  return new Map(partitions.map((partition) => {
    const earliest = first.get(partition), next = last.get(partition);
    if (earliest === undefined || next === undefined) {
      throw new Error(`The brokers tell no offsets of ${topic}/${partition}`);
    }
    return [partition, { earliest, next }];
  }));
}

/** Per partition the offset of the first record logged at or after `ms`; the end where there is none. */
export async function offsetsAt(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
  ms: number,
): Promise<number[]> {
  // The ends first: a record that comes in between is young enough, and must not be passed over.
  const bounds = await boundsOf(cluster, topic, partitions);
  const [found] = await cluster.fetchTopicsOffset([{
    topic,
    // To the brokers a negative time is a question of another kind.
    fromTimestamp: Math.max(0, Math.ceil(ms)),
    partitions: partitions.map((partition) => ({ partition })),
  }]);
  const offsets = new Map(
    found?.partitions.map(({ partition, offset }) => [partition, Number(offset)]),
  );
  return partitions.map((partition) => {
    const offset = offsets.get(partition) ?? -1;
    // -1: no record is that young.
    return offset >= 0 ? offset : bounds.get(partition)!.next;
  });
}
