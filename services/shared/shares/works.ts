/**
 * The coinbases that shares can be hashed against: which are registered, found again by their bytes.
 *
 * @module
 */
import { equalBytes } from "@gopool/chain";
import type { ShareChecker } from "./check.ts";
import type { PreparedJob } from "./job.ts";
import type { Shape } from "./job_block.ts";

/**
 * A job's coinbase as shares are hashed against it. Made by `ShareChecker.work`, good until it is released; all
 * but job and suffix is the checker's.
 */
export class Work {
  /** Index of the last share added and not yet hashed; -1 for none. Each share knows the one before it. */
  last = -1;
  released = false;
  readonly bytes: number;
  /** Bits by which the extranonce is moved into its first hash word. */
  readonly shift: number;
  readonly digest: number;

  constructor(
    readonly owner: ShareChecker,
    readonly job: PreparedJob,
    /** What follows the extranonce in the coinbase. */
    readonly suffix: Uint8Array,
    /** Of its job block. */
    readonly address: number,
    shape: Shape,
  ) {
    this.bytes = shape.bytes;
    this.shift = (shape.offset & 3) * 8;
    this.digest = digestOf(suffix);
  }
}

/** Registered works, by job and suffix. */
export class WorkBook {
  readonly #works = new Map<PreparedJob, Map<number, Work[]>>();

  get(job: PreparedJob, suffix: Uint8Array): Work | undefined {
    const works = this.#works.get(job);
    if (works === undefined) return undefined;
    return works.get(digestOf(suffix))?.find((work) => equalBytes(work.suffix, suffix));
  }

  put(work: Work): void {
    let works = this.#works.get(work.job);
    if (works === undefined) this.#works.set(work.job, works = new Map());
    const alike = works.get(work.digest);
    if (alike === undefined) works.set(work.digest, [work]);
    else alike.push(work);
  }

  /** Marks it as released and forgets it; false where that was done before. */
  remove(work: Work): boolean {
    if (work.released) return false;
    work.released = true;
    const works = this.#works.get(work.job)!;
    const others = works.get(work.digest)!.filter((other) => other !== work);
    if (others.length > 0) works.set(work.digest, others);
    else works.delete(work.digest);
    if (works.size === 0) this.#works.delete(work.job);
    return true;
  }

  of(job: PreparedJob): Work[] {
    return [...this.#works.get(job)?.values() ?? []].flat();
  }
}

/** Tells most suffixes apart cheaply (FNV-1a); the bytes decide. */
function digestOf(bytes: Uint8Array): number {
  let digest = 0x811c9dc5 ^ bytes.length;
  for (let i = 0; i < bytes.length; i++) digest = Math.imul(digest ^ bytes[i]!, 0x01000193);
  return digest;
}
