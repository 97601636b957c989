/**
 * One partition of `share.submissions`: judges its records in order and publishes what it finds, batch strictly
 * after batch. The state here is what the chain of valid offsets rests on.
 *
 * @module
 */
import { type Batch, type OutRecord, shareRejected, shareStale, shareValid } from "@gopool/bus";
import type { PartitionStart } from "./chain_of_valid.ts";
import type { ShareprocContext } from "./context.ts";
import { type Judged, judgeRun, type Judging } from "./judge_run.ts";
import { OperatorNotes } from "./operator.ts";
import { republish } from "./republish.ts";
import { partitionPart, waitForJob } from "./waiting.ts";

export class PartitionJudge {
  /** Greatest source offset of a valid share that is durable on share.valid. */
  #head: number;
  #loggedAtMs: number;
  #next: number;
  readonly #notes: OperatorNotes;
  #publishing: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(
    private readonly context: ShareprocContext,
    readonly partition: number,
    private readonly start: PartitionStart,
  ) {
    this.#head = start.head;
    this.#loggedAtMs = start.loggedAtMs;
    this.#next = start.next;
    this.#notes = new OperatorNotes(context.bus, partition);
  }

  get head(): number {
    return this.#head;
  }

  /** Offset of the record that is judged next. */
  get next(): number {
    return this.#next;
  }

  /** Header hashes held to tell repeats by. */
  get remembered(): number {
    return this.start.memory.size;
  }

  /** Log time of the last record judged: that of the next never falls below it. */
  get loggedAtMs(): number {
    return this.#loggedAtMs;
  }

  /** Runs `work` between two publishes of this partition. @throws {Error} The partition was given back. */
  exclusively(work: () => Promise<void>): Promise<void> {
    const done = this.#publishing.then(() => {
      if (this.#ended) throw new Error(`Partition ${this.partition} was given back`);
      return work();
    });
    this.#publishing = done.catch(() => {});
    return done;
  }

  /** The partition goes to another member: resolves when nothing more is published from here. */
  end(): Promise<void> {
    this.#ended = true;
    return this.#publishing;
  }

  /** Judges and publishes a batch; throws what the bus throws, and may then be given the same batch again. */
  async handle(batch: Batch, signal: AbortSignal): Promise<void> {
    const { context, partition } = this;
    let overruled = -1;
    for (let at = 0; at < batch.messages.length;) {
      signal.throwIfAborted();
      const run = judgeRun(context, this.#judging(overruled), batch.messages, at);
      await this.#publish(run.judged, false);
      this.#loggedAtMs = run.loggedAtMs;
      if (run.next > at) this.#next = batch.messages[run.next - 1]!.offset + 1;
      at = run.next;
      if (run.republishFrom !== undefined) {
        await republish(context, {
          partition,
          from: run.republishFrom,
          noteOffset: batch.messages[at - 1]!.offset,
          validHead: this.#head,
          publish: (judged) => this.#publish(judged, true),
        }, signal);
      }
      if (run.missingJob !== undefined) {
        const message = batch.messages[at]!;
        const outcome = await waitForJob(context, this.#notes, message, run.missingJob, signal);
        if (outcome === "rejected") overruled = message.offset;
      }
    }
    context.board.clear(partitionPart(partition));
    this.#notes.forget(batch.messages.at(-1)!.offset);
    this.start.memory.forget(this.#loggedAtMs);
    context.jobs.needsBack(partition, this.#loggedAtMs);
  }

  #judging(overruled: number): Judging {
    return {
      logId: this.context.logId,
      partition: this.partition,
      memory: this.start.memory,
      head: this.#head,
      loggedAtMs: this.#loggedAtMs,
      overruled: (offset) => offset === overruled,
    };
  }

  #publish(judged: Judged, again: boolean): Promise<void> {
    const { bus, counts } = this.context;
    const publish = (topic: typeof shareValid, records: readonly OutRecord[]) =>
      records.length === 0 ? undefined : bus.publish(topic, records);
    return this.exclusively(async () => {
      const results = await Promise.allSettled([
        publish(shareValid, judged.valid),
        publish(shareRejected, judged.rejected),
        publish(shareStale, judged.stale),
      ]);
      // All three have come back before the batch goes again: nothing of it is under way any more.
      for (const result of results) if (result.status === "rejected") throw result.reason;
      // Only after all are durable: a crash before this repeats the batch, with the same links.
      this.#head = Math.max(this.#head, judged.head);
      if (again) counts.republished += judged.valid.length;
      else counts.add(judged);
    });
  }
}
