/**
 * Publishes again what is valid from an offset up to an operator's note, linked like the first time: for a reader
 * of `share.valid` that has seen a gap. Begun anew after a crash it gives the same records.
 *
 * @module
 */
import { shareSubmissions } from "@gopool/bus";
import type { ShareprocContext } from "./context.ts";
import { type Judged, judgeRun } from "./judge_run.ts";
import { OperatorNotes } from "./operator.ts";
import { partitionPart, waitForJob } from "./waiting.ts";

export interface Republish {
  readonly partition: number;
  /** First submission to judge again, as the operator asks. */
  readonly from: number;
  /** Where the note stands: what comes after it was never judged yet. */
  readonly noteOffset: number;
  /** Greatest valid offset ever published: stands in each record, so that the last one always tells it. */
  readonly validHead: number;
  readonly publish: (judged: Judged) => Promise<void>;
}

export async function republish(
  context: ShareprocContext,
  { partition, from: asked, noteOffset, validHead, publish }: Republish,
  signal: AbortSignal,
): Promise<void> {
  const { bus, board, log } = context;
  const { earliest } = (await bus.ends(shareSubmissions))[partition]!;
  if (asked >= noteOffset) {
    log.warn("nothing to publish again: the note names an offset that is not before it", {
      partition,
      from: asked,
      noteOffset,
    });
    return;
  }
  const from = Math.max(asked, earliest);
  log.warn("publishing again at an operator's word", { partition, asked, from, noteOffset });
  const part = partitionPart(partition);
  board.set(part, "degraded", `Publishing share.submissions/${partition} again from ${from}`);
  const past = await context.pastOf(partition, from, signal);
  const notes = new OperatorNotes(bus, partition);
  const rejected = new Set(past.overruled);
  let { head, loggedAtMs } = past;
  for await (const { messages } of bus.read(shareSubmissions, partition, from)) {
    const batch = messages.filter((m) => m.offset < noteOffset);
    for (let at = 0; at < batch.length;) {
      signal.throwIfAborted();
      const judging = {
        logId: context.logId,
        partition,
        memory: past.memory,
        head,
        loggedAtMs,
        overruled: (offset: number) => rejected.has(offset),
        validHead,
      };
      const run = judgeRun(context, judging, batch, at);
      await publish(run.judged);
      ({ loggedAtMs } = run);
      head = Math.max(head, run.judged.head);
      at = run.next;
      if (run.missingJob !== undefined) {
        const message = batch[at]!;
        const outcome = await waitForJob(context, notes, message, run.missingJob, signal);
        if (outcome === "rejected") rejected.add(message.offset);
      }
    }
    past.memory.forget(loggedAtMs);
    context.jobs.needsBack(partition, loggedAtMs);
    if (batch.length < messages.length) break;
  }
  board.clear(part);
}
