/**
 * The jobs that shares are judged by, from `mining.jobs` alone. A job that is not in the book has either not been
 * read yet, or was never written: the book tells which, and never guesses.
 *
 * @module
 */
import { type Batch, type Bus, miningJobs } from "@gopool/bus";
import { fromBinary, JobSchema } from "@gopool/proto";
import type { Follow } from "@gopool/runtime";
import { type PreparedJob, prepareJob, REPEAT_HORIZON_MS } from "@gopool/shares";
import { ABSENT_MAX, CANDIDATE_HORIZON_MS } from "./limits.ts";

export interface KnownJob {
  readonly prepared: PreparedJob;
  readonly loggedAtMs: number;
}

/** Where a job stands that a share names. */
export type JobState =
  | { readonly kind: "known" }
  /** Not read yet: it may be on its way. */
  | { readonly kind: "coming" }
  /** The whole topic is read, to later than the share, and does not hold it. */
  | { readonly kind: "absent" }
  /** It is there, and no share can be judged by it; why, as a sentence. */
  | { readonly kind: "unusable"; readonly problem: string };

interface Entry {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly loggedAtMs: number;
  /** Decoded when first asked for: most jobs of a long past never are. */
  known?: KnownJob;
  problem?: string;
}

/** Jobs held behind the newest one, whatever the partitions need: candidates are read again this far back. */
const KEPT_MS = CANDIDATE_HORIZON_MS + REPEAT_HORIZON_MS;

export interface JobBookHooks {
  /** Told when a job is dropped, so that what was prepared from it can go too. */
  readonly dropped?: (job: PreparedJob) => void;
  /** Told once of each job that cannot be used. */
  readonly malformed?: (id: string, error: Error) => void;
}

/**
 * Holds a few kB per job: those of the last two hours, and as far back as a partition that lags needs (2,880 a day),
 * until that has moved on.
 */
export class JobBook {
  readonly #entries = new Map<string, Entry>();
  readonly #needs = new Map<number, number>();
  /** Ids that a search of the whole topic did not find. */
  readonly #absent = new Set<string>();
  #covering: Promise<void> = Promise.resolve();
  /** Offsets of mining.jobs that the book holds: [#from, #next). */
  #from = -1;
  #next = -1;
  #lastLoggedAtMs = -Infinity;
  #arrived = Promise.withResolvers<void>();

  constructor(
    private readonly bus: Bus,
    private readonly pool: string,
    private readonly hooks: JobBookHooks = {},
  ) {}

  /**
   * Reads what stands in the topic, from as far back as candidates are read again, then follows it until `signal`
   * aborts. Begun anew it goes on where it was. The past is measured by the log's own time: a wrong clock here
   * would hide jobs.
   */
  async follow({ signal, caughtUp, onTrouble }: Follow): Promise<void> {
    const [ends] = await this.bus.ends(miningJobs);
    const newest = await this.bus.last(miningJobs, 0);
    const [since] = await this.bus.offsetAt(miningJobs, (newest?.loggedAtMs ?? 0) - KEPT_MS);
    const wanted = this.#next < 0 ? since! : this.#next;
    const from = Math.min(Math.max(wanted, ends!.earliest), ends!.next);
    if (this.#next < 0) this.#from = from;
    this.#next = from;
    await this.bus.follow(miningJobs, {
      from: { kind: "offsets", offsets: [from] },
      batchMax: 500,
      signal,
      caughtUp,
      onTrouble,
    }, (batch) => {
      this.#take(batch);
      this.#next = batch.messages.at(-1)!.offset + 1;
      this.#prune();
      this.#arrived.resolve();
      this.#arrived = Promise.withResolvers();
      return Promise.resolve();
    });
  }

  /** Makes sure that jobs logged at or after `sinceMs` are in the book, and stay; a partition that lags asks for them. */
  cover(partition: number, sinceMs: number): Promise<void> {
    this.#needs.set(partition, sinceMs);
    return this.#readBackTo(sinceMs);
  }

  /** The partition has moved on (or left: undefined): older jobs may go. */
  needs(partition: number, sinceMs: number | undefined): void {
    if (sinceMs === undefined) this.#needs.delete(partition);
    else this.#needs.set(partition, sinceMs);
  }

  /** The job, ready to judge by; undefined where it is not in the book, or cannot be used. */
  get(id: string): KnownJob | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    if (entry.known === undefined && entry.problem === undefined) this.#prepare(id, entry);
    return entry.known;
  }

  /**
   * Where a job stands that a submission of this log time names. Before it says "absent" it has looked through the
   * whole topic: the topic is read to its end of now, and that end is later than the submission.
   */
  async find(id: string, submissionLoggedAtMs: number): Promise<JobState> {
    if (!this.#entries.has(id)) await this.#readBackTo(submissionLoggedAtMs - REPEAT_HORIZON_MS);
    if (!this.#entries.has(id)) {
      const [ends] = await this.bus.ends(miningJobs);
      const isRead = this.#next >= ends!.next && this.#lastLoggedAtMs > submissionLoggedAtMs;
      if (!isRead) return { kind: "coming" };
      await this.#search(id, ends!.earliest);
    }
    if (this.get(id) !== undefined) return { kind: "known" };
    const problem = this.#entries.get(id)?.problem;
    return problem === undefined ? { kind: "absent" } : { kind: "unusable", problem };
  }

  /** Resolves when the book next takes a batch. */
  arrival(): Promise<void> {
    return this.#arrived.promise;
  }

  get size(): number {
    return this.#entries.size;
  }

  #prepare(id: string, entry: Entry): void {
    try {
      const prepared = prepareJob(fromBinary(JobSchema, entry.bytes));
      entry.known = { prepared, loggedAtMs: entry.loggedAtMs };
    } catch (error) {
      entry.problem = (error as Error).message;
      this.hooks.malformed?.(id, error as Error);
    }
  }

  #readBackTo(sinceMs: number): Promise<void> {
    // One at a time: two partitions that start together read the same past once.
    const covered = this.#covering.then(() => this.#readBack(sinceMs));
    this.#covering = covered.catch(() => {});
    return covered;
  }

  async #readBack(sinceMs: number): Promise<void> {
    const [ends] = await this.bus.ends(miningJobs);
    const [offset] = await this.bus.offsetAt(miningJobs, sinceMs);
    const from = Math.max(offset!, ends!.earliest);
    if (from >= this.#from) return;
    for await (const batch of this.bus.read(miningJobs, 0, from)) {
      const messages = batch.messages.filter((m) => m.offset < this.#from);
      if (messages.length === 0) break;
      this.#take({ ...batch, messages });
    }
    this.#from = from;
  }

  /** Looks for a job older than the book goes back: no gateway takes shares for it, but clocks do jump. */
  async #search(id: string, earliest: number): Promise<void> {
    if (this.#absent.has(id)) return;
    for await (const batch of this.bus.read(miningJobs, 0, earliest)) {
      this.#take(batch, id);
      if (this.#entries.has(id)) return;
      if (batch.messages.at(-1)!.offset >= this.#from) break;
    }
    if (this.#absent.size >= ABSENT_MAX) this.#absent.clear();
    this.#absent.add(id);
  }

  /** Takes the pool's jobs of a batch, or only the one of an id. */
  #take({ messages }: Batch, only?: string): void {
    for (const { value, offset, loggedAtMs } of messages) {
      this.#lastLoggedAtMs = Math.max(this.#lastLoggedAtMs, loggedAtMs);
      try {
        const { id, pool } = fromBinary(JobSchema, value);
        if (pool !== this.pool || (only !== undefined && id !== only)) continue;
        if (!this.#entries.has(id)) this.#entries.set(id, { bytes: value, offset, loggedAtMs });
      } catch (error) {
        if (only === undefined) this.hooks.malformed?.(`offset ${offset}`, error as Error);
      }
    }
  }

  #prune(): void {
    const keepFrom = Math.min(this.#lastLoggedAtMs - KEPT_MS, ...this.#needs.values());
    let from = this.#from;
    for (const [id, entry] of this.#entries) {
      if (entry.loggedAtMs >= keepFrom) continue;
      this.#entries.delete(id);
      from = Math.max(from, entry.offset + 1);
      if (entry.known !== undefined) this.hooks.dropped?.(entry.known.prepared);
    }
    this.#from = from;
  }
}
