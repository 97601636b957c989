/**
 * The jobs that shares are judged by, from `mining.jobs` alone. A job that is not in the book has either not been
 * read yet, or was never written: the book tells which, and never guesses.
 *
 * @module
 */
import { type Batch, type Bus, miningJobs } from "@gopool/bus";
import { fromBinary, JobSchema } from "@gopool/proto";
import { type PreparedJob, prepareJob, REPEAT_HORIZON_MS } from "@gopool/shares";
import { CANDIDATE_HORIZON_MS } from "./limits.ts";

export interface KnownJob {
  readonly prepared: PreparedJob;
  readonly loggedAtMs: number;
}

interface Entry {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly loggedAtMs: number;
  /** Decoded when first asked for: most jobs of a long past never are. */
  known?: KnownJob;
}

/** Jobs held behind the newest one, whatever the partitions need: candidates are read again this far back. */
const KEPT_MS = CANDIDATE_HORIZON_MS + REPEAT_HORIZON_MS;

export class JobBook {
  readonly #entries = new Map<string, Entry>();
  readonly #needs = new Map<number, number>();
  #covering: Promise<void> = Promise.resolve();
  /** Offsets of mining.jobs that the book holds: [#from, #next). */
  #from = -1;
  #next = -1;
  #lastLoggedAtMs = -Infinity;
  #arrived = Promise.withResolvers<void>();

  constructor(
    private readonly bus: Bus,
    private readonly pool: string,
    /** Told when a job is dropped, so that what was prepared from it can go too. */
    private readonly dropped: (job: PreparedJob) => void = () => {},
    private readonly malformed: (id: string, error: Error) => void = () => {},
  ) {}

  /** Reads what stands in the topic from `sinceMs` on, then follows it until `signal` aborts. */
  async follow(sinceMs: number, signal: AbortSignal, ready: () => void): Promise<void> {
    const [from] = await this.bus.offsetAt(miningJobs, sinceMs);
    this.#from = this.#next = from!;
    await this.bus.follow(miningJobs, {
      from: { kind: "offsets", offsets: [from!] },
      batchMax: 500,
      signal,
      caughtUp: ready,
    }, (batch) => {
      this.#take(batch);
      this.#next = batch.messages.at(-1)!.offset + 1;
      this.#prune();
      this.#arrived.resolve();
      this.#arrived = Promise.withResolvers();
      return Promise.resolve();
    });
  }

  /** Makes sure that jobs logged at or after `sinceMs` are in the book; a partition that lags asks for older ones. */
  cover(partition: number, sinceMs: number): Promise<void> {
    this.#needs.set(partition, sinceMs);
    // One at a time: two partitions that start together read the same past once.
    const covered = this.#covering.then(() => this.#readBack(sinceMs));
    this.#covering = covered.catch(() => {});
    return covered;
  }

  /** The partition has moved on (or left: undefined): older jobs may go. */
  needs(partition: number, sinceMs: number | undefined): void {
    if (sinceMs === undefined) this.#needs.delete(partition);
    else this.#needs.set(partition, sinceMs);
  }

  get(id: string): KnownJob | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    return entry.known ??= {
      prepared: prepareJob(fromBinary(JobSchema, entry.bytes)),
      loggedAtMs: entry.loggedAtMs,
    };
  }

  /**
   * Whether a job that is not in the book was certainly never written: the topic has been read to its end of now,
   * and to a record later than the submission that names it.
   */
  async isAbsent(id: string, submissionLoggedAtMs: number): Promise<boolean> {
    const [ends] = await this.bus.ends(miningJobs);
    if (this.#entries.has(id)) return false;
    return this.#next >= ends!.next && this.#lastLoggedAtMs > submissionLoggedAtMs;
  }

  /** Resolves when the book next takes a batch. */
  arrival(): Promise<void> {
    return this.#arrived.promise;
  }

  get size(): number {
    return this.#entries.size;
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

  #take({ messages }: Batch): void {
    for (const { value, offset, loggedAtMs } of messages) {
      this.#lastLoggedAtMs = Math.max(this.#lastLoggedAtMs, loggedAtMs);
      let id = `offset ${offset}`;
      try {
        const job = fromBinary(JobSchema, value);
        if (job.pool !== this.pool) continue;
        id = job.id;
        if (!this.#entries.has(id)) this.#entries.set(id, { bytes: value, offset, loggedAtMs });
      } catch (error) {
        this.malformed(id, error as Error);
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
      if (entry.known !== undefined) this.dropped(entry.known.prepared);
    }
    this.#from = from;
  }
}
