/**
 * Judges a run of one partition's records without a wait in between: decode, hash all in one batch, decide one by
 * one in order. A run ends where something must be waited for.
 *
 * @module
 */
import type { Message, OutRecord } from "@gopool/bus";
import { equalBytes, type Target, targetFromBytes, workOfTarget } from "@gopool/chain";
import { Reason, Verdict } from "@gopool/proto";
import {
  appendJudgement,
  checkTerms,
  decodeSubmission,
  ShareChecker,
  type Submission,
} from "@gopool/shares";
import type { ShareprocContext } from "./context.ts";
import { ReasonCounts } from "./counts.ts";
import { type Evidence, judge, type Judgement } from "./judge.ts";
import type { KnownJob } from "./job_book.ts";
import { BATCH_MAX } from "./limits.ts";
import type { RepeatMemory } from "./repeat_memory.ts";

/** Where the partition stands when a run begins. */
export interface Judging {
  readonly logId: string;
  readonly partition: number;
  readonly memory: RepeatMemory;
  /** Greatest source offset of a valid share published so far. */
  readonly head: number;
  readonly loggedAtMs: number;
  /** Whether an operator rejected the record at this offset. */
  readonly overruled: (offset: number) => boolean;
  /** Set when publishing again: the greatest valid offset ever published. */
  readonly validHead?: number;
}

/** Records to publish, per topic, in order. */
export interface Judged {
  readonly valid: OutRecord[];
  readonly rejected: OutRecord[];
  readonly stale: OutRecord[];
  /** Greatest valid source offset after this run. */
  head: number;
  disagreements: number;
  repeats: number;
  /** Why those that do not count do not. */
  readonly rejectedFor: ReasonCounts;
  readonly staleFor: ReasonCounts;
}

export interface Run {
  readonly judged: Judged;
  /** Index of the first message not judged. */
  readonly next: number;
  readonly loggedAtMs: number;
  /** The run ended before a share whose job is not in the book. */
  readonly missingJob?: string;
  /** The run ended with an operator's note that asks for this. */
  readonly republishFrom?: number;
}

interface Item {
  readonly message: Message;
  readonly share: Submission | undefined;
  readonly job: KnownJob | undefined;
  /** Index in the checker's batch; -1 where nothing was hashed. */
  readonly check: number;
}

const NOTHING = new Uint8Array();
const EXTRANONCE1_BYTES = 4;
const EXTRANONCE2_BYTES = 8;
const HASH_BYTES = 32;

/** Judges `messages` from index `at` on, as far as it gets. */
export function judgeRun(
  context: ShareprocContext,
  judging: Judging,
  messages: readonly Message[],
  at: number,
): Run {
  const { checker } = context;
  const limit = Math.min(messages.length, at + Math.min(BATCH_MAX, ShareChecker.BATCH_MAX));
  const items: Item[] = [];
  const end: { missingJob?: string; republishFrom?: number } = {};
  checker.clear();
  for (let i = at; i < limit; i++) {
    const message = messages[i]!;
    const share = decode(context, message, judging.partition);
    const job = share === undefined ? undefined : context.jobs.get(share.jobId);
    const accepted = share?.verdict === Verdict.ACCEPTED && share.operator === undefined;
    if (accepted && job === undefined && !judging.overruled(message.offset)) {
      end.missingJob = share.jobId;
      break;
    }
    const check = share !== undefined && job !== undefined && isHashed(share)
      ? register(context, job, share)
      : -1;
    items.push({ message, share, job, check });
    if (share?.operator?.republishFrom !== undefined) {
      end.republishFrom = share.operator.republishFrom;
      break;
    }
  }
  checker.run();
  const judged: Judged = {
    valid: [],
    rejected: [],
    stale: [],
    head: judging.head,
    disagreements: 0,
    repeats: 0,
    rejectedFor: new ReasonCounts(),
    staleFor: new ReasonCounts(),
  };
  let { loggedAtMs } = judging;
  for (const item of items) {
    loggedAtMs = Math.max(loggedAtMs, item.message.loggedAtMs);
    if (item.share?.operator === undefined) {
      decide(context, judging, item, loggedAtMs, judged);
    }
  }
  checker.clear();
  return { judged, next: at + items.length, loggedAtMs, ...end };
}

/** Judges one record and puts what is to be published in its place. */
function decide(
  context: ShareprocContext,
  judging: Judging,
  { message, share, job, check }: Item,
  loggedAtMs: number,
  judged: Judged,
): void {
  const { partition, logId, memory } = judging;
  const overruled = judging.overruled(message.offset);
  const judgement: Judgement = share === undefined
    ? { kind: "rejected", reason: Reason.MALFORMED, disagreement: true }
    : overruled || job === undefined
    ? {
      kind: share.verdict === Verdict.STALE ? "stale" : "rejected",
      reason: overruled ? Reason.OPERATOR : Reason.UNSPECIFIED,
      disagreement: false,
    }
    : judge(evidence(context, judging, message, share, job, check, loggedAtMs));
  if (judgement.disagreement) judged.disagreements++;
  if (judgement.reason === Reason.REPUBLISHED) judged.repeats++;

  const record = (previous: number | undefined) => {
    // A record that cannot be read is not carried on: its result would be as unreadable.
    const value = appendJudgement(share === undefined ? NOTHING : message.value, {
      logId,
      sourcePartition: partition,
      sourceOffset: message.offset,
      previousValidOffset: previous,
      loggedAtMs,
      work: job && share?.target.length === HASH_BYTES
        ? context.workBytes(share.target)
        : undefined,
      nbits: job?.prepared.job.nbits,
      height: job?.prepared.job.height,
      achievedDifficulty: check >= 0 ? context.checker.difficulty(check) : undefined,
      isBlock: check >= 0 && context.checker.meetsNetwork(check),
      judgedReason: judgement.reason,
      disagreement: judgement.disagreement,
      validHead: judging.validHead,
    });
    return { value, key: message.key, partition };
  };

  if (judgement.kind !== "valid") {
    judged[judgement.kind].push(record(undefined));
    const reasons = judgement.kind === "stale" ? judged.staleFor : judged.rejectedFor;
    reasons.count(judgement.reason || (share?.reason ?? Reason.UNSPECIFIED));
    return;
  }
  memory.remember(share!.jobId, share!.headerHash, message.offset, loggedAtMs);
  // A valid share at or below the head stands on share.valid already: a batch that came again after a crash.
  if (message.offset <= judged.head) return;
  judged.valid.push(record(judged.head));
  judged.head = message.offset;
}

function evidence(
  { checker }: ShareprocContext,
  { memory, head }: Judging,
  message: Message,
  share: Submission,
  job: KnownJob,
  check: number,
  loggedAtMs: number,
): Evidence {
  const hashMatches = check >= 0 && equalBytes(checker.hash(check), share.headerHash);
  return {
    verdict: share.verdict,
    reason: share.reason,
    offset: message.offset,
    loggedAtMs,
    jobLoggedAtMs: job.loggedAtMs,
    terms: checkTerms({
      version: share.version,
      jobVersion: job.prepared.job.version,
      mask: share.versionMask,
      ntime: share.ntime,
      minNtime: job.prepared.job.minNtime,
      nowSeconds: Math.floor(share.receivedAtMs / 1000),
      en2Length: share.extranonce2.length,
    }),
    hashMatches,
    meetsTarget: check >= 0 && checker.meetsTarget(check),
    // A refused share may carry no hash at all: only a hash that is the header's own is looked for.
    firstSight: hashMatches ? memory.firstSight(share.jobId, share.headerHash) : undefined,
    passedBy: message.offset <= head,
  };
}

/** Accepted shares, and refusals that rest on the hash: the rest is the gateway's word about its own facts. */
function isHashed(share: Submission): boolean {
  return share.verdict === Verdict.ACCEPTED || share.verdict === Verdict.REJECTED;
}

/** Puts the share into the checker's batch; -1 for one that no header can be built from. */
function register(context: ShareprocContext, job: KnownJob, share: Submission): number {
  if (
    share.extranonce1.length !== EXTRANONCE1_BYTES ||
    share.extranonce2.length !== EXTRANONCE2_BYTES || share.target.length !== HASH_BYTES
  ) return -1;
  try {
    const work = context.coinbases.work(job.prepared, share.variant, share.account);
    return context.checker.add(
      work,
      share.extranonce1,
      share.extranonce2,
      share.version,
      share.ntime,
      share.nonce,
      share.target,
    );
  } catch (error) {
    context.log.error("a share names a coinbase that its job does not have", {
      jobId: share.jobId,
      variant: share.variant,
      account: share.account,
      error,
    });
    return -1;
  }
}

function decode(
  { log }: ShareprocContext,
  message: Message,
  partition: number,
): Submission | undefined {
  try {
    return decodeSubmission(message.value);
  } catch (error) {
    log.error("a submission cannot be read", { partition, offset: message.offset, error });
    return undefined;
  }
}

/** floor(2^256 / (target + 1)), big-endian without leading zero bytes. */
export function workBytes(target: Uint8Array): Uint8Array {
  const hex = workOfTarget(targetFromBytes(target) as Target).toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return Uint8Array.from(even.match(/../g)!, (pair) => parseInt(pair, 16));
}
