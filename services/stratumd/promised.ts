/**
 * Shares that wait for the log, and what their miners are told when it has decided.
 *
 * @module
 */
import { Reason } from "@gopool/proto";
import { decodeSubmission } from "@gopool/shares";
import type { Answer } from "./answers.ts";
import type { GatewayJob } from "./jobs.ts";
import type { Outcome } from "./outbox.ts";
import type { Session } from "./session.ts";
import { refusal } from "./taken.ts";
import { countRefused } from "./tally.ts";

/** A share answered true as soon as its record is durable. */
export interface Promised {
  readonly session: Session;
  readonly answer: Answer | null;
  readonly job: GatewayJob;
  readonly record: Uint8Array;
}

/** Shares by what became of them, since the start. */
export interface ShareCounts {
  accepted: number;
  rejected: number;
  stale: number;
  notStored: number;
  outcomeUnknown: number;
}

/** The log, or its absence, has decided: now the miners are told. */
export function settlePromised(
  promised: readonly Promised[],
  outcome: Outcome,
  counts: ShareCounts,
): void {
  if (outcome === "written") {
    counts.accepted += promised.length;
    for (const { session, answer } of promised) {
      if (answer === null) continue;
      answer.line = `{"id":${answer.rawId},"result":true,"error":null}\n`;
      session.advance();
    }
    return;
  }
  const reason = outcome === "unknown" ? Reason.OUTCOME_UNKNOWN : Reason.NOT_STORED;
  if (outcome === "unknown") counts.outcomeUnknown += promised.length;
  else counts.notStored += promised.length;
  for (const { session, answer, job, record } of promised) {
    // Sent again it must be published again, not be called a duplicate (guarantee 1).
    job.seen.remove(decodeSubmission(record).headerHash);
    session.accepted--;
    countRefused(session, reason);
    if (answer === null) continue;
    answer.line = refusal(answer.rawId, reason);
    session.advance();
  }
}
