/**
 * The share check: which hash a share has, and whether that meets the share target and the network target.
 *
 * @module
 */
import {
  concat,
  equalBytes,
  type Hash,
  meetsTarget,
  rootFromBranch,
  sha256d,
  type Target,
  targetFromBytes,
} from "@gopool/chain";
import { coinbaseOf, type PreparedJob } from "./job.ts";

/** Most shares between two `clear`s. */
const BATCH_MAX = 4096;

/** A job's coinbase as shares are hashed against it; made by `ShareChecker.work`. */
export interface Work {
  readonly job: PreparedJob;
  /** What follows the extranonce in the coinbase. */
  readonly suffix: Uint8Array;
}

interface Added {
  readonly header: Uint8Array;
  readonly hash: Hash;
  readonly target: Target;
  readonly network: Target;
}

export class ShareChecker {
  static readonly BATCH_MAX: number = BATCH_MAX;
  readonly #works: Work[] = [];
  readonly #added: Added[] = [];

  work(job: PreparedJob, suffix: Uint8Array): Work {
    const known = this.#works.find((w) => w.job === job && equalBytes(w.suffix, suffix));
    if (known !== undefined) return known;
    const work = { job, suffix };
    this.#works.push(work);
    return work;
  }

  release(work: Work): void {
    const at = this.#works.indexOf(work);
    if (at >= 0) this.#works.splice(at, 1);
  }

  get size(): number {
    return this.#added.length;
  }

  add(
    work: Work,
    extranonce1: Uint8Array,
    extranonce2: Uint8Array,
    version: number,
    ntime: number,
    nonce: number,
    target: Uint8Array,
  ): number {
    const { job } = work.job;
    const coinbase = coinbaseOf(work.job, work.suffix, extranonce1, extranonce2);
    const root = rootFromBranch(sha256d(coinbase), job.merkleBranch as Hash[]);
    const numbers = new DataView(new ArrayBuffer(16));
    numbers.setUint32(0, version, true);
    numbers.setUint32(4, ntime, true);
    numbers.setUint32(8, job.nbits, true);
    numbers.setUint32(12, nonce, true);
    const n = new Uint8Array(numbers.buffer);
    const header = concat(n.subarray(0, 4), job.previousHash, root, n.subarray(4));
    this.#added.push({
      header,
      hash: sha256d(header),
      target: targetFromBytes(target),
      network: work.job.networkTarget,
    });
    return this.#added.length - 1;
  }

  run(): number {
    return this.#added.length;
  }

  meetsTarget(index: number): boolean {
    const { hash, target } = this.#added[index]!;
    return meetsTarget(hash, target);
  }

  meetsNetwork(index: number): boolean {
    const { hash, network } = this.#added[index]!;
    return meetsTarget(hash, network);
  }

  hash(index: number): Uint8Array {
    return this.#added[index]!.hash;
  }

  /** The share's 80-byte header. */
  header(index: number): Uint8Array {
    return this.#added[index]!.header;
  }

  difficulty(index: number): number {
    const hash = this.#added[index]!.hash;
    let value = 0;
    for (let i = 31; i >= 0; i--) value = value * 256 + hash[i]!;
    return 65535 * 2 ** 208 / value;
  }

  clear(): void {
    this.#added.length = 0;
  }
}
