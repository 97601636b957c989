import { gzipSync } from "node:zlib";
import { CHUNK_MAX_BYTES, recordBytes, writeRecord } from "./chunk.ts";
import type { PlacedRecord } from "./log_store.ts";
import type { Placement } from "./port.ts";
import type { PartitionTable } from "./sqlite_table.ts";
import type { Topic } from "./topics.ts";

/** Raw transactions gain a half at once and little more with effort; the thread stands still meanwhile. */
const GZIP_LEVEL = 1;

/** Records of one call for one partition, encoded as they will lie in a chunk. */
export interface Segment {
  readonly table: PartitionTable;
  readonly gzip: boolean;
  readonly bytes: Uint8Array;
  /** Which records of the call these are. */
  readonly records: readonly number[];
}

/** One publish on its way to the disk. */
export interface Append {
  readonly topic: string;
  readonly segments: readonly Segment[];
  readonly bytes: number;
  /** By the monotonic clock, ms. */
  readonly deadlineMs: number;
  readonly placements: Placement[];
  readonly resolve: (placements: Placement[]) => void;
  readonly reject: (error: Error) => void;
  /** Set once a COMMIT with it has failed so that a crash could still bring it back. */
  inDoubt: boolean;
}

/** Encodes a call's records: a segment per partition, more where one would pass CHUNK_MAX_BYTES. Copies all bytes. */
export function encodeSegments(
  topic: Topic,
  tables: readonly PartitionTable[],
  records: readonly PlacedRecord[],
): Segment[] {
  const { gzip } = topic;
  const values = records.map(({ value }) => gzip ? gzipSync(value, { level: GZIP_LEVEL }) : value);
  const open = new Map<number, { bytes: number; records: number[] }>();
  const groups: { partition: number; bytes: number; records: number[] }[] = [];
  records.forEach(({ partition, key }, i) => {
    const size = recordBytes(key, values[i]!);
    const group = open.get(partition);
    if (group && group.bytes + size <= CHUNK_MAX_BYTES) {
      group.bytes += size;
      group.records.push(i);
    } else {
      const fresh = { partition, bytes: size, records: [i] };
      open.set(partition, fresh);
      groups.push(fresh);
    }
  });
  return groups.map((group) => {
    const bytes = new Uint8Array(group.bytes);
    let at = 0;
    for (const i of group.records) at = writeRecord(bytes, at, records[i]!.key, values[i]!);
    return { table: tables[group.partition]!, gzip, bytes, records: group.records };
  });
}

/** Segments that become one chunk. */
export interface PendingChunk {
  readonly table: PartitionTable;
  readonly gzip: boolean;
  bytes: number;
  count: number;
  readonly parts: { readonly append: Append; readonly segment: Segment }[];
}

/** Puts what one transaction writes together: per partition, in order, as few chunks as CHUNK_MAX_BYTES allows. */
export function gatherChunks(appends: readonly Append[]): PendingChunk[] {
  const open = new Map<PartitionTable, PendingChunk>();
  const chunks: PendingChunk[] = [];
  for (const append of appends) {
    for (const segment of append.segments) {
      const { table, gzip, bytes } = segment;
      let chunk = open.get(table);
      if (!chunk || chunk.bytes + bytes.length > CHUNK_MAX_BYTES) {
        chunk = { table, gzip, bytes: 0, count: 0, parts: [] };
        open.set(table, chunk);
        chunks.push(chunk);
      }
      chunk.bytes += bytes.length;
      chunk.count += segment.records.length;
      chunk.parts.push({ append, segment });
    }
  }
  return chunks;
}

/** Writes a chunk behind the partition's last and notes where its records stand. Stands inside a transaction. */
export function insertChunk(chunk: PendingChunk, nowMs: number): void {
  const { table, gzip, count, parts } = chunk;
  const last = table.last();
  const base = last ? last.base + last.count : 0;
  // The wall clock may step back; the log's time may not.
  const loggedAtMs = Math.max(nowMs, last?.ms ?? 0);
  table.insert(base, count, loggedAtMs, gzip, joined(chunk));
  let offset = base;
  for (const { append, segment } of parts) {
    for (const i of segment.records) {
      append.placements[i] = { partition: table.number, offset, loggedAtMs };
      offset += 1;
    }
  }
}

function joined({ bytes, parts }: PendingChunk): Uint8Array {
  if (parts.length === 1) return parts[0]!.segment.bytes;
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const { segment } of parts) {
    all.set(segment.bytes, at);
    at += segment.bytes.length;
  }
  return all;
}
