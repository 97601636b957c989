/**
 * Jobs and shares for this room's tests and benches, and a share check in the plainest words there are: node:crypto
 * and nothing of ours.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { create, type Job, JobSchema } from "@gopool/proto";
import { type PreparedJob, prepareJob } from "./job.ts";
import type { ShareFields } from "./plain.ts";

/** A small deterministic generator (xorshift32), so that a failure can be had again. */
export class Numbers {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }

  uint32(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state >>> 0;
  }

  below(limit: number): number {
    return this.uint32() % limit;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.uint32() >>> 8);
  }
}

/** The 25 bytes of a P2PKH script, for outputs that nobody spends. */
const SCRIPT = Uint8Array.from([0x76, 0xa9, 0x14, ...new Array(20).fill(7), 0x88, 0xac]);

export function jobWith(parts: Partial<Omit<Job, "$typeName" | "$unknown">>): Job {
  return create(JobSchema, {
    pool: "pool",
    id: "00000001000000a7",
    network: "regtest",
    height: 840_000,
    previousHash: new Uint8Array(32).fill(3),
    version: 0x2000_0000,
    nbits: 0x1d00ffff,
    ntime: 1_750_000_000,
    minNtime: 1_749_999_000,
    coinbaseValue: 5_000_000_000n,
    coinbasePrefix: new Uint8Array(70).fill(1),
    variants: [{
      id: 0,
      name: "pool",
      outputs: [{
        amount: { case: "remainder", value: true },
        payee: { case: "script", value: SCRIPT },
      }],
    }],
    versionMask: 0x1fff_e000,
    ...parts,
  });
}

/** A job whose coinbase has `prefix` bytes before the extranonce, and `depth` branches, from a seed. */
export function randomJob(seed: number, prefix: number, depth: number, nbits: number): PreparedJob {
  const random = new Numbers(seed);
  return prepareJob(jobWith({
    previousHash: random.bytes(32),
    version: 0x2000_0000,
    nbits,
    coinbasePrefix: random.bytes(prefix),
    merkleBranch: Array.from({ length: depth }, () => random.bytes(32)),
  }));
}

export function randomShare(random: Numbers): ShareFields {
  return {
    extranonce1: random.bytes(4),
    extranonce2: random.bytes(8),
    version: random.uint32(),
    ntime: random.uint32(),
    nonce: random.uint32(),
  };
}

function sha256d(...parts: Uint8Array[]): Uint8Array {
  const first = createHash("sha256");
  for (const part of parts) first.update(part);
  return new Uint8Array(createHash("sha256").update(first.digest()).digest());
}

/** A share's header and its hash (internal order), by node:crypto. */
export function plainHash(
  { job }: PreparedJob,
  suffix: Uint8Array,
  share: ShareFields,
): { header: Uint8Array; hash: Uint8Array } {
  let root = sha256d(job.coinbasePrefix, share.extranonce1, share.extranonce2, suffix);
  for (const sibling of job.merkleBranch) root = sha256d(root, sibling);
  const header = new Uint8Array(80);
  const view = new DataView(header.buffer);
  view.setUint32(0, share.version, true);
  header.set(job.previousHash, 4);
  header.set(root, 36);
  view.setUint32(68, share.ntime, true);
  view.setUint32(72, job.nbits, true);
  view.setUint32(76, share.nonce, true);
  return { header, hash: sha256d(header) };
}

/** The hash as the number that targets are compared with. */
export function numberOf(hash: Uint8Array): bigint {
  return hash.reduceRight((number, byte) => number << 8n | BigInt(byte), 0n);
}

/** A 256-bit number as 32 bytes, big-endian. */
export function target32(target: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number(target >> BigInt(8 * (31 - i)) & 0xffn));
}
