/**
 * Records of one partition, side by side in one blob: for each the key's length, the key, the value's length,
 * the value. Lengths are unsigned LEB128, as in protobuf. Values of a gzip topic are compressed one by one.
 *
 * @module
 */
import { LogDamaged } from "./log_store.ts";

/**
 * A chunk is closed before it passes this, unless its first record alone does: a reader takes one chunk at a time
 * into memory.
 */
export const CHUNK_MAX_BYTES = 1024 * 1024;

/** A record's own size inside a chunk. */
export function recordBytes(key: Uint8Array, value: Uint8Array): number {
  return varintBytes(key.length) + key.length + varintBytes(value.length) + value.length;
}

/** Writes a record at `at`; gives where the next one begins. */
export function writeRecord(
  into: Uint8Array,
  at: number,
  key: Uint8Array,
  value: Uint8Array,
): number {
  at = writeVarint(into, at, key.length);
  into.set(key, at);
  at = writeVarint(into, at + key.length, value.length);
  into.set(value, at);
  return at + value.length;
}

/** Walks over the records of a chunk. */
export class ChunkCursor {
  #at = 0;

  constructor(readonly bytes: Uint8Array) {}

  /**
   * Bounds of the next key or value, and a step past it. A view, not a copy.
   *
   * @throws {LogDamaged} The chunk ends inside it.
   */
  next(): Uint8Array {
    const { bytes } = this;
    let length = 0;
    // Four bytes of seven bits: 256 MiB, far past the largest value of any topic.
    for (let shift = 0;; shift += 7) {
      const byte = bytes[this.#at];
      if (byte === undefined || shift > 21) throw new LogDamaged("A chunk ends inside a length");
      this.#at += 1;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const end = this.#at + length;
    if (length < 0 || end > bytes.length) throw new LogDamaged("A chunk ends inside a record");
    const part = bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  skip(records: number): void {
    for (let i = 0; i < 2 * records; i += 1) this.next();
  }
}

function varintBytes(value: number): number {
  let length = 1;
  for (; value >= 0x80; value >>>= 7) length += 1;
  return length;
}

function writeVarint(into: Uint8Array, at: number, value: number): number {
  for (; value >= 0x80; value >>>= 7) into[at++] = (value & 0x7f) | 0x80;
  into[at++] = value;
  return at;
}
