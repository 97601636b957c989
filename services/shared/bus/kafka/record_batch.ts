/**
 * Record batches as Kafka keeps and sends them (message format version 2 of its protocol guide). kafkajs makes each
 * record a growing buffer of its own and copies it three times; this writes a batch once, into bytes of its size.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { crc32c } from "./crc32c.ts";

const compress: (bytes: Uint8Array) => Promise<Uint8Array> = promisify(gzip);

/** Everything before the records. */
const HEADER_BYTES = 61;
/** Where the checksum stands, and what it covers begins. */
const CRC_AT = 17, CRC_FROM = 21;
const MAGIC = 2;
/** Compression's number in the attributes. */
const GZIP = 1;

export interface BatchRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface BatchIdentity {
  /** 64 bits, decimal. */
  readonly producerId: string;
  readonly producerEpoch: number;
  /** Number of the first record. */
  readonly firstSequence: number;
}

/** A batch of an idempotent producer. Timestamps are zero: the broker stamps each batch with its own time. */
export async function recordBatch(
  records: readonly BatchRecord[],
  identity: BatchIdentity,
  isGzip: boolean,
): Promise<Buffer> {
  let bytes = HEADER_BYTES;
  for (let i = 0; i < records.length; i += 1) {
    const body = bodyBytes(records[i]!, i);
    bytes += varintBytes(body) + body;
  }
  let batch = Buffer.allocUnsafe(bytes);
  let at = HEADER_BYTES;
  for (let i = 0; i < records.length; i += 1) at = writeRecord(batch, at, records[i]!, i);
  if (isGzip) {
    const packed = await compress(batch.subarray(HEADER_BYTES));
    batch = Buffer.allocUnsafe(HEADER_BYTES + packed.length);
    batch.set(packed, HEADER_BYTES);
  }
  writeHeader(batch, records.length, identity, isGzip ? GZIP : 0);
  return batch;
}

function writeHeader(
  batch: Buffer,
  count: number,
  { producerId, producerEpoch, firstSequence }: BatchIdentity,
  attributes: number,
): void {
  batch.writeBigInt64BE(0n, 0); // base offset: the broker's to say
  batch.writeInt32BE(batch.length - 12, 8); // what follows this field
  batch.writeInt32BE(-1, 12); // leader epoch: none
  batch.writeInt8(MAGIC, 16);
  batch.writeInt16BE(attributes, CRC_FROM);
  batch.writeInt32BE(count - 1, 23); // last offset, from the first
  batch.writeBigInt64BE(0n, 27); // first timestamp
  batch.writeBigInt64BE(0n, 35); // latest timestamp
  batch.writeBigInt64BE(BigInt(producerId), 43);
  batch.writeInt16BE(producerEpoch, 51);
  batch.writeInt32BE(firstSequence, 53);
  batch.writeInt32BE(count, 57);
  batch.writeUInt32BE(crc32c(batch, CRC_FROM), CRC_AT);
}

function bodyBytes({ key, value }: BatchRecord, index: number): number {
  // Attributes, timestamp and number of headers are one byte each: zeros.
  return 3 + varintBytes(index) + varintBytes(key.length) + key.length +
    varintBytes(value.length) + value.length;
}

function writeRecord(into: Uint8Array, at: number, record: BatchRecord, index: number): number {
  const { key, value } = record;
  at = writeVarint(into, at, bodyBytes(record, index));
  into[at++] = 0; // attributes
  into[at++] = 0; // time since the first
  at = writeVarint(into, at, index);
  at = writeVarint(into, at, key.length);
  into.set(key, at);
  at = writeVarint(into, at + key.length, value.length);
  into.set(value, at);
  at += value.length;
  into[at++] = 0; // headers
  return at;
}

/** Signed numbers are sent as 2n: ours are never negative, and below 2^30. */
function varintBytes(n: number): number {
  let bytes = 1;
  for (n *= 2; n >= 0x80; n >>>= 7) bytes += 1;
  return bytes;
}

function writeVarint(into: Uint8Array, at: number, n: number): number {
  for (n *= 2; n >= 0x80; n >>>= 7) into[at++] = (n & 0x7f) | 0x80;
  into[at++] = n;
  return at;
}
