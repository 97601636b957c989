/**
 * One partition of `share.submissions`: judges its records in order and publishes what it finds, batch strictly
 * after batch. The state here is what the chain of valid offsets rests on.
 *
 * @module
 */
import {
  type Batch,
  type Message,
  type OutRecord,
  shareRejected,
  shareStale,
  shareSubmissions,
  shareValid,
} from "@gopool/bus";
import type { PartitionStart } from "./chain_of_valid.ts";
import { type Judged, judgeRun, type Judging } from "./judge_run.ts";
import { findOperatorNote } from "./operator.ts";
import { WAIT_FOR_JOB_MS } from "./limits.ts";
import type { ShareprocContext } from "./context.ts";

export class PartitionJudge {
  /** Greatest source offset of a valid share that is durable on share.valid. */
  #head: number;
  #loggedAtMs: number;
  /** Where the search for an operator's word about the record that holds us up has come to. */
  #searched = 0;
  #busy: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: ShareprocContext,
    readonly partition: number,
    private readonly start: PartitionStart,
  ) {
    this.#head = start.head;
    this.#loggedAtMs = start.loggedAtMs;
  }

  get head(): number {
    return this.#head;
  }

  /** Runs `work` between two batches of this partition. */
  exclusively(work: () => Promise<void>): Promise<void> {
    const done = this.#busy.then(work);
    this.#busy = done.catch(() => {});
    return done;
  }

  /** Judges and publishes a batch; throws what the bus throws, and may then be given the same batch again. */
  handle(batch: Batch, signal: AbortSignal): Promise<void> {
    return this.exclusively(() => this.#handle(batch, signal));
  }

  async #handle(batch: Batch, signal: AbortSignal): Promise<void> {
    let at = 0;
    let overruled = -1;
    while (at < batch.messages.length) {
      signal.throwIfAborted();
      const run = judgeRun(this.context, this.#judging(overruled), batch.messages, at);
      await this.#publish(run.judged, false);
      this.#loggedAtMs = run.loggedAtMs;
      at = run.next;
      if (run.republishFrom !== undefined) {
        await this.#republish(run.republishFrom, batch.messages[at - 1]!.offset, signal);
      }
      if (run.missingJob !== undefined) {
        overruled = await this.#waitForJob(batch.messages[at]!, run.missingJob, signal);
      }
    }
    this.context.board.clear(this.#part);
    this.start.memory.forget(this.#loggedAtMs);
    this.context.jobs.needsBack(this.partition, this.#loggedAtMs);
  }

  #judging(overruled: number): Judging {
    return {
      logId: this.context.logId,
      partition: this.partition,
      memory: this.start.memory,
      head: this.#head,
      loggedAtMs: this.#loggedAtMs,
      overruled,
    };
  }

  async #publish(judged: Judged, again: boolean): Promise<void> {
    const { bus, counts } = this.context;
    const publish = (topic: typeof shareValid, records: readonly OutRecord[]) =>
      records.length === 0 ? undefined : bus.publish(topic, records);
    await Promise.all([
      publish(shareValid, judged.valid),
      publish(shareRejected, judged.rejected),
      publish(shareStale, judged.stale),
    ]);
    // Only after all are durable: a crash before this repeats the batch, with the same links.
    this.#head = Math.max(this.#head, judged.head);
    if (again) counts.republished += judged.valid.length;
    else counts.add(judged);
  }

  /** Publishes again what is valid from `from` up to the operator's note, linked like the first time. */
  async #republish(from: number, noteOffset: number, signal: AbortSignal): Promise<void> {
    const { context, partition } = this;
    context.log.warn("publishing again at an operator's word", { partition, from, noteOffset });
    const past = await context.pastOf(partition, from);
    let loggedAtMs = past.loggedAtMs;
    let head = past.head;
    for await (const { messages } of context.bus.read(shareSubmissions, partition, from)) {
      const batch = messages.filter((m) => m.offset < noteOffset);
      for (let at = 0; at < batch.length;) {
        signal.throwIfAborted();
        const judging = {
          logId: context.logId,
          partition,
          memory: past.memory,
          head,
          loggedAtMs,
          overruled: -1,
          validHead: this.#head,
        };
        const run = judgeRun(context, judging, batch, at);
        await this.#publish(run.judged, true);
        ({ loggedAtMs } = run);
        head = Math.max(head, run.judged.head);
        at = run.next;
        if (run.missingJob !== undefined) {
          const offset = await this.#waitForJob(batch[at]!, run.missingJob, signal);
          // The operator let this one go by in the past: it is not valid now either.
          if (offset >= 0) at++;
        }
      }
      if (batch.length < messages.length) return;
    }
  }

  /**
   * Waits until the job is read (-1) or an operator rejects the record (its offset). A job that `mining.jobs`
   * certainly does not hold stops the partition here, in a sentence, until the operator says so.
   */
  async #waitForJob(message: Message, jobId: string, signal: AbortSignal): Promise<number> {
    const { board, bus, clock, jobs } = this.context;
    const where = `share.submissions/${this.partition} offset ${message.offset}`;
    this.#searched = Math.max(this.#searched, message.offset);
    for (let told = false; !jobs.has(jobId);) {
      const absent = await jobs.isAbsent(jobId, message.loggedAtMs);
      const note = await findOperatorNote(bus, this.partition, this.#searched, message.offset);
      this.#searched = note.searched;
      if (note.reason !== undefined) return message.offset;
      if (absent && !told) {
        told = true;
        this.context.counts.stops++;
        this.context.log.error(
          "partition stopped: a submission names a job that was never written",
          {
            partition: this.partition,
            offset: message.offset,
            jobId,
          },
        );
      }
      board.set(
        this.#part,
        absent ? "down" : "degraded",
        absent
          ? `Stopped at ${where}: job ${jobId} is not in mining.jobs, which is read to later than this share. ` +
            `If it is lost for good: deno task topics reject --partition ${this.partition} --offset ${message.offset} --reason "…"`
          : `Waiting at ${where} for job ${jobId}`,
      );
      await Promise.race([clock.sleep(WAIT_FOR_JOB_MS, signal), jobs.arrival()]);
      signal.throwIfAborted();
    }
    board.clear(this.#part);
    return -1;
  }

  get #part(): string {
    return `shareproc/partition-${this.partition}`;
  }
}
