/**
 * A share between its line and its verdict, its record for the log, and its refusal on the wire.
 *
 * @module
 */
import { EXTRANONCE2_BYTES } from "@gopool/chain";
import { type Reason, Verdict } from "@gopool/proto";
import { stratumError, SubmissionWriter } from "@gopool/shares";
import type { SubmitLine } from "@gopool/stratum";
import type { Answer } from "./answers.ts";
import type { GatewayJob, JobForm } from "./jobs.ts";
import type { Session, Worker } from "./session.ts";

/** The target of a share that no difficulty was ever given for: nothing meets it. */
export const NO_TARGET: Uint8Array = new Uint8Array(32);

const writer = new SubmissionWriter();

/** A share between its line and its verdict. Reused from batch to batch. */
export class Taken {
  session!: Session;
  answer: Answer | null = null;
  job!: GatewayJob;
  form!: JobForm;
  worker: Worker | null = null;
  readonly extranonce2: Uint8Array = new Uint8Array(EXTRANONCE2_BYTES);
  version = 0;
  mask = 0;
  ntime = 0;
  nonce = 0;
  /** Null where the job was never sent to the session. */
  target: Uint8Array | null = null;
  difficulty = 0;
  receivedAtMs = 0;
  startedMs = 0;
}

/** What was found about a share. */
export interface Found {
  readonly hash: Uint8Array;
  readonly verdict: Verdict;
  readonly reason: Reason;
  /** When the verdict stood, monotonic ms. */
  readonly nowMs: number;
  /** Further refused shares that the record stands for. */
  readonly unlisted: number;
}

/** The share's record on `share.submissions`. */
export function encodeTaken(
  { pool, gateway }: { readonly pool: string; readonly gateway: string },
  taken: Taken,
  { hash, verdict, reason, nowMs, unlisted }: Found,
): Uint8Array {
  const { session, job, worker } = taken;
  return writer.write({
    pool,
    gateway,
    session: session.sessionId,
    jobId: job.id,
    variant: taken.form.recipe.id,
    account: worker?.account ?? "",
    worker: worker?.worker ?? "",
    extranonce1: session.extranonce!.extranonce1,
    extranonce2: taken.extranonce2,
    ntime: taken.ntime,
    nonce: taken.nonce,
    version: taken.version,
    target: taken.target ?? NO_TARGET,
    headerHash: hash,
    verdict,
    reason,
    receivedAtMs: taken.receivedAtMs,
    jobSentAtMs: Math.max(job.sentAtMs, session.welcomedAtMs),
    processingUs: Math.max(0, Math.round((nowMs - taken.startedMs) * 1000)),
    userAgentClass: session.agent.class,
    versionMask: taken.mask,
    unlisted,
  });
}

/** A refused share without a header: its job is not known, or its extranonce2 is none, or it could not be read. */
export interface Unhashed {
  readonly session: Session;
  readonly worker: Worker;
  /** Null where the params could not be read. */
  readonly line: SubmitLine | null;
  readonly job: GatewayJob | null;
  readonly variant: number;
  readonly receivedAtMs: number;
  readonly startedMs: number;
}

const NOTHING = new Uint8Array();

/** Ids that this pool never gives are no job's: what a miner made up is not written down. */
const JOB_ID = /^[0-9a-f]{16}$/i;

/** Its record: what can be told of it; hash and target are empty, so that nobody takes them for facts. */
export function encodeUnhashed(
  { pool, gateway }: { readonly pool: string; readonly gateway: string },
  { session, worker, line, job, variant, receivedAtMs, startedMs }: Unhashed,
  { reason, nowMs, unlisted }: Pick<Found, "reason" | "nowMs" | "unlisted">,
): Uint8Array {
  const mask = job === null ? session.versionMask : session.versionMask & job.job.versionMask;
  const bits = Math.max(0, line?.versionBits ?? 0);
  const jobId = job?.id ?? line?.jobId ?? "";
  return writer.write({
    pool,
    gateway,
    session: session.sessionId,
    jobId: JOB_ID.test(jobId) ? jobId.toLowerCase() : "",
    variant,
    account: worker.account,
    worker: worker.worker,
    extranonce1: session.extranonce!.extranonce1,
    extranonce2: line?.extranonce2Length === EXTRANONCE2_BYTES ? line.extranonce2 : NOTHING,
    ntime: line?.ntime ?? 0,
    nonce: line?.nonce ?? 0,
    version: job === null ? bits : ((job.job.version & ~mask) | bits) >>> 0,
    target: NOTHING,
    headerHash: NOTHING,
    verdict: Verdict.REJECTED,
    reason,
    receivedAtMs,
    jobSentAtMs: job === null ? 0 : Math.max(job.sentAtMs, session.welcomedAtMs),
    processingUs: Math.max(0, Math.round((nowMs - startedMs) * 1000)),
    userAgentClass: session.agent.class,
    versionMask: mask >>> 0,
    unlisted,
  });
}

/** The whole answer to a share that does not count. */
export function refusal(rawId: string, reason: Reason): string {
  const { code, text } = stratumError(reason);
  return `{"id":${rawId},"result":null,"error":[${code},${JSON.stringify(text)},null]}\n`;
}
