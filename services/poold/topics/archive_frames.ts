/**
 * How records stand in a file of the archive: one after another, gzipped. Each is a head of 24 bytes, big-endian
 * (offset 8, log time in ms 8, length of the key 4, length of the value 4), then key and value.
 *
 * @module
 */
import type { Message } from "@gopool/bus";

const HEAD_BYTES = 24;
/** No topic takes larger values (the bus refuses them); what says so is no record of ours. */
const VALUE_MAX_BYTES = 64 * 1024 * 1024;
/** Batches handed to a reader end at whichever is first: so that neither small nor large records fill the memory. */
const BATCH_MAX = 1_000;
const BATCH_BYTES = 1024 * 1024;

/** The bytes of records in the order given. */
export function framed(messages: readonly Message[]): Uint8Array<ArrayBuffer> {
  const size = messages.reduce(
    (sum, { key, value }) => sum + HEAD_BYTES + key.length + value.length,
    0,
  );
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { offset, loggedAtMs, key, value } of messages) {
    view.setBigUint64(at, BigInt(offset));
    view.setBigUint64(at + 8, BigInt(loggedAtMs));
    view.setUint32(at + 16, key.length);
    view.setUint32(at + 20, value.length);
    bytes.set(key, at + HEAD_BYTES);
    bytes.set(value, at + HEAD_BYTES + key.length);
    at += HEAD_BYTES + key.length + value.length;
  }
  return bytes;
}

/**
 * The records in a stream of such bytes, in batches of bounded size.
 *
 * @throws {RangeError} The bytes are no records, or end in the middle of one.
 */
export async function* unframed(
  chunks: AsyncIterable<Uint8Array>,
  partition: number,
): AsyncIterable<Message[]> {
  let rest = new Uint8Array();
  let batch: Message[] = [];
  let held = 0;
  for await (const chunk of chunks) {
    const bytes = joined(rest, chunk);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (bytes.length - at >= HEAD_BYTES) {
      const keyEnd = at + HEAD_BYTES + view.getUint32(at + 16);
      const end = keyEnd + view.getUint32(at + 20);
      if (end - at > VALUE_MAX_BYTES) throw new RangeError(`a record of ${end - at} bytes`);
      if (end > bytes.length) break;
      batch.push({
        partition,
        offset: Number(view.getBigUint64(at)),
        loggedAtMs: Number(view.getBigUint64(at + 8)),
        key: bytes.slice(at + HEAD_BYTES, keyEnd),
        value: bytes.slice(keyEnd, end),
      });
      held += end - at;
      at = end;
      if (batch.length >= BATCH_MAX || held >= BATCH_BYTES) {
        yield batch;
        batch = [];
        held = 0;
      }
    }
    rest = bytes.slice(at);
  }
  if (batch.length > 0) yield batch;
  if (rest.length > 0) throw new RangeError(`it ends inside a record: ${rest.length} bytes of it`);
}

function joined(a: Uint8Array<ArrayBuffer>, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
