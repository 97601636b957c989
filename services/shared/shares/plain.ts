/**
 * A share's header, built step by step from the chain's own functions: for the few that become blocks, and as the
 * reference that the fast check is held against.
 *
 * @module
 */
import { encodeHeader, type Hash, rootFromBranch, sha256d, type UnixSeconds } from "@gopool/chain";
import { coinbaseOf, type PreparedJob } from "./job.ts";

/** What a miner chose, in header terms. */
export interface ShareFields {
  /** 4 and 8 bytes. */
  readonly extranonce1: Uint8Array;
  readonly extranonce2: Uint8Array;
  /** The header's whole version field. */
  readonly version: number;
  /** Seconds. */
  readonly ntime: number;
  readonly nonce: number;
}

/**
 * The 80 bytes that the miner hashed.
 *
 * @throws {RangeError} An extranonce has another length than 4 and 8 bytes.
 */
export function headerOf(job: PreparedJob, suffix: Uint8Array, share: ShareFields): Uint8Array {
  const coinbase = coinbaseOf(job, suffix, share.extranonce1, share.extranonce2);
  return encodeHeader({
    version: share.version,
    previousHash: job.previousHash as Hash,
    merkleRoot: rootFromBranch(sha256d(coinbase), job.job.merkleBranch as Hash[]),
    time: share.ntime as UnixSeconds,
    nbits: job.job.nbits,
    nonce: share.nonce,
  });
}
