/**
 * The produce request of Kafka's protocol, in the form of its versions 3 to 8.
 *
 * @module
 */
import { Buffer } from "node:buffer";

export interface ProducePartition {
  readonly partition: number;
  readonly batch: Uint8Array;
}

/** All copies must have it before the broker answers. */
const ACKS_ALL = -1;

/** The request's body. `copiesTimeoutMs`: how long the broker may wait for the copies. */
export function produceRequest(
  topic: string,
  partitions: readonly ProducePartition[],
  copiesTimeoutMs: number,
): Buffer {
  const name = Buffer.from(topic);
  const head = 2 + 2 + 4 + 4 + 2 + name.length + 4;
  const bytes = partitions.reduce((sum, { batch }) => sum + 8 + batch.length, head);
  const body = Buffer.allocUnsafe(bytes);
  body.writeInt16BE(-1, 0); // no transaction
  body.writeInt16BE(ACKS_ALL, 2);
  body.writeInt32BE(copiesTimeoutMs, 4);
  body.writeInt32BE(1, 8); // topics
  body.writeInt16BE(name.length, 12);
  body.set(name, 14);
  let at = body.writeInt32BE(partitions.length, 14 + name.length);
  for (const { partition, batch } of partitions) {
    at = body.writeInt32BE(partition, at);
    at = body.writeInt32BE(batch.length, at);
    body.set(batch, at);
    at += batch.length;
  }
  return body;
}
