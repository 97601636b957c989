/**
 * Reads of a JudgedShare what statistics need, into one object that is used again: a reader of every share there is makes
 * nothing per share but the texts it has not seen lately.
 *
 * @module
 */
import type { Reason } from "@gopool/proto";
import type { Judged } from "./records.ts";
import { RecordReader } from "./wire_reader.ts";

/** The fields of a JudgedShare that say what to count, for whom and when. */
export type StatisticsShare =
  & Pick<
    Judged,
    | "pool"
    | "jobId"
    | "account"
    | "worker"
    | "unlisted"
    | "receivedAtMs"
    | "jobSentAtMs"
    | "logId"
    | "sourcePartition"
    | "sourceOffset"
    | "loggedAtMs"
    | "nbits"
    | "achievedDifficulty"
    | "mark"
  >
  & {
    /** Share target in force, as a float; 0 where the record has none. */
    readonly target: number;
    /** Hashes, as a float. */
    readonly work: number;
    /** The judge's, where it has one, else the gateway's. */
    readonly reason: Reason;
    /** It is an operator's word and no share. */
    readonly isNote: boolean;
  };

type Draft = { -readonly [K in keyof StatisticsShare]: StatisticsShare[K] };

const VARINT = 0;
const EIGHT = 1;
const LENGTH = 2;
const FOUR = 5;

/** The fields read here, by their numbers. */
const READ: readonly boolean[] = Array.from(
  { length: 64 },
  (_, field) =>
    [1, 4, 6, 7, 13, 16, 17, 18, 22, 23, 30, 31, 32, 34, 35, 36, 38, 40, 42].includes(field),
);

export class StatisticsReader {
  readonly #reader = new RecordReader();
  readonly #share: Draft = empty();
  #judged: Reason = 0;

  /**
   * One JudgedShare. Fields that are passed over are only held to the record's end.
   *
   * @returns The same object each time: what is kept of it has to be copied before the next call.
   * @throws {MalformedShare}
   */
  read(bytes: Uint8Array): StatisticsShare {
    const share = this.#share;
    const reader = this.#reader;
    share.pool =
      share.jobId =
      share.account =
      share.worker =
      share.logId =
        "";
    share.unlisted = share.receivedAtMs = share.jobSentAtMs = 0;
    share.sourcePartition = share.sourceOffset = share.loggedAtMs = 0;
    share.nbits =
      share.achievedDifficulty =
      share.target =
      share.work =
        0;
    share.mark = share.isNote = false;
    share.reason = this.#judged = 0;
    reader.begin(bytes);
    for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) this.#field(tag);
    if (this.#judged !== 0) share.reason = this.#judged;
    return share;
  }

  #field(tag: number): void {
    const share = this.#share;
    const reader = this.#reader;
    switch (tag) {
      case 1 << 3 | LENGTH:
        share.pool = reader.text();
        return;
      case 4 << 3 | LENGTH:
        share.jobId = reader.text();
        return;
      case 6 << 3 | LENGTH:
        share.account = reader.text();
        return;
      case 7 << 3 | LENGTH:
        share.worker = reader.text();
        return;
      case 13 << 3 | LENGTH:
        share.target = reader.bigEndian();
        return;
      case 16 << 3 | VARINT:
        share.reason = reader.uint32() as Reason;
        return;
      case 17 << 3 | VARINT:
        share.receivedAtMs = reader.uint64();
        return;
      case 18 << 3 | VARINT:
        share.jobSentAtMs = reader.uint64();
        return;
      case 22 << 3 | VARINT:
        share.unlisted = reader.uint32();
        return;
      case 23 << 3 | LENGTH:
        share.isNote = true;
        reader.skip(tag);
        return;
      case 30 << 3 | LENGTH:
        share.logId = reader.text();
        return;
      case 31 << 3 | VARINT:
        share.sourcePartition = reader.uint32();
        return;
      case 32 << 3 | VARINT:
        share.sourceOffset = reader.uint64();
        return;
      case 34 << 3 | VARINT:
        share.loggedAtMs = reader.uint64();
        return;
      case 35 << 3 | LENGTH:
        share.work = reader.bigEndian();
        return;
      case 36 << 3 | FOUR:
        share.nbits = reader.fixed32();
        return;
      case 38 << 3 | EIGHT:
        share.achievedDifficulty = reader.double();
        return;
      case 40 << 3 | VARINT:
        this.#judged = reader.uint32() as Reason;
        return;
      case 42 << 3 | VARINT:
        share.mark = reader.bool();
        return;
    }
    if (READ[tag >>> 3] === true) reader.wrongType(tag);
    reader.skip(tag);
  }
}

function empty(): Draft {
  return {
    pool: "",
    jobId: "",
    account: "",
    worker: "",
    unlisted: 0,
    receivedAtMs: 0,
    jobSentAtMs: 0,
    logId: "",
    sourcePartition: 0,
    sourceOffset: 0,
    loggedAtMs: 0,
    nbits: 0,
    achievedDifficulty: 0,
    mark: false,
    target: 0,
    work: 0,
    reason: 0,
    isNote: false,
  };
}
