/**
 * What shares of one job are hashed against: the job's coinbase as a variant and an account make it, registered
 * with the checker once and dropped with the job.
 *
 * @module
 */
import { type Network, scriptOfAddress } from "@gopool/chain";
import { type PreparedJob, type ShareChecker, variantSuffix, type Work } from "@gopool/shares";
import { ACCOUNTS_MAX, WORKS_MAX, WORKS_PER_JOB_MAX } from "./limits.ts";

export class Coinbases {
  readonly #scripts = new Map<string, Uint8Array>();
  readonly #works = new Map<PreparedJob, Map<string, Work>>();
  #count = 0;

  /** The bounds are arguments for tests only. */
  constructor(
    private readonly checker: ShareChecker,
    private readonly perJobMax = WORKS_PER_JOB_MAX,
    private readonly worksMax = WORKS_MAX,
  ) {}

  /**
   * The registered coinbase of (job, variant, account).
   *
   * @throws {RangeError} The job has no such variant, or the variant pays an account and none is given.
   * @throws {AddressError} The account is no address of the job's network.
   */
  work(job: PreparedJob, variant: number, account: string): Work {
    let works = this.#works.get(job);
    if (works === undefined) this.#works.set(job, works = new Map());
    const key = paysAccount(job, variant) ? `${variant}:${account}` : `${variant}`;
    const known = works.get(key);
    // Two variants with equal outputs share one work, and one of them may have let it go.
    if (known !== undefined && !known.released) return known;
    const script = account === "" ? null : this.script(job.job.network as Network, account);
    const work = this.checker.work(job, variantSuffix(job, variant, script));
    if (works.size >= this.perJobMax && !works.has(key)) {
      const [oldest, dropped] = works.entries().next().value!;
      if (dropped !== work) this.checker.release(dropped);
      works.delete(oldest);
      this.#count--;
    }
    if (!works.has(key)) this.#count++;
    works.set(key, work);
    if (this.#count > this.worksMax) this.#dropOldestBut(job);
    return work;
  }

  /** The scriptPubKey of an account. @throws {AddressError} */
  script(network: Network, account: string): Uint8Array {
    const known = this.#scripts.get(account);
    if (known !== undefined) return known;
    const script = scriptOfAddress(account, network);
    if (this.#scripts.size >= ACCOUNTS_MAX) {
      this.#scripts.delete(this.#scripts.keys().next().value!);
    }
    this.#scripts.set(account, script);
    return script;
  }

  /** Forgets all coinbases of a job. */
  drop(job: PreparedJob): void {
    const works = this.#works.get(job);
    if (works === undefined) return;
    for (const work of works.values()) this.checker.release(work);
    this.#count -= works.size;
    this.#works.delete(job);
  }

  /** Coinbases registered now, over all jobs. */
  get count(): number {
    return this.#count;
  }

  /** Lets go of the job that was first met longest ago; a share that still names it registers anew. */
  #dropOldestBut(job: PreparedJob): void {
    for (const oldest of this.#works.keys()) {
      if (oldest === job) continue;
      this.drop(oldest);
      return;
    }
  }
}

function paysAccount(job: PreparedJob, variant: number): boolean {
  return job.variants.get(variant)?.outputs.some((o) => o.payee.kind === "account") ?? false;
}
