/**
 * What waits to be written to one partition, and the batch that is on its way there. A lane sends one batch at a time,
 * and the same batch again, under the same number, until it is answered: the brokers then know it from the one before,
 * so nothing is doubled and nothing overtakes.
 *
 * @module
 */
import type { Placement } from "../port.ts";
import type { ProducedPartition } from "./kafkajs_internals.ts";
import type { PublishCall } from "./publish_call.ts";

/** Most records of a batch: what is in one request is written, or repeated, together. */
export const BATCH_MAX_RECORDS = 1_000;
/** Batches are filled to this, also where the topic's single values must be smaller. */
export const BATCH_BYTES = 1024 * 1024;
/** What a record costs beside key and value: lengths, deltas, attributes, as varints (Kafka's record format, version 2). */
export const RECORD_OVERHEAD_BYTES = 32;
/** Sequence numbers count the records of a producer in a partition and begin anew after 2^31 - 1. */
const SEQUENCES = 2 ** 31;

export interface LaneRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Its place in the call. */
  readonly index: number;
}

/** A call's records for one partition, in their order. */
interface Part {
  readonly call: PublishCall;
  readonly records: readonly LaneRecord[];
  /** How many of them are in batches already. */
  taken: number;
}

/** Under which name batches are numbered. A new one after what may have been written was given up. */
export interface Identity {
  readonly producerId: string;
  readonly producerEpoch: number;
  /** Number of the next record, by partition. */
  readonly sequences: Map<number, number>;
}

/** Records that go to a partition in one piece. */
export class LaneBatch {
  /** It was sent, and no answer said that it was refused. */
  mayBeWritten = false;
  readonly records: LaneRecord[] = [];
  readonly calls: PublishCall[] = [];
  bytes = 0;
  /** As it is sent; made once, however often it is sent. */
  encoded: Promise<Uint8Array> | undefined;

  constructor(public identity: Identity, public firstSequence: number) {}

  add(call: PublishCall, record: LaneRecord): void {
    this.records.push(record);
    this.calls.push(call);
    this.bytes += bytesOf(record);
  }

  /** Takes out what nobody waits for any more: those calls were told that nothing was written, and nothing may be. */
  shed(): void {
    if (!this.calls.some((call) => call.isSettled)) return;
    const calls = this.calls.splice(0), records = this.records.splice(0);
    this.bytes = 0;
    this.encoded = undefined;
    calls.forEach((call, i) => {
      if (!call.isSettled) this.add(call, records[i]!);
    });
  }

  /** Whether nobody waits for it any more. */
  get isForsaken(): boolean {
    return this.calls.every((call) => call.isSettled);
  }
}

export class Lane {
  /** The batch on its way; it stays until it is answered or given up. */
  batch: LaneBatch | undefined;
  /** A request with its batch is out. */
  isSending = false;
  /** It waits before it tries again. */
  isHeld = false;
  /** The last wait, ms; 0 after a success. */
  pauseMs = 0;
  /** The brokers know its batch's name no more: it needs another. */
  isStranger = false;
  #parts: Part[] = [];
  #first = 0;

  /** @param maxBytes Most bytes of a batch of several records. */
  constructor(readonly partition: number, readonly maxBytes: number) {}

  put(call: PublishCall, records: readonly LaneRecord[]): void {
    this.#parts.push({ call, records, taken: 0 });
  }

  get hasWork(): boolean {
    this.#skipSettled();
    return this.batch !== undefined || this.#first < this.#parts.length;
  }

  /** The batch to send now: the one on its way, else a new one of what waits. */
  take(identity: Identity): LaneBatch | undefined {
    // Whoever waited for it was told that it is not written.
    if (this.batch?.isForsaken && !this.batch.mayBeWritten) this.batch = undefined;
    if (this.batch !== undefined) return this.#again(this.batch, identity);
    this.#skipSettled();
    if (this.#first === this.#parts.length) return undefined;
    this.isStranger = false;
    const batch = new LaneBatch(identity, identity.sequences.get(this.partition) ?? 0);
    while (this.#first < this.#parts.length) {
      const part = this.#parts[this.#first]!;
      // A call's records stay together: one that does not fit waits, unless it is the first and cannot fit at all.
      if (batch.records.length > 0 && !this.#fits(batch, part)) break;
      while (part.taken < part.records.length && this.#hasRoom(batch, part.records[part.taken]!)) {
        batch.add(part.call, part.records[part.taken]!);
        part.taken += 1;
      }
      part.call.rides(batch);
      if (part.taken < part.records.length) break;
      this.#first += 1;
      this.#skipSettled();
    }
    this.#compact();
    return this.batch = batch;
  }

  /** The batch is written. */
  done({ baseOffset, logAppendTime }: ProducedPartition): void {
    const { identity, firstSequence, records, calls } = this.batch!;
    identity.sequences.set(this.partition, (firstSequence + records.length) % SEQUENCES);
    this.batch = undefined;
    this.isStranger = false;
    this.pauseMs = 0;
    const base = Number(baseOffset), loggedAtMs = Number(logAppendTime);
    records.forEach(({ index }, i) => {
      const placement: Placement = { partition: this.partition, offset: base + i, loggedAtMs };
      calls[i]!.placed(index, placement);
    });
  }

  #again(batch: LaneBatch, identity: Identity): LaneBatch {
    // As long as nothing of it can be in the log, its number may come to stand for less.
    if (!batch.mayBeWritten) batch.shed();
    if (this.isStranger && batch.identity !== identity) {
      batch.encoded = undefined;
      batch.identity = identity;
      batch.firstSequence = identity.sequences.get(this.partition) ?? 0;
      this.isStranger = false;
    }
    return batch;
  }

  #fits(batch: LaneBatch, { records, taken }: Part): boolean {
    if (batch.records.length + records.length - taken > BATCH_MAX_RECORDS) return false;
    let bytes = batch.bytes;
    for (let i = taken; i < records.length; i += 1) bytes += bytesOf(records[i]!);
    return bytes <= this.maxBytes;
  }

  #hasRoom(batch: LaneBatch, record: LaneRecord): boolean {
    const { length } = batch.records;
    if (length === 0) return true;
    return length < BATCH_MAX_RECORDS && batch.bytes + bytesOf(record) <= this.maxBytes;
  }

  #skipSettled(): void {
    while (this.#parts[this.#first]?.call.isSettled) this.#first += 1;
  }

  #compact(): void {
    if (this.#first * 2 < this.#parts.length) return;
    this.#parts = this.#parts.slice(this.#first);
    this.#first = 0;
  }
}

function bytesOf({ key, value }: LaneRecord): number {
  return key.length + value.length + RECORD_OVERHEAD_BYTES;
}
