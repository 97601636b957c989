/**
 * The last jobs, and how each came about: what this process made and what stands in the log, whoever made it.
 *
 * @module
 */
import type { BlockTemplate } from "@gopool/node";
import type { Job } from "@gopool/proto";
import type { Clock } from "@gopool/runtime";
import { JOBS_KEPT } from "./limits.ts";
import { termOf } from "./job_ids.ts";

/** Why a job was made. */
export type JobCause =
  | "new-tip"
  | "fees-rose"
  | "new-split"
  | "interval"
  | "asked"
  /** Of a leader that begins, on the tip that it finds. */
  | "new-leader";

/** What is worth knowing of a template once its transactions have gone. */
export interface TemplateFacts {
  /** host:port of who gave it. */
  readonly node: string;
  /** When it was had, milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly transactions: number;
  /** Weight units of the transactions. */
  readonly weight: number;
  /** Sigop cost of the transactions; null where the node does not tell. */
  readonly sigops: number | null;
}

/** How this process made a job. */
export interface Making {
  readonly cause: JobCause;
  /** Null for an empty block's. */
  readonly template: TemplateFacts | null;
  /** When it could go out, milliseconds since the Unix epoch. */
  readonly madeAtMs: number;
  /** The same by the clock of spans. */
  readonly madeMonotonicMs: number;
  /** From the moment in which the tip was told; null where something else caused the job. */
  readonly tipToMadeMs: number | null;
}

export interface OwnFacts extends Making {
  /** When the bus had confirmed it; null until then, and where it never did. */
  readonly publishedAtMs: number | null;
  readonly madeToPublishedMs: number | null;
}

export interface BookedJob {
  readonly job: Job;
  /** The log's time of it; null until it is read back. */
  readonly loggedAtMs: number | null;
  /** Null where another process made it. */
  readonly own: OwnFacts | null;
}

/** How long one job took: for whoever keeps statistics. Milliseconds, by the clock of spans. */
export interface JobTiming {
  readonly cause: JobCause;
  readonly empty: boolean;
  /** Null where no new tip caused it. */
  readonly tipToMadeMs: number | null;
  readonly madeToPublishedMs: number;
}

interface Entry {
  job: Job;
  loggedAtMs: number | null;
  own: OwnFacts | null;
  /** On its way to the bus: whoever watches hears of it when that has ended. */
  pending: boolean;
}

export interface JobBookDeps {
  readonly clock: Pick<Clock, "now" | "monotonic">;
  readonly observe?: (timing: JobTiming) => void;
  /** Called with each job that is in the log, once, when all is known about it. */
  readonly tell: (booked: BookedJob) => void;
}

export class JobBook {
  /** By id, in the order in which they came. */
  readonly #entries = new Map<string, Entry>();
  #current: string | null = null;
  #term = 0;

  constructor(private readonly deps: JobBookDeps) {}

  /** The newest term seen in a job; 0 before. */
  get term(): number {
    return this.#term;
  }

  /** The job that is out: of the highest term, the last. */
  get current(): BookedJob | null {
    return this.#current === null ? null : this.get(this.#current);
  }

  get(id: string): BookedJob | null {
    return this.#entries.get(id) ?? null;
  }

  /** The last jobs that the log has, the oldest first. */
  past(count: number): readonly BookedJob[] {
    const logged = [...this.#entries.values()].filter(({ loggedAtMs, pending }) =>
      loggedAtMs !== null && !pending
    );
    return count === 0 ? [] : logged.slice(-count);
  }

  /** A job of this process is about to be published. */
  making(job: Job, making: Making): void {
    const own = { ...making, publishedAtMs: null, madeToPublishedMs: null };
    this.#keep(job.id, { job, loggedAtMs: null, own, pending: true });
  }

  /** The bus has confirmed it. */
  published(id: string): void {
    const entry = this.#entries.get(id);
    if (entry?.own === undefined || entry.own === null) return;
    const { clock, observe } = this.deps;
    const madeToPublishedMs = clock.monotonic() - entry.own.madeMonotonicMs;
    entry.own = { ...entry.own, publishedAtMs: clock.now(), madeToPublishedMs };
    this.#isOut(id);
    const { cause, template, tipToMadeMs } = entry.own;
    observe?.({ cause, empty: template === null, tipToMadeMs, madeToPublishedMs });
    this.#settle(entry);
  }

  /** The bus has not confirmed it: it may stand in the log all the same. */
  unconfirmed(id: string): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#settle(entry);
  }

  /** It stands in the log. A late one of a leader that was deposed is none: gateways ignore it, too. */
  logged(job: Job, loggedAtMs: number): void {
    if (termOf(job.id) < this.#term) return;
    const entry = this.#entries.get(job.id);
    this.#isOut(job.id);
    if (entry === undefined) {
      const read: Entry = { job, loggedAtMs, own: null, pending: false };
      this.#keep(job.id, read);
      this.deps.tell(read);
    } else if (entry.loggedAtMs === null) {
      entry.loggedAtMs = loggedAtMs;
      if (!entry.pending) this.deps.tell(entry);
    }
  }

  #settle(entry: Entry): void {
    entry.pending = false;
    if (entry.loggedAtMs !== null) this.deps.tell(entry);
  }

  /** Ids are fixed-width hex of term and counter: their order is that of the jobs. */
  #isOut(id: string): void {
    if (this.#current === null || id > this.#current) this.#current = id;
    this.#term = Math.max(this.#term, termOf(id));
  }

  #keep(id: string, entry: Entry): void {
    this.#entries.set(id, entry);
    for (const old of this.#entries.keys()) {
      if (this.#entries.size <= JOBS_KEPT) break;
      if (old !== this.#current) this.#entries.delete(old);
    }
  }
}

/** @param node Who gave it. @param atMs When, milliseconds since the Unix epoch. */
export function factsOf(
  { transactions }: Pick<BlockTemplate, "transactions">,
  node: string,
  atMs: number,
): TemplateFacts {
  let weight = 0;
  let sigops: number | null = 0;
  for (const transaction of transactions) {
    weight += transaction.weight;
    // One that does not tell its own makes the sum worth nothing.
    sigops = sigops === null || transaction.sigops === undefined
      ? null
      : sigops + transaction.sigops;
  }
  return { node, atMs, transactions: transactions.length, weight, sigops };
}
