/**
 * The last steps of a job: in turn, only while it is still of use, transactions before job, and on the books.
 *
 * @module
 */
import { equalBytes } from "@gopool/chain";
import type { Nodes, Tip } from "@gopool/node";
import type { Job, RewardSplit } from "@gopool/proto";
import { type Clock, type Logger, orGiveUp, type StatusBoard } from "@gopool/runtime";
import type { Composed, Held } from "./composer.ts";
import { factsOf, type JobBook, type JobCause, type Making } from "./job_book.ts";
import { DRAIN_MS, TEMPLATE_OLD_MS } from "./limits.ts";
import type { Publisher } from "./publisher.ts";

export interface SenderDeps {
  readonly nodes: Pick<Nodes, "tellings">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly publisher: Publisher;
  readonly book: JobBook;
  /** Of the last job in the log, whoever made it. */
  readonly lastPreviousHash: Uint8Array | undefined;
}

/** The last job that this leader has sent. */
export interface Sent {
  readonly value: bigint;
  /** By the clock of spans. */
  readonly atMs: number;
  readonly settledSplit: RewardSplit | undefined | null;
}

/** On the board: what miners work on. */
export const WORK = "jobmanager/work";

export class Sender {
  #tip: Tip | undefined;
  #sent: Sent | undefined;
  #worked: Held | undefined;
  #sentPreviousHash: Uint8Array | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly deps: SenderDeps) {
    this.#sentPreviousHash = deps.lastPreviousHash;
  }

  get tip(): Tip | undefined {
    return this.#tip;
  }

  get sent(): Sent | undefined {
    return this.#sent;
  }

  /** The template that the last full job was made of. */
  get worked(): Held | undefined {
    return this.#worked;
  }

  /**
   * From now on only jobs on this tip go out.
   *
   * @returns Why those are made that it asks for. The first is the one that this leader finds: no news.
   */
  onTip(tip: Tip): JobCause {
    const cause = this.#tip === undefined ? "new-leader" : "new-tip";
    this.#tip = tip;
    return cause;
  }

  isOnTip(previousHash: Uint8Array): boolean {
    return this.#tip !== undefined && equalBytes(previousHash, this.#tip.hash);
  }

  /** @returns Whether it went out: not where the tip has moved. */
  full(composed: Composed, held: Held, cause: JobCause, signal: AbortSignal): Promise<boolean> {
    const { job } = composed;
    const { template, node, hadAtMs } = held;
    const making = this.#making(job, cause, factsOf(template, node, hadAtMs));
    return this.#inTurn(async () => {
      if (signal.aborted || !this.isOnTip(job.previousHash)) return false;
      // First the transactions, then the job: so a block can always be built from the log.
      const { publisher, clock } = this.deps;
      const stored = publisher.template(template);
      job.templateId = await orGiveUp(stored, clock, signal, DRAIN_MS);
      if (!await this.#send(composed, making, held, signal)) return false;
      this.#worked = held;
      return true;
    });
  }

  /** @returns Whether it went out: not where the tip has moved, or has its full job. */
  empty(job: Job, held: Held, cause: JobCause, signal: AbortSignal): Promise<boolean> {
    const settledSplit = this.#sent?.settledSplit;
    const making = this.#making(job, cause, null);
    return this.#inTurn(async () => {
      // The full job may have been sooner: after it, an empty block would only lose its fees.
      if (this.#worked !== undefined && this.isOnTip(this.#worked.template.previousHash)) {
        return false;
      }
      return await this.#send({ job, settledSplit }, making, held, signal);
    });
  }

  /** Takes what is said of the work off the board: this leader has stopped. */
  end(): void {
    this.deps.board.clear(WORK);
  }

  async #send(
    { job, settledSplit }: Composed,
    making: Making,
    held: Held,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { clock, log } = this.deps;
    // The lease may have gone, or the tip, while the template was on its way.
    if (signal.aborted || !this.isOnTip(job.previousHash)) return false;
    const last = this.#sentPreviousHash;
    job.clean = last === undefined || !equalBytes(last, job.previousHash);
    await orGiveUp(this.#publish(job, making), clock, signal, DRAIN_MS);
    this.#sentPreviousHash = job.previousHash;
    const atMs = clock.monotonic();
    this.#sent = { value: job.coinbaseValue, atMs, settledSplit };
    const { id, height, clean, templateId } = job;
    log.debug("job", { id, height, clean, template: templateId, cause: making.cause });
    this.#sayWork(job, held, atMs);
    return true;
  }

  /** On the books also where nobody waits for its end any more. */
  async #publish(job: Job, making: Making): Promise<void> {
    const { publisher, book } = this.deps;
    book.making(job, making);
    try {
      await publisher.job(job);
      book.published(job.id);
    } catch (error) {
      book.unconfirmed(job.id);
      throw error;
    }
  }

  #making({ previousHash }: Job, cause: JobCause, template: Making["template"]): Making {
    const { clock, nodes } = this.deps;
    const madeMonotonicMs = clock.monotonic();
    const [first] = cause === "new-tip" ? nodes.tellings(previousHash) : [];
    const tipToMadeMs = first === undefined ? null : madeMonotonicMs - first.monotonicMs;
    return { cause, template, madeAtMs: clock.now(), madeMonotonicMs, tipToMadeMs };
  }

  #sayWork({ height, templateId }: Job, { template, atMs }: Held, nowMs: number): void {
    const count = templateId === "" ? 0 : template.transactions.length;
    const isOld = nowMs - atMs >= TEMPLATE_OLD_MS;
    const age = `, from a template ${
      Math.round((nowMs - atMs) / 1000)
    } s old: no node gives a new one`;
    const sentence = `Height ${height}, ${count} transactions${isOld ? age : ""}`;
    this.deps.board.set(WORK, isOld ? "degraded" : "ok", sentence);
  }

  /** Jobs go out one after another. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}
