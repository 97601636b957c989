import { gunzipSync } from "node:zlib";
import { ChunkCursor } from "./chunk.ts";
import { LogDamaged, type LogReader } from "./log_store.ts";
import { type Ends, type Message, OffsetOutOfRange } from "./port.ts";
import { isDamage } from "./sqlite_errors.ts";
import type { ChunkRow, PartitionTable } from "./sqlite_table.ts";

/** Empty where the log is new; retention always leaves a last chunk, so its end stays known. */
export function endsOf(table: PartitionTable): Ends {
  const last = table.last();
  const next = last ? last.base + last.count : 0;
  return { partition: table.number, earliest: table.first()?.base ?? next, next };
}

/** The first offset logged at or after `ms`, by bisection: times never fall, and a chunk has one time. */
export function offsetAt(table: PartitionTable, ms: number): number {
  let { earliest: low, next: high } = endsOf(table);
  while (low < high) {
    const chunk = table.spanAt(Math.floor((low + high) / 2))!;
    if (chunk.ms < ms) low = chunk.base + chunk.count;
    else high = chunk.base;
  }
  return low;
}

/** Reads on from where it was, chunk by chunk: at most one chunk is held beside the batch. */
export class SqliteReader implements LogReader {
  readonly #table: PartitionTable;
  readonly #maxBytes: number;
  #chunk: ChunkRow | undefined;
  #cursor = new ChunkCursor(new Uint8Array(0));
  /** Offset of the record that the cursor stands before. */
  #next = -1;

  /** `maxBytes` is the topic's: no value unpacks to more. */
  constructor(table: PartitionTable, maxBytes: number) {
    this.#table = table;
    this.#maxBytes = maxBytes;
  }

  // Not an async function: nothing here waits, and a caller's next look must not find half a step done.
  read(from: number, maxMessages: number, maxBytes: number): Promise<Message[]> {
    try {
      return Promise.resolve(this.#read(from, maxMessages, maxBytes));
    } catch (error) {
      this.#chunk = undefined;
      const { topic, number } = this.#table;
      return Promise.reject(
        isDamage(error)
          ? new LogDamaged(`Cannot read ${topic}/${number} at ${from}: the file is damaged`, {
            cause: error,
          })
          : error,
      );
    }
  }

  #read(from: number, maxMessages: number, maxBytes: number): Message[] {
    const messages: Message[] = [];
    let bytes = 0;
    while (messages.length < maxMessages && this.#standAt(from + messages.length)) {
      const { base, count, ms, gzip } = this.#chunk!;
      while (messages.length < maxMessages && this.#next < base + count) {
        const key = this.#cursor.next();
        const packed = this.#cursor.next();
        bytes += key.length + (gzip ? unpackedBytes(packed) : packed.length);
        if (bytes > maxBytes && messages.length > 0) {
          // The cursor is one record ahead of the batch: found again by the next call.
          this.#next = -1;
          return messages;
        }
        const value = gzip ? this.#unpack(packed) : packed;
        messages.push({
          partition: this.#table.number,
          offset: this.#next,
          loggedAtMs: ms,
          key,
          value,
        });
        this.#next += 1;
      }
    }
    return messages;
  }

  /** Brings the cursor before a record; false where the log ends there. */
  #standAt(offset: number): boolean {
    const chunk = this.#chunk;
    if (chunk && offset >= chunk.base && offset < chunk.base + chunk.count) {
      if (this.#next !== offset) this.#enter(chunk, offset);
      return true;
    }
    if (chunk && offset === chunk.base + chunk.count) {
      const following = this.#table.from(offset);
      if (following?.base === offset) {
        this.#enter(following, offset);
        return true;
      }
      // Retention never takes the last chunk: where none follows, this is it.
      if (!following) return false;
    }
    const span = this.#table.spanAt(offset);
    if (span && offset < span.base + span.count) {
      this.#enter(this.#table.at(offset)!, offset);
      return true;
    }
    const { earliest, next } = endsOf(this.#table);
    if (offset === next) return false;
    throw new OffsetOutOfRange(this.#table.topic, this.#table.number, offset, earliest, next);
  }

  #enter(chunk: ChunkRow, offset: number): void {
    this.#chunk = chunk;
    this.#cursor = new ChunkCursor(chunk.records);
    this.#cursor.skip(offset - chunk.base);
    this.#next = offset;
  }

  #unpack(packed: Uint8Array): Uint8Array {
    try {
      const value = gunzipSync(packed, { maxOutputLength: Math.max(1, this.#maxBytes) });
      return new Uint8Array(value.buffer, value.byteOffset, value.length);
    } catch (error) {
      const { topic, number } = this.#table;
      throw new LogDamaged(`Cannot unpack ${topic}/${number} at ${this.#next}`, { cause: error });
    }
  }
}

/** RFC 1952, 2.3.1: the last four bytes are the length before compression, little-endian. */
function unpackedBytes(packed: Uint8Array): number {
  if (packed.length < 4) throw new LogDamaged("A compressed value is cut short");
  return new DataView(packed.buffer, packed.byteOffset + packed.length - 4).getUint32(0, true);
}
