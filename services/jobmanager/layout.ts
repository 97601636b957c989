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
import { type Node, NodeRefused } from "@gopool/node";
import type { Job } from "@gopool/proto";
import { prepareJob, variantSuffix } from "@gopool/shares";

/**
 * What makes a coinbase's bytes a new layout: its outputs' kinds and script sizes, whether it commits to witnesses,
 * and how long its prefix is (the height's push grows with the chain). A split is one per snapshot.
 */
export function layoutKey(job: Job, variantId: number): string {
  const variant = job.variants.find(({ id }) => id === variantId);
  if (variant === undefined) throw new RangeError(`Job ${job.id} has no variant ${variantId}`);
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

/** An output as a layout sees it. */
export interface OutputShape {
  readonly amount: "sats" | "remainder" | "feeBasisPoints";
  /** Length of its scriptPubKey; null where the session's account is paid. */
  readonly scriptBytes: number | null;
}

/** The outputs that a key of layoutKey() was made of. */
export function outputsIn(key: string): OutputShape[] {
  return key.split("|").slice(4).map((output) => {
    const [amount, payee] = output.split(">");
    const scriptBytes = /^[0-9]+$/.test(payee!) ? Number(payee) : null;
    return { amount: amount as OutputShape["amount"], scriptBytes };
  });
}

/**
 * What a check has said. `undecided`: nothing about the coinbase, so the layout is asked about again.
 * `unchecked`: this node knows no proposals, and never will.
 */
export type LayoutVerdict =
  | { readonly kind: "good" }
  | { readonly kind: "bad"; readonly reason: string }
  | { readonly kind: "undecided"; readonly reason: string }
  | { readonly kind: "unchecked"; readonly reason: string };

/**
 * Answers that speak of a coinbase (Bitcoin Core: validation.cpp, consensus/tx_check.cpp, signet.cpp; btcd says
 * bad-cb-value for bad-cb-amount). All others speak of the header, of the tip that moved, or of the template's own
 * transactions: they say nothing about the layout, and must not condemn it for ever.
 */
const ABOUT_THE_COINBASE =
  /^(bad-cb-|bad-witness-|unexpected-witness|bad-txns-(vout|txouttotal|oversize|nonfinal)|bad-signet-)/;

/** RPC errors by which nodes say that they have no proposals: RPC_INVALID_PARAMETER ("Invalid mode"), no such method. */
const NO_PROPOSALS: ReadonlySet<number> = new Set([-8, -32601]);
/** RPC_DESERIALIZATION_ERROR: the node cannot read what we would have miners hash. */
const UNDECODABLE = -22;

/**
 * Asks the node for its word on a whole block of this layout, nonce and extranonces zero.
 *
 * @param accountScript Stands in for a miner's account where the variant pays one.
 * @throws {NodeUnavailable | NodeMalformed} Nothing was decided.
 */
export async function checkLayout(
  node: Pick<Node, "propose">,
  job: Job,
  variantId: number,
  transactions: readonly Uint8Array[],
  accountScript: Uint8Array,
  signal: AbortSignal,
): Promise<LayoutVerdict> {
  const block = sampleBlock(job, variantId, transactions, accountScript);
  try {
    const reason = await node.propose(block, signal);
    if (reason === null) return { kind: "good" };
    return { kind: ABOUT_THE_COINBASE.test(reason) ? "bad" : "undecided", reason };
  } catch (error) {
    if (!(error instanceof NodeRefused)) throw error;
    const reason = error.message;
    if (error.code === UNDECODABLE) return { kind: "bad", reason };
    return { kind: NO_PROPOSALS.has(error.code) ? "unchecked" : "undecided", reason };
  }
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
