/**
 * A coinbase layout is checked once by a node before miners work on it: a block that the node would refuse is
 * never asked of anybody.
 *
 * @module
 */
import {
  assembleBlock,
  coinbaseWithWitness,
  concat,
  encodeHeader,
  EXTRANONCE1_BYTES,
  EXTRANONCE2_BYTES,
  type Hash,
  rootFromBranch,
  sha256d,
  toHex,
  type UnixSeconds,
} from "@gopool/chain";
import type { Node } from "@gopool/node";
import type { Job } from "@gopool/proto";
import { prepareJob, variantSuffix } from "@gopool/shares";

/**
 * What makes a coinbase's bytes a new layout: its outputs' kinds and script sizes, whether it commits to witnesses,
 * and how long its prefix is (the height's push grows with the chain). A split is one per snapshot.
 */
export function layoutKey(job: Job, variantId: number): string {
  const variant = job.variants.find(({ id }) => id === variantId)!;
  const outputs = variant.outputs.map(({ amount, payee }) =>
    `${amount.case}>${payee.case === "script" ? payee.value.length : payee.case}`
  );
  return [
    variantId,
    toHex(variant.snapshotId),
    job.coinbasePrefix.length,
    job.witnessCommitment.length,
    ...outputs,
  ].join("|");
}

/** What a check has said. `undecided`: the node could not say, and the layout is asked about again. */
export type LayoutVerdict =
  | { readonly kind: "good" }
  | { readonly kind: "bad"; readonly reason: string }
  | { readonly kind: "undecided"; readonly reason: string };

/** Answers that speak of the chain's movement or of the header, not of the coinbase (BIP 22, BIP 23). */
const NOT_ABOUT_US =
  /^(inconclusive|duplicate|bad-prevblk|stale-prevblk|prev-blk-not-found|bad-diffbits|time-too|bad-version|high-hash)/;

/**
 * Asks the node for its word on a whole block of this layout, nonce and extranonces zero.
 *
 * @param accountScript Stands in for a miner's account where the variant pays one.
 */
export async function checkLayout(
  node: Node,
  job: Job,
  variantId: number,
  transactions: readonly Uint8Array[],
  accountScript: Uint8Array,
  signal: AbortSignal,
): Promise<LayoutVerdict> {
  const block = sampleBlock(job, variantId, transactions, accountScript);
  const reason = await node.propose(block, signal);
  if (reason === null) return { kind: "good" };
  return { kind: NOT_ABOUT_US.test(reason) ? "undecided" : "bad", reason };
}

/** The block that a miner's first hash would make. */
export function sampleBlock(
  job: Job,
  variantId: number,
  transactions: readonly Uint8Array[],
  accountScript: Uint8Array,
): Uint8Array {
  const suffix = variantSuffix(prepareJob(job), variantId, accountScript);
  const extranonces = new Uint8Array(EXTRANONCE1_BYTES + EXTRANONCE2_BYTES);
  const coinbase = concat(job.coinbasePrefix, extranonces, suffix);
  const header = encodeHeader({
    version: job.version,
    previousHash: job.previousHash as Hash,
    merkleRoot: rootFromBranch(sha256d(coinbase), job.merkleBranch as Hash[]),
    time: job.ntime as UnixSeconds,
    nbits: job.nbits,
    nonce: 0,
  });
  const whole = coinbaseWithWitness(coinbase, job.witnessCommitment.length > 0);
  return assembleBlock(header, whole, transactions);
}
