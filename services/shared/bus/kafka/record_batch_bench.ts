/**
 * A batch of shares, and one of a whole block, as bytes: ours beside kafkajs's. Run:
 * deno bench -P=tests services/shared/bus/kafka/record_batch_bench.ts
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { assertEquals } from "@std/assert";
import makeRecord from "kafkajs/src/protocol/recordBatch/record/v0/index.js";
import { RecordBatch } from "kafkajs/src/protocol/recordBatch/v0/index.js";
import { recordBatch } from "./record_batch.ts";

const identity = { producerId: "7", producerEpoch: 0, firstSequence: 3 };
/** Where the leader's epoch and the checksum stand, which does not cover it. */
const EPOCH_AT = 12, EPOCH_END = 16;

const KINDS = {
  "250 shares": Array.from({ length: 250 }, (_, i) => ({
    key: Buffer.from([0, 0, 1, i]),
    value: Buffer.alloc(330, i),
  })),
  "a share": [{ key: Buffer.alloc(4), value: Buffer.alloc(330) }],
  "a block of 2 MB": [{ key: Buffer.alloc(32), value: Buffer.alloc(2_000_000, 5) }],
};

async function byKafkajs(messages: readonly { key: Buffer; value: Buffer }[]): Promise<Buffer> {
  const batch = await RecordBatch({
    records: messages.map((message, offsetDelta) =>
      makeRecord({ ...message, offsetDelta, timestampDelta: 0 })
    ),
    firstTimestamp: 0,
    maxTimestamp: 0,
    ...identity,
    lastOffsetDelta: messages.length - 1,
  });
  return batch.buffer;
}

for (const [kind, messages] of Object.entries(KINDS)) {
  const [ours, theirs] = [await recordBatch(messages, identity, false), await byKafkajs(messages)];
  for (const batch of [ours, theirs]) batch.fill(0, EPOCH_AT, EPOCH_END);
  assertEquals(ours.equals(theirs), true, kind);
  Deno.bench(`${kind}, kafkajs`, { group: kind, baseline: true }, async () => {
    await byKafkajs(messages);
  });
  Deno.bench(`${kind}, ours`, { group: kind }, async () => {
    await recordBatch(messages, identity, false);
  });
}
