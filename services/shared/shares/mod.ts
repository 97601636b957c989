/**
 * The one share check, used by stratumd and again by shareproc. Pure: the same job and share give the same verdict.
 *
 * @module
 */
export { ShareChecker, type Work } from "./check.ts";
export {
  type Link,
  MADE_AGAIN_MS,
  type Position,
  ruleOn,
  type Ruling,
  startOf,
} from "./chain_rule.ts";
export { decodeJudged, decodeSubmission } from "./decode.ts";
export { appendJudgement, SubmissionWriter } from "./encode.ts";
export { coinbaseOf, type PreparedJob, prepareJob, variantSuffix } from "./job.ts";
export { JOB_MAX_AGE_MS, JOB_MAX_LIFE_MS, OUTBOX_MAX_AGE_MS, REPEAT_HORIZON_MS } from "./limits.ts";
export { isStale, type StratumError, stratumError } from "./reasons.ts";
export type { Judged, Judgement, OperatorNote, Submission } from "./records.ts";
export { checkTerms, MAX_FUTURE_SECONDS, type Terms } from "./rules.ts";
export { SeenHashes } from "./seen.ts";
export { MalformedShare } from "./wire_reader.ts";
