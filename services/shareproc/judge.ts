/**
 * The rules by which a submission is paid or not. Pure: the same record, job and memory give the same judgement on
 * every machine and on every day, so judging again changes nothing.
 *
 * @module
 */
import { Reason, Verdict } from "@gopool/proto";
import { REPEAT_HORIZON_MS } from "@gopool/shares";

/** What is known of one submission when it is judged. */
export interface Evidence {
  /** As the gateway answered. */
  readonly verdict: Verdict;
  readonly reason: Reason;
  readonly offset: number;
  /** Log-append time of the submission and of its job. */
  readonly loggedAtMs: number;
  readonly jobLoggedAtMs: number;
  /** The cheap rules, judged again: mask, ntime against the time of receipt, lengths. UNSPECIFIED when all hold. */
  readonly terms: Reason;
  /** The header the judge built hashes to what the gateway wrote. */
  readonly hashMatches: boolean;
  readonly meetsTarget: boolean;
  /** Offset of this header's first valid sight on the partition, if it has one. */
  readonly firstSight: number | undefined;
  /**
   * A later record of the partition stands on share.valid, and this one was not there when the partition was taken
   * over: the writer of the later one has vouched that this one is not valid.
   */
  readonly passedBy: boolean;
}

export interface Judgement {
  readonly kind: "valid" | "rejected" | "stale";
  /** The judge's own; UNSPECIFIED where it agrees with the gateway. */
  readonly reason: Reason;
  /** Gateway and judge see a pure fact differently: counted, and somebody should look. */
  readonly disagreement: boolean;
}

const VALID: Judgement = { kind: "valid", reason: Reason.UNSPECIFIED, disagreement: false };
const STALE: Judgement = { kind: "stale", reason: Reason.UNSPECIFIED, disagreement: false };
const REFUSED: Judgement = { kind: "rejected", reason: Reason.UNSPECIFIED, disagreement: false };
const REPUBLISHED: Judgement = {
  kind: "rejected",
  reason: Reason.REPUBLISHED,
  disagreement: false,
};

/** An operator let the log go on past it while its job could not be had. It stays so, also when the job is back. */
const PASSED_BY: Judgement = { kind: "rejected", reason: Reason.OPERATOR, disagreement: false };

/** Paid = answered true, and the judge agrees, and not a repeat (guarantee 2). */
export function judge(e: Evidence): Judgement {
  if (e.verdict !== Verdict.ACCEPTED) return judgeRefused(e);
  // Past this the memory of repeats may have forgotten the job: nothing that late can be told from a repeat.
  if (e.loggedAtMs > e.jobLoggedAtMs + REPEAT_HORIZON_MS) return disagree(Reason.STALE_JOB);
  if (e.terms !== Reason.UNSPECIFIED) return disagree(e.terms);
  if (!e.hashMatches) return disagree(Reason.MALFORMED);
  if (!e.meetsTarget) return disagree(Reason.LOW_DIFFICULTY);
  if (e.firstSight !== undefined && e.firstSight !== e.offset) return REPUBLISHED;
  return e.firstSight === undefined && e.passedBy ? PASSED_BY : VALID;
}

/** A refused share never becomes valid; that the judge would have taken it is worth a count. */
function judgeRefused(e: Evidence): Judgement {
  if (e.verdict === Verdict.STALE) return STALE;
  const unfounded = e.reason === Reason.LOW_DIFFICULTY
    ? e.terms === Reason.UNSPECIFIED && e.hashMatches && e.meetsTarget
    : isTerm(e.reason) && e.terms === Reason.UNSPECIFIED && e.hashMatches;
  return unfounded ? { ...REFUSED, disagreement: true } : REFUSED;
}

/** Reasons that the cheap rules give. */
function isTerm(reason: Reason): boolean {
  return reason === Reason.NTIME_TOO_OLD || reason === Reason.NTIME_TOO_NEW ||
    reason === Reason.BAD_VERSION_BITS;
}

function disagree(reason: Reason): Judgement {
  return { kind: "rejected", reason, disagreement: true };
}
