/**
 * A share between its line and its verdict, its record for the log, and its refusal on the wire.
 *
 * @module
 */
import { EXTRANONCE2_BYTES } from "@gopool/chain";
import type { Reason, Verdict } from "@gopool/proto";
import { stratumError, SubmissionWriter } from "@gopool/shares";
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

/** The whole answer to a share that does not count. */
export function refusal(rawId: string, reason: Reason): string {
  const { code, text } = stratumError(reason);
  return `{"id":${rawId},"result":null,"error":[${code},${JSON.stringify(text)},null]}\n`;
}
