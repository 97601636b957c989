/**
 * How the topics must stand on a cluster: what `deno task topics create` makes, and what is checked when the bus is
 * opened.
 *
 * @module
 */
import type { Topic } from "../topics.ts";
import { KEY_MAX_BYTES } from "../placing.ts";
import { BATCH_BYTES, RECORD_OVERHEAD_BYTES } from "./lane.ts";
import { type KafkaSettings, MONEY_RETENTION_LEAST_MS } from "./settings.ts";

/**
 * What a record batch has beside its records: its header (61 bytes), and what gzip adds to bytes that do not compress
 * (5 in 16 KiB: under 3 KiB for the largest value). Room to spare.
 */
const BATCH_OVERHEAD_BYTES = 16 * 1024;
/** Kafka removes whole segments: one of a topic that is kept for hours must not stay open for Kafka's week. */
const SEGMENT_MOST_MS = 7 * 86_400_000;

/** The largest record batch that is ever written to a topic: a full batch, or the largest value alone. */
export function maxMessageBytes({ maxBytes }: Topic): number {
  const largest = Math.max(BATCH_BYTES, maxBytes + KEY_MAX_BYTES + RECORD_OVERHEAD_BYTES);
  return largest + BATCH_OVERHEAD_BYTES;
}

/** Topics of which nothing is lost before everybody has been paid. */
export function isMoney({ retentionMs }: Topic): boolean {
  return retentionMs >= MONEY_RETENTION_LEAST_MS;
}

/** The table's retention, moved by what the settings add to the least: who outlasts the shares still does. */
export function retentionMsOf(topic: Topic, { retentionMs }: KafkaSettings): number {
  if (!isMoney(topic) || retentionMs === undefined) return topic.retentionMs;
  return topic.retentionMs - MONEY_RETENTION_LEAST_MS + retentionMs;
}

/** What a topic is made with, by Kafka's names. */
export function configOf(topic: Topic, settings: KafkaSettings): Record<string, string> {
  const retentionMs = retentionMsOf(topic, settings);
  return {
    "cleanup.policy": "delete",
    "retention.ms": String(retentionMs),
    "retention.bytes": "-1",
    "segment.ms": String(Math.min(retentionMs, SEGMENT_MOST_MS)),
    "message.timestamp.type": "LogAppendTime",
    "max.message.bytes": String(maxMessageBytes(topic)),
    "min.insync.replicas": String(settings.minInSync),
    "unclean.leader.election.enable": "false",
  };
}
