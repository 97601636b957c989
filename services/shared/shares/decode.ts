/**
 * Reads the share records of the bus by hand: what protobuf-es reads from the same bytes, with per-session texts
 * shared between records. Fields that this build does not know are passed over.
 *
 * @module
 */
import type { Reason, Verdict } from "@gopool/proto";
import type { Judged, OperatorNote, Submission } from "./records.ts";
import { RecordReader } from "./wire_reader.ts";

const reader = new RecordReader();
const EMPTY: Uint8Array = new Uint8Array();

/** Fields of a record while it is read; those of the judgement follow the submission's. */
type Draft = { -readonly [K in keyof Submission]: Submission[K] };
type JudgedDraft = { -readonly [K in keyof Judged]: Judged[K] };

/** One ShareSubmission. @throws {MalformedShare} */
export function decodeSubmission(bytes: Uint8Array): Submission {
  const share: Draft = emptySubmission();
  reader.begin(bytes);
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (!readSubmissionField(share, tag)) reader.skip(tag);
  }
  return share;
}

/** One JudgedShare. @throws {MalformedShare} */
export function decodeJudged(bytes: Uint8Array): Judged {
  const share: JudgedDraft = {
    ...emptySubmission(),
    logId: "",
    sourcePartition: 0,
    sourceOffset: 0,
    previousValidOffset: 0,
    loggedAtMs: 0,
    work: EMPTY,
    nbits: 0,
    height: 0,
    achievedDifficulty: 0,
    isBlock: false,
    judgedReason: 0,
    disagreement: false,
    mark: false,
    validHead: undefined,
  };
  reader.begin(bytes);
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (!readSubmissionField(share, tag) && !readJudgementField(share, tag)) reader.skip(tag);
  }
  return share;
}

function emptySubmission(): Draft {
  return {
    pool: "",
    gateway: "",
    session: "",
    jobId: "",
    variant: 0,
    account: "",
    worker: "",
    extranonce1: EMPTY,
    extranonce2: EMPTY,
    ntime: 0,
    nonce: 0,
    version: 0,
    target: EMPTY,
    headerHash: EMPTY,
    verdict: 0,
    reason: 0,
    receivedAtMs: 0,
    jobSentAtMs: 0,
    processingUs: 0,
    userAgentClass: "",
    versionMask: 0,
    unlisted: 0,
    operator: undefined,
  };
}

/** Tag of a field: its number and wire type (0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes). */
const VARINT = 0;
const EIGHT = 1;
const LENGTH = 2;
const FOUR = 5;

/** Reads one field if it is a submission's; false leaves it to the caller. */
function readSubmissionField(share: Draft, tag: number): boolean {
  switch (tag) {
    case 1 << 3 | LENGTH:
      share.pool = reader.text();
      return true;
    case 2 << 3 | LENGTH:
      share.gateway = reader.text();
      return true;
    case 3 << 3 | LENGTH:
      share.session = reader.text();
      return true;
    case 4 << 3 | LENGTH:
      share.jobId = reader.text();
      return true;
    case 5 << 3 | VARINT:
      share.variant = reader.uint32();
      return true;
    case 6 << 3 | LENGTH:
      share.account = reader.text();
      return true;
    case 7 << 3 | LENGTH:
      share.worker = reader.text();
      return true;
    case 8 << 3 | LENGTH:
      share.extranonce1 = reader.bytes();
      return true;
    case 9 << 3 | LENGTH:
      share.extranonce2 = reader.bytes();
      return true;
    case 10 << 3 | FOUR:
      share.ntime = reader.fixed32();
      return true;
    case 11 << 3 | FOUR:
      share.nonce = reader.fixed32();
      return true;
    case 12 << 3 | FOUR:
      share.version = reader.fixed32();
      return true;
    case 13 << 3 | LENGTH:
      share.target = reader.bytes();
      return true;
    case 14 << 3 | LENGTH:
      share.headerHash = reader.bytes();
      return true;
    case 15 << 3 | VARINT:
      share.verdict = reader.uint32() as Verdict;
      return true;
    case 16 << 3 | VARINT:
      share.reason = reader.uint32() as Reason;
      return true;
    case 17 << 3 | VARINT:
      share.receivedAtMs = reader.uint64();
      return true;
    case 18 << 3 | VARINT:
      share.jobSentAtMs = reader.uint64();
      return true;
    case 19 << 3 | VARINT:
      share.processingUs = reader.uint32();
      return true;
    case 20 << 3 | LENGTH:
      share.userAgentClass = reader.text();
      return true;
    case 21 << 3 | FOUR:
      share.versionMask = reader.fixed32();
      return true;
    case 22 << 3 | VARINT:
      share.unlisted = reader.uint32();
      return true;
    case 23 << 3 | LENGTH:
      share.operator = readNote(share.operator);
      return true;
  }
  if (tag >>> 3 <= 23) reader.wrongType(tag);
  return false;
}

function readJudgementField(share: JudgedDraft, tag: number): boolean {
  switch (tag) {
    case 30 << 3 | LENGTH:
      share.logId = reader.text();
      return true;
    case 31 << 3 | VARINT:
      share.sourcePartition = reader.uint32();
      return true;
    case 32 << 3 | VARINT:
      share.sourceOffset = reader.uint64();
      return true;
    case 33 << 3 | VARINT:
      share.previousValidOffset = reader.sint64();
      return true;
    case 34 << 3 | VARINT:
      share.loggedAtMs = reader.uint64();
      return true;
    case 35 << 3 | LENGTH:
      share.work = reader.bytes();
      return true;
    case 36 << 3 | FOUR:
      share.nbits = reader.fixed32();
      return true;
    case 37 << 3 | VARINT:
      share.height = reader.uint32();
      return true;
    case 38 << 3 | EIGHT:
      share.achievedDifficulty = reader.double();
      return true;
    case 39 << 3 | VARINT:
      share.isBlock = reader.bool();
      return true;
    case 40 << 3 | VARINT:
      share.judgedReason = reader.uint32() as Reason;
      return true;
    case 41 << 3 | VARINT:
      share.disagreement = reader.bool();
      return true;
    case 42 << 3 | VARINT:
      share.mark = reader.bool();
      return true;
    case 43 << 3 | VARINT:
      share.validHead = reader.sint64();
      return true;
  }
  if (tag >>> 3 >= 30 && tag >>> 3 <= 43) reader.wrongType(tag);
  return false;
}

/** @param before A note of the same record: as everywhere in protobuf, the later one's fields win. */
function readNote(before: OperatorNote | undefined): OperatorNote {
  const note: { -readonly [K in keyof OperatorNote]: OperatorNote[K] } = {
    rejectOffset: before?.rejectOffset,
    republishFrom: before?.republishFrom,
    reason: before?.reason ?? "",
  };
  const end = reader.enter();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    switch (tag) {
      case 1 << 3 | VARINT:
        note.rejectOffset = reader.uint64();
        break;
      case 2 << 3 | VARINT:
        note.republishFrom = reader.uint64();
        break;
      case 3 << 3 | LENGTH:
        note.reason = reader.text();
        break;
      default:
        if (tag >>> 3 <= 3) reader.wrongType(tag);
        reader.skip(tag);
    }
  }
  reader.leave(end);
  return note;
}
