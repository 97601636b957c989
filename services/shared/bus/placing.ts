import type { OutRecord } from "./port.ts";
import type { PlacedRecord } from "./log_store.ts";
import { partitionOfKey } from "./partition.ts";
import type { Topic } from "./topics.ts";

/** The longest key, bytes. Ours are hashes and ids of at most 64; the bound keeps a mistake small. */
export const KEY_MAX_BYTES = 1024;

const NO_KEY = new Uint8Array(0);

/**
 * Gives every record its partition.
 *
 * @throws {RangeError} Naming the record that cannot go onto the topic, and why. Nothing was placed.
 */
export function place(
  topic: Topic,
  count: number,
  records: readonly OutRecord[],
): PlacedRecord[] {
  return records.map((record, i) => {
    const { key, value } = record;
    if (value.length > topic.maxBytes) {
      throw new RangeError(
        `Cannot publish record ${i} to ${topic.name}: ${value.length} bytes, at most ${topic.maxBytes} are allowed`,
      );
    }
    if (key !== undefined && key.length > KEY_MAX_BYTES) {
      throw new RangeError(
        `Cannot publish record ${i} to ${topic.name}: its key has ${key.length} bytes, at most ${KEY_MAX_BYTES} are allowed`,
      );
    }
    const partition = record.partition ?? (key && partitionOfKey(key, count));
    if (partition === undefined) {
      throw new RangeError(
        `Cannot publish record ${i} to ${topic.name}: it has neither a key nor a partition`,
      );
    }
    assertPartition(topic, count, partition);
    return { partition, key: key ?? NO_KEY, value };
  });
}

/** @throws {RangeError} The topic has no such partition. */
export function assertPartition(topic: Topic, count: number, partition: number): void {
  if (!Number.isInteger(partition) || partition < 0 || partition >= count) {
    throw new RangeError(
      `Topic ${topic.name} has no partition ${partition}: it has ${count}, counted from 0`,
    );
  }
}
