import { deliver, Troubles } from "./delivery.ts";
import type { BusClock, LogStore } from "./log_store.ts";
import type { Batch, Ends, FollowOptions, From } from "./port.ts";
import type { Topic } from "./topics.ts";
import type { Wakeups } from "./wakeups.ts";

/** What troubles of a broadcast reader name as its group: it has none. */
export const NO_GROUP = "";

interface ReaderParts {
  readonly store: LogStore;
  readonly wakeups: Wakeups;
  readonly clock: BusClock;
}

/** Bus.follow over an embedded log. The beginnings and the ends to catch up with are taken before this returns. */
export async function follow(
  parts: ReaderParts,
  topic: Topic,
  options: FollowOptions,
  signal: AbortSignal,
  handle: (batch: Batch, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { store, wakeups, clock } = parts;
  const { batchMax } = options;
  const trouble = new Troubles(topic.name, NO_GROUP, options.onTrouble);
  const ends = Array.from(
    { length: store.partitions(topic) },
    (_, partition) => store.ends(topic, partition),
  );
  const starts = startsOf(
    topic,
    options.from,
    ends,
    (partition, ms) => store.offsetAt(topic, partition, ms),
  );
  await Promise.all(ends.map(async ({ partition, next: goal }) => {
    let behind = true;
    const catchUp = (at: number) => {
      if (!behind || at < goal || signal.aborted) return;
      behind = false;
      options.caughtUp?.(partition);
    };
    const start = starts[partition]!;
    if (start <= goal) catchUp(start);
    const reader = store.reader(topic, partition);
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
  }));
}

function startsOf(
  topic: Topic,
  from: From,
  ends: readonly Ends[],
  offsetAt: (partition: number, ms: number) => number,
): number[] {
  switch (from.kind) {
    case "earliest":
      return ends.map((end) => end.earliest);
    case "end":
      return ends.map((end) => end.next);
    case "time":
      return ends.map((end) => offsetAt(end.partition, from.ms));
    case "offsets":
      if (from.offsets.length !== ends.length) {
        throw new RangeError(
          `Cannot follow ${topic.name} from ${from.offsets.length} offsets: it has ${ends.length} partitions`,
        );
      }
      return [...from.offsets];
  }
}
