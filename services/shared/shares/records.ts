/**
 * What travels in the share topics, as the services hold it. 64-bit numbers are plain numbers here: offsets and
 * milliseconds stay far below 2^53.
 *
 * @module
 */
import type { Reason, Verdict } from "@gopool/proto";

/** An operator's word to the judge (share.proto OperatorNote). */
export interface OperatorNote {
  readonly rejectOffset?: number;
  readonly republishFrom?: number;
  readonly reason: string;
}

/** ShareSubmission of share.proto. Byte fields of a decoded one are views into the record's bytes. */
export interface Submission {
  readonly pool: string;
  readonly gateway: string;
  readonly session: string;
  readonly jobId: string;
  readonly variant: number;
  readonly account: string;
  readonly worker: string;
  readonly extranonce1: Uint8Array;
  readonly extranonce2: Uint8Array;
  readonly ntime: number;
  readonly nonce: number;
  readonly version: number;
  readonly target: Uint8Array;
  readonly headerHash: Uint8Array;
  readonly verdict: Verdict;
  readonly reason: Reason;
  readonly receivedAtMs: number;
  readonly jobSentAtMs: number;
  readonly processingUs: number;
  readonly userAgentClass: string;
  readonly versionMask: number;
  readonly unlisted: number;
  readonly operator?: OperatorNote;
}

/** What the judge adds: fields 30 and up of JudgedShare. What is absent reads as 0, false or empty. */
export interface Judgement {
  readonly logId: string;
  readonly sourcePartition: number;
  readonly sourceOffset: number;
  readonly previousValidOffset?: number;
  readonly loggedAtMs: number;
  readonly work?: Uint8Array;
  readonly nbits?: number;
  readonly height?: number;
  readonly achievedDifficulty?: number;
  readonly isBlock?: boolean;
  readonly judgedReason?: Reason;
  readonly disagreement?: boolean;
  readonly mark?: boolean;
  /** Written only where it is given. */
  readonly validHead?: number;
}

/** JudgedShare of share.proto. */
export type Judged = Submission & Required<Omit<Judgement, "validHead">> & {
  readonly validHead?: number;
};
