/**
 * The jobs that shares may be for, from `mining.jobs` alone, and what each means for a session: its coinbase, its
 * notify, whether a share for it still counts.
 *
 * @module
 */
import {
  equalBytes,
  EXTRANONCE1_BYTES,
  EXTRANONCE2_BYTES,
  type Hash,
  paysAccount,
  toHex,
  type VariantRecipe,
} from "@gopool/chain";
import { type Job, Reason } from "@gopool/proto";
import {
  JOB_MAX_AGE_MS,
  JOB_MAX_LIFE_MS,
  type PreparedJob,
  prepareJob,
  SeenHashes,
  type ShareChecker,
  variantSuffix,
  type Work,
} from "@gopool/shares";
import { type NotifyLines, prepareNotify, prevHashToWire } from "@gopool/stratum";
import { JOBS_MAX } from "./limits.ts";

/** Whom a session's coinbase may pay. */
export interface Payee {
  /** Canonical address. */
  readonly account: string;
  readonly script: Uint8Array;
}

/** The variant for hobby miners with short buffers. */
const SMALL = "small";

/** A job as sessions of one coinbase variant (and, where it pays them, of one account) mine it. */
export class JobForm {
  #work: Work | null = null;
  #lines: [Uint8Array | null, Uint8Array | null] = [null, null];

  constructor(
    readonly job: GatewayJob,
    readonly recipe: VariantRecipe,
    readonly suffix: Uint8Array,
    readonly accountScript: Uint8Array | null,
  ) {}

  /** Of the whole coinbase without witness. */
  get coinbaseBytes(): number {
    return this.job.job.coinbasePrefix.length + EXTRANONCE1_BYTES + EXTRANONCE2_BYTES +
      this.suffix.length;
  }

  /** The notify, written once for all who share it. Never change the bytes. */
  notify(clean: boolean): Uint8Array {
    return this.#lines[clean ? 1 : 0] ??= this.job.notifyLines.line(toHex(this.suffix), clean);
  }

  work(checker: ShareChecker): Work {
    return this.#work ??= checker.work(this.job.prepared, this.suffix);
  }

  release(checker: ShareChecker): void {
    if (this.#work !== null) checker.release(this.#work);
    this.#work = null;
  }
}

export class GatewayJob {
  readonly prepared: PreparedJob;
  /** Hashes answered or to be answered true. */
  readonly seen: SeenHashes = new SeenHashes();
  /** When the next job was logged; Infinity while this is the newest. */
  supersededAtMs = Infinity;
  readonly #forms = new Map<string, JobForm>();
  readonly #byName = new Map<string, VariantRecipe>();
  #notifyLines: NotifyLines | null = null;

  /**
   * @param sequence Rises by one from job to job of this gateway.
   * @param sentAtMs When it was first sent to sessions, gateway's clock.
   */
  constructor(
    readonly job: Job,
    readonly sequence: number,
    readonly loggedAtMs: number,
    readonly sentAtMs: number,
    /** Whether work on earlier jobs is void from here on. */
    readonly isClean: boolean = job.clean,
  ) {
    this.prepared = prepareJob(job);
    for (const recipe of this.prepared.variants.values()) this.#byName.set(recipe.name, recipe);
  }

  get id(): string {
    return this.job.id;
  }

  get isEmptyBlock(): boolean {
    return this.job.templateId === "";
  }

  get notifyLines(): NotifyLines {
    const { job } = this;
    return this.#notifyLines ??= prepareNotify({
      jobId: job.id,
      prevHashWire: prevHashToWire(job.previousHash as Hash),
      coinb1: toHex(job.coinbasePrefix),
      branches: job.merkleBranch.map(toHex),
      version: job.version,
      nbits: job.nbits,
      ntime: job.ntime,
    });
  }

  /** The variant of this name, or the job's first one where it has none such. */
  recipe(name: string): VariantRecipe {
    return this.#byName.get(name) ?? this.prepared.variants.values().next().value!;
  }

  /**
   * The job as a session of this variant and payee mines it; null where the variant pays the session's account and
   * there is none.
   *
   * @throws {RangeError} The outputs cannot be made to add up (a job the pool should not have made).
   */
  form(variant: string, payee: Payee | null): JobForm | null {
    const recipe = this.recipe(variant);
    const isOwn = paysAccount(recipe);
    if (isOwn && payee === null) return null;
    const key = isOwn ? `${recipe.id}/${payee!.account}` : `${recipe.id}`;
    let form = this.#forms.get(key);
    if (form === undefined) {
      const script = isOwn ? payee!.script : null;
      form = new JobForm(this, recipe, variantSuffix(this.prepared, recipe.id, script), script);
      this.#forms.set(key, form);
    }
    return form;
  }

  /**
   * As form, but for a miner that takes coinbases only up to `coinbaseBytesMax`: the job's small variant where the
   * wanted one is too long and pays no account of the session. The same for the same arguments, always.
   */
  formFor(variant: string, payee: Payee | null, coinbaseBytesMax: number): JobForm | null {
    const wanted = this.form(variant, payee);
    if (wanted === null || wanted.coinbaseBytes <= coinbaseBytesMax) return wanted;
    return wanted.accountScript === null && this.#byName.has(SMALL)
      ? this.form(SMALL, payee)
      : wanted;
  }

  release(checker: ShareChecker): void {
    for (const form of this.#forms.values()) form.release(checker);
    this.#forms.clear();
  }
}

/** Why a job from the log is not used. */
export type JobRefusal = "another-pool" | "known" | "lower-term" | "too-old";

export class JobTable {
  readonly #jobs = new Map<string, GatewayJob>();
  readonly #bySequence = new Map<number, GatewayJob>();
  #current: GatewayJob | null = null;
  #term = 0;
  #sequence = 0;
  #tipSequence = 0;

  /** @param variant The coinbase variant that sessions mine: a job that cannot be given in it is not taken. */
  constructor(
    private readonly pool: string,
    private readonly checker: ShareChecker,
    private readonly variant: string = "pool",
  ) {}

  /** The newest job; null before the first. */
  get current(): GatewayJob | null {
    return this.#current;
  }

  get size(): number {
    return this.#jobs.size;
  }

  /** Sequence number of the first job on the current previous block. */
  get tipSequence(): number {
    return this.#tipSequence;
  }

  /** Sequence number of the oldest job held; the next job's where there is none. */
  get oldestSequence(): number {
    for (const job of this.#jobs.values()) return job.sequence;
    return this.#sequence;
  }

  get(id: string): GatewayJob | undefined {
    return this.#jobs.get(id);
  }

  at(sequence: number): GatewayJob | undefined {
    return this.#bySequence.get(sequence);
  }

  /**
   * Takes the next job of the log. Jobs of a lower term come from a leader that was deposed and does not know it
   * yet: they are ignored.
   *
   * @throws {RangeError} The job is malformed, or its coinbase cannot be built.
   */
  take(job: Job, loggedAtMs: number, nowMs: number): GatewayJob | JobRefusal {
    if (job.pool !== this.pool) return "another-pool";
    if (this.#jobs.has(job.id)) return "known";
    const term = parseInt(job.id.slice(0, 8), 16);
    if (term < this.#term) return "lower-term";
    if (loggedAtMs + JOB_MAX_LIFE_MS < nowMs) return "too-old";
    const previous = this.#current?.prepared.previousHash;
    // The job that said so first may have been one that could not be used.
    const isNewTip = previous === undefined || !equalBytes(previous, job.previousHash);
    const isClean = job.clean || (isNewTip && previous !== undefined);
    const taken = new GatewayJob(job, this.#sequence, loggedAtMs, nowMs, isClean);
    // Written here once, so that what no session could be given never becomes the current job.
    taken.form(this.variant, null)?.notify(isClean);
    if (isNewTip) this.#tipSequence = this.#sequence;
    this.#sequence++;
    this.#term = term;
    if (this.#current !== null) this.#current.supersededAtMs = loggedAtMs;
    this.#jobs.set(job.id, taken);
    this.#bySequence.set(taken.sequence, taken);
    this.#current = taken;
    this.prune(nowMs);
    return taken;
  }

  /** Why a share for this job comes too late; UNSPECIFIED while it does not. */
  staleness(job: GatewayJob, nowMs: number): Reason {
    const current = this.#current!;
    if (job !== current && !equalBytes(job.prepared.previousHash, current.prepared.previousHash)) {
      return Reason.STALE_PREVIOUS_BLOCK;
    }
    return nowMs > job.supersededAtMs + JOB_MAX_AGE_MS || nowMs > job.loggedAtMs + JOB_MAX_LIFE_MS
      ? Reason.STALE_JOB
      : Reason.UNSPECIFIED;
  }

  /** Whether the newest job may be given to miners at all. */
  isCurrentAlive(nowMs: number): boolean {
    return this.#current !== null && nowMs <= this.#current.loggedAtMs + JOB_MAX_LIFE_MS;
  }

  /** Drops jobs past their life. Until then a late share is still hashed: it may be a block. */
  prune(nowMs: number): void {
    for (const [id, job] of this.#jobs) {
      const expired = nowMs > job.loggedAtMs + JOB_MAX_LIFE_MS && job !== this.#current;
      if (!expired && this.#jobs.size <= JOBS_MAX) break;
      this.#jobs.delete(id);
      this.#bySequence.delete(job.sequence);
      job.release(this.checker);
    }
  }

  /** Newest first. */
  recent(): GatewayJob[] {
    return [...this.#jobs.values()].reverse();
  }
}
