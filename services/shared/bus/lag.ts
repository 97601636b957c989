import type { Bus } from "./port.ts";
import type { Topic } from "./topics.ts";

/** How far a group is behind, per partition. */
export interface PartitionLag {
  readonly partition: number;
  /** Offset of the next message the group wants; null where it has none yet. */
  readonly position: number | null;
  readonly next: number;
  /** Messages between the two, counted from the earliest where the group has no position. */
  readonly lag: number;
}

/** The group's lag on every partition. The two sides are asked one after the other: a moment's lag may be missed. */
export async function lag(bus: Bus, topic: Topic, group: string): Promise<PartitionLag[]> {
  const positions = await bus.committed(topic, group);
  const ends = await bus.ends(topic);
  return ends.map(({ partition, earliest, next }) => {
    const position = positions[partition] ?? null;
    return { partition, position, next, lag: Math.max(0, next - (position ?? earliest)) };
  });
}

/** A topic's group, and how far it is behind. */
export interface GroupLag {
  readonly topic: string;
  readonly group: string;
  readonly partitions: readonly PartitionLag[];
}

/** The lags of several groups, side by side: what a process tells of the readers it runs. */
export function groupLags(
  bus: Bus,
  groups: readonly (readonly [topic: Topic, group: string])[],
): Promise<GroupLag[]> {
  return Promise.all(groups.map(async ([topic, group]) => ({
    topic: topic.name,
    group,
    partitions: await lag(bus, topic, group),
  })));
}
