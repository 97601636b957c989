/**
 * Writes the share records of the bus by hand: the same bytes as protobuf-es makes of share.proto, in a fraction
 * of the time.
 *
 * @module
 */
import type { Judgement, OperatorNote, Submission } from "./records.ts";
import { RecordWriter, textRoom } from "./wire_writer.ts";

/** Tags, numbers and lengths of all fields of a record with empty texts and byte strings, generously. */
const SUBMISSION_ROOM = 256;
const JUDGEMENT_ROOM = 128;

/** Writes submissions. What `write` gives is never written over: it may wait for the bus as long as it takes. */
export class SubmissionWriter {
  readonly #writer = new RecordWriter();

  /** One ShareSubmission. @throws {RangeError} A number outside its field's range. */
  write(share: Submission): Uint8Array {
    const w = this.#writer;
    w.begin(roomOf(share));
    w.text(1, share.pool);
    w.text(2, share.gateway);
    w.text(3, share.session);
    w.text(4, share.jobId);
    w.uint32(5, share.variant);
    w.text(6, share.account);
    w.text(7, share.worker);
    w.bytes(8, share.extranonce1);
    w.bytes(9, share.extranonce2);
    w.fixed32(10, share.ntime);
    w.fixed32(11, share.nonce);
    w.fixed32(12, share.version);
    w.bytes(13, share.target);
    w.bytes(14, share.headerHash);
    w.uint32(15, share.verdict);
    w.uint32(16, share.reason);
    w.uint64(17, share.receivedAtMs);
    w.uint64(18, share.jobSentAtMs);
    w.uint32(19, share.processingUs);
    w.text(20, share.userAgentClass);
    w.fixed32(21, share.versionMask);
    w.uint32(22, share.unlisted);
    if (share.operator !== undefined) {
      const note = encodeNote(share.operator);
      w.tag(23, 2);
      w.length(note.length);
      w.raw(note);
    }
    return w.end();
  }
}

const judgements = new RecordWriter();

/**
 * A JudgedShare: the submission's own bytes, byte for byte, and the judgement's fields behind them. Nothing is
 * decoded; bytes that are no submission make a record that cannot be read either, so judge those as empty ones.
 *
 * @throws {RangeError} A number outside its field's range.
 */
export function appendJudgement(submission: Uint8Array, judgement: Judgement): Uint8Array {
  const w = judgements;
  const work = judgement.work;
  w.begin(
    JUDGEMENT_ROOM + submission.length + textRoom(judgement.logId) + (work?.length ?? 0),
  );
  w.raw(submission);
  w.text(30, judgement.logId);
  w.uint32(31, judgement.sourcePartition);
  w.uint64(32, judgement.sourceOffset);
  w.sint64(33, judgement.previousValidOffset ?? 0);
  w.uint64(34, judgement.loggedAtMs);
  if (work !== undefined) w.bytes(35, work);
  w.fixed32(36, judgement.nbits ?? 0);
  w.uint32(37, judgement.height ?? 0);
  w.double(38, judgement.achievedDifficulty ?? 0);
  w.bool(39, judgement.isBlock ?? false);
  w.uint32(40, judgement.judgedReason ?? 0);
  w.bool(41, judgement.disagreement ?? false);
  w.bool(42, judgement.mark ?? false);
  if (judgement.validHead !== undefined) w.presentSint64(43, judgement.validHead);
  return w.end();
}

function roomOf(share: Submission): number {
  return SUBMISSION_ROOM + textRoom(share.pool) + textRoom(share.gateway) +
    textRoom(share.session) + textRoom(share.jobId) + textRoom(share.account) +
    textRoom(share.worker) + textRoom(share.userAgentClass) + share.extranonce1.length +
    share.extranonce2.length + share.target.length + share.headerHash.length +
    (share.operator === undefined ? 0 : SUBMISSION_ROOM + textRoom(share.operator.reason));
}

/** Rare: an operator's record, not a miner's. */
function encodeNote(note: OperatorNote): Uint8Array {
  const w = new RecordWriter();
  w.begin(SUBMISSION_ROOM + textRoom(note.reason));
  if (note.rejectOffset !== undefined) w.presentUint64(1, note.rejectOffset);
  if (note.republishFrom !== undefined) w.presentUint64(2, note.republishFrom);
  w.text(3, note.reason);
  return w.end();
}
