/**
 * A share whose job cannot be had: waited for, never guessed about. What is certainly lost stops the partition, in
 * a sentence, until an operator has spoken.
 *
 * @module
 */
import type { Message } from "@gopool/bus";
import type { ShareprocContext } from "./context.ts";
import type { JobState } from "./job_book.ts";
import { WAIT_FOR_JOB_MS } from "./limits.ts";
import type { OperatorNotes } from "./operator.ts";

/** The board's name for a partition. */
export function partitionPart(partition: number): string {
  return `shareproc/partition-${partition}`;
}

/** Whether this is a name that {@link partitionPart} gives. */
export function isPartitionPart(part: string): boolean {
  return /^shareproc\/partition-\d+$/.test(part);
}

/**
 * Waits until the job can be judged by ("known") or an operator has rejected the record ("rejected").
 *
 * @throws The reason of `signal` when it aborts first; whatever the bus throws.
 */
export async function waitForJob(
  context: ShareprocContext,
  notes: OperatorNotes,
  message: Message,
  jobId: string,
  signal: AbortSignal,
): Promise<"known" | "rejected"> {
  const { board, clock, counts, jobs, log } = context;
  const { partition, offset } = message;
  const part = partitionPart(partition);
  for (let told = false;;) {
    const arrival = jobs.arrival();
    const state = await jobs.find(jobId, message.loggedAtMs);
    if (state.kind === "known") {
      board.clear(part);
      return "known";
    }
    const reason = await notes.rejection(offset, signal);
    if (reason !== undefined) {
      counts.overruled++;
      log.warn("a record is rejected at an operator's word", { partition, offset, jobId, reason });
      board.clear(part);
      return "rejected";
    }
    if (state.kind === "coming") {
      const where = `share.submissions/${partition} offset ${offset}`;
      board.set(part, "degraded", `Waiting at ${where} for job ${jobId}`);
    } else {
      const detail = stopSentence(state, partition, offset, jobId);
      board.set(part, "down", detail);
      if (!told) {
        counts.stops++;
        log.error("partition stopped", { partition, offset, jobId, detail });
      }
      told = true;
    }
    await Promise.race([clock.sleep(WAIT_FOR_JOB_MS, signal), arrival]);
    signal.throwIfAborted();
  }
}

function stopSentence(
  state: Exclude<JobState, { kind: "known" | "coming" }>,
  partition: number,
  offset: number,
  jobId: string,
): string {
  const [what, otherwise] = state.kind === "absent"
    ? [
      `job ${jobId} is not in mining.jobs, which is read to later than this share`,
      "If it is lost for good",
    ]
    : [
      `job ${jobId} cannot be used: ${state.problem}`,
      "Another build may read it. If none does",
    ];
  return `Stopped at share.submissions/${partition} offset ${offset}: ${what}. ${otherwise}: ` +
    `deno task topics reject --partition ${partition} --offset ${offset} --reason "…"`;
}
