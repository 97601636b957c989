/**
 * Where shares come from: one topic and one consumer group for each status.
 *
 * @module
 */
import { shareRejected, shareStale, shareValid, type Topic } from "@gopool/bus";
import type { Status } from "@gopool/series";

export interface Source {
  readonly status: Status;
  readonly topic: Topic;
  /** The partitions of the topic are shared out in this group. Its position is where the oldest open minute begins. */
  readonly group: string;
}

export const SOURCES: readonly Source[] = [
  { status: "valid", topic: shareValid, group: "statsd-valid" },
  { status: "rejected", topic: shareRejected, group: "statsd-rejected" },
  { status: "stale", topic: shareStale, group: "statsd-stale" },
];

/** Reads block.found. */
export const BLOCK_GROUP = "statsd-blocks";

/** The consumer group of shareproc, whose committed offsets say what is judged. */
export const JUDGES = "shareproc";
