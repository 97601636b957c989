/**
 * The table of topics: one writer each, said above it. Names and meaning are fixed by the floor plan; nothing
 * is published that does not stand here.
 *
 * @module
 */
import {
  BlockCandidateSchema,
  BlockFoundSchema,
  BlockSolvedSchema,
  type DescMessage,
  JobSchema,
  JudgedShareSchema,
  RewardSplitSchema,
  ShareSubmissionSchema,
  StatsLiveSchema,
  TemplateSchema,
} from "@gopool/proto";

/** A named stream of one message type. */
export interface Topic<D extends DescMessage = DescMessage> {
  readonly name: string;
  readonly schema: D;
  /** What the key is, for people. */
  readonly key: string;
  /** "shares": as many partitions as the share topics have (a setting); a number: fixed. */
  readonly partitions: "shares" | number;
  /** Largest value, bytes. */
  readonly maxBytes: number;
  /** Records older than this may be removed, never before every registered group has read them. */
  readonly retentionMs: number;
  /** Compress values on the wire and on disk (raw transactions gain, shares do not). */
  readonly gzip: boolean;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A share record is 200 to 400 bytes; the bound leaves room for long names. */
const SHARE_MAX_BYTES = 16 * KIB;
/** A block is at most 4 MB (BIP 141 weight); with its facts and room to spare. */
export const BLOCK_MAX_BYTES = 8 * MIB;
/** Guarantee 2: nothing about shares and blocks is dropped before 30 days. */
const MONEY_RETENTION_MS = 30 * DAY_MS;

// Written by the leading jobmanager. Read by every stratumd and shareproc (broadcast).
// Kept 7 days longer than share.submissions, so that every share that is kept can be judged.
export const miningJobs: Topic<typeof JobSchema> = {
  name: "mining.jobs",
  schema: JobSchema,
  key: "pool",
  partitions: 1,
  maxBytes: MIB,
  retentionMs: MONEY_RETENTION_MS + 7 * DAY_MS,
  gzip: false,
};

// Written by the leading jobmanager, before the job that needs it. Read by every shareproc (broadcast).
export const miningTemplates: Topic<typeof TemplateSchema> = {
  name: "mining.templates",
  schema: TemplateSchema,
  key: "template id",
  partitions: 1,
  maxBytes: BLOCK_MAX_BYTES,
  retentionMs: 6 * HOUR_MS,
  gzip: true,
};

// Written by stratumd (and, record by record, by the operator through `deno task topics`). Read by shareproc (group).
// Keyed by extranonce1: a header commits to it, so repeats always meet on one partition.
export const shareSubmissions: Topic<typeof ShareSubmissionSchema> = {
  name: "share.submissions",
  schema: ShareSubmissionSchema,
  key: "extranonce1",
  partitions: "shares",
  maxBytes: SHARE_MAX_BYTES,
  retentionMs: MONEY_RETENTION_MS,
  gzip: false,
};

function judged(name: string): Topic<typeof JudgedShareSchema> {
  return {
    name,
    schema: JudgedShareSchema,
    key: "partition of the submission, named",
    partitions: "shares",
    maxBytes: SHARE_MAX_BYTES,
    retentionMs: MONEY_RETENTION_MS,
    gzip: false,
  };
}

// Written by shareproc. Read by payoutd and statsd.
export const shareValid: Topic<typeof JudgedShareSchema> = judged("share.valid");
// Written by shareproc. Read by statsd.
export const shareRejected: Topic<typeof JudgedShareSchema> = judged("share.rejected");
// Written by shareproc. Read by statsd.
export const shareStale: Topic<typeof JudgedShareSchema> = judged("share.stale");

// Written by stratumd (its spool repeats a candidate until block.found names it). Read by every shareproc (broadcast).
export const blockCandidates: Topic<typeof BlockCandidateSchema> = {
  name: "block.candidates",
  schema: BlockCandidateSchema,
  key: "block hash",
  partitions: 1,
  maxBytes: MIB,
  retentionMs: MONEY_RETENTION_MS,
  gzip: false,
};

// Written by shareproc. Read by every blocksubmit (broadcast).
export const blockSolved: Topic<typeof BlockSolvedSchema> = {
  name: "block.solved",
  schema: BlockSolvedSchema,
  key: "block hash",
  partitions: 1,
  maxBytes: BLOCK_MAX_BYTES,
  retentionMs: MONEY_RETENTION_MS,
  gzip: false,
};

// Written by blocksubmit. Read by payoutd, statsd and stratumd (to clear its spool).
export const blockFound: Topic<typeof BlockFoundSchema> = {
  name: "block.found",
  schema: BlockFoundSchema,
  key: "block hash",
  partitions: 1,
  maxBytes: MIB,
  retentionMs: MONEY_RETENTION_MS,
  gzip: false,
};

// Written by payoutd. Read by jobmanager: the latest record wins.
export const rewardSplit: Topic<typeof RewardSplitSchema> = {
  name: "reward.split",
  schema: RewardSplitSchema,
  key: "pool",
  partitions: 1,
  maxBytes: MIB,
  retentionMs: MONEY_RETENTION_MS,
  gzip: false,
};

// Written by statsd, one record a second. Read by every apiserver (broadcast).
export const statsLive: Topic<typeof StatsLiveSchema> = {
  name: "stats.live",
  schema: StatsLiveSchema,
  key: "pool",
  partitions: 1,
  maxBytes: MIB,
  retentionMs: HOUR_MS,
  gzip: false,
};

/** All topics, in the order of the two journeys. */
export const TOPICS: readonly Topic[] = [
  miningJobs,
  miningTemplates,
  shareSubmissions,
  shareValid,
  shareRejected,
  shareStale,
  blockCandidates,
  blockSolved,
  blockFound,
  rewardSplit,
  statsLive,
];
