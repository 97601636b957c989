/**
 * The one share check, used by stratumd and again by shareproc. Pure: the same job and share give the same verdict.
 * Here is what a share is (`prepareJob`, `variantSuffix`), what it hashes to (`ShareChecker`), which cheap rules it
 * must keep (`checkTerms`), how a refusal is said (`stratumError`), whether it was seen (`SeenHashes`), and the
 * records it travels in (`SubmissionWriter`, `decodeSubmission`, `appendJudgement`, `decodeJudged`), and how a reader
 * of results counts each one once (`ruleOn`).
 *
 * A check, step by step:
 *
 * ```ts
 * const checker = new ShareChecker();
 * const work = checker.work(job, variantSuffix(job, variantId, accountScript)); // once per job and coinbase
 * const index = checker.add(work, extranonce1, extranonce2, version, ntime, nonce, target); // per share
 * checker.run(); // once per turn of the event loop
 * if (checker.meetsNetwork(index)) candidate(checker.header(index)); // before any rule that could refuse it
 * const good = terms === Reason.UNSPECIFIED && checker.meetsTarget(index);
 * checker.clear();
 * ```
 *
 * How it is fast. The hash is WebAssembly that wasm/ writes at start-up (20 kB, some 20 ms), once for one share at
 * a time and once for four side by side. Both work in one memory:
 *
 * ```
 * 0        the two modules' constants and scratch blocks, 4 kB each
 * 8 kB     BATCH_MAX shares of 128 bytes: what the miner chose, its target; behind that the hash and two flags
 * 520 kB   addresses of the shares to hash next, work by work
 * 536 kB   job blocks, one per Work, in places that released works leave (arena.ts)
 * ```
 *
 * A job block (wasm/share.ts JOB) holds the state of the hash after the coinbase's whole blocks before the
 * extranonce; the one or two blocks that the extranonce lies in, with zeros in its place; the blocks behind those
 * with their message schedule and the round constants added up, as no share changes them; and branch, previous
 * hash, nbits and network target as the words that the hash reads. A share's extranonce is stored already shifted
 * to the byte it begins at. Shares of a batch are grouped by Work, four to a call; lanes may differ in all that a
 * miner chooses and in the target. A group's single leftover takes the one-lane code, which is sooner done.
 *
 * What it costs (bench beside the code): about 2.7 µs a share in batches, 7.3 µs alone, for a coinbase of 300 bytes
 * and 12 branches.
 *
 * @module
 */
export {
  type Link,
  MADE_AGAIN_MS,
  type Position,
  ruleOn,
  type Ruling,
  startOf,
} from "./chain_rule.ts";
export { type CheckerOptions, ShareChecker, type Work } from "./check.ts";
export { decodeJudged, decodeSubmission } from "./decode.ts";
export { type CreditFields, decodeCredit } from "./decode_credit.ts";
export { StatisticsReader, type StatisticsShare } from "./decode_statistics.ts";
export { appendJudgement, SubmissionWriter } from "./encode.ts";
export { coinbaseOf, type PreparedJob, prepareJob, variantSuffix } from "./job.ts";
export { JOB_MAX_AGE_MS, JOB_MAX_LIFE_MS, OUTBOX_MAX_AGE_MS, REPEAT_HORIZON_MS } from "./limits.ts";
export { createNonceScanner, type NonceScanner } from "./miner.ts";
export { headerOf, type ShareFields } from "./plain.ts";
export { isStale, type StratumError, stratumError } from "./reasons.ts";
export type { Judged, Judgement, OperatorNote, Submission } from "./records.ts";
export { checkTerms, MAX_FUTURE_SECONDS, type Terms } from "./rules.ts";
export { SeenHashes } from "./seen.ts";
export { MalformedShare } from "./wire_reader.ts";
