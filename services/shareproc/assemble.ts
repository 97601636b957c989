/**
 * A candidate's whole block: its coinbase from job, variant and account as the gateway built it, the header that the
 * miner hashed, and the template's transactions as the node gave them. Pure.
 *
 * @module
 */
import {
  assembleBlock,
  coinbaseOutputs,
  coinbaseWithWitness,
  decodeHeader,
  equalBytes,
  type Hash,
  headerHash,
  meetsTarget,
  type Output,
  rootFromBranch,
  type Sats,
  sha256d,
} from "@gopool/chain";
import type { BlockFacts } from "@gopool/proto";
import { coinbaseOf, type PreparedJob, variantSuffix } from "@gopool/shares";

export interface AssembledBlock {
  /** As `submitblock` takes it. */
  readonly block: Uint8Array;
  /** Of the coinbase, in order, without the witness commitment. */
  readonly outputs: readonly Output[];
}

/**
 * @param account scriptPubKey of the finder's account; null where none is authorised.
 * @param transactions Raw with witness, in block order, without the coinbase.
 * @throws {RangeError} The candidate does not fit its job: no node would take it.
 */
export function assembleCandidate(
  facts: Pick<BlockFacts, "variant" | "extranonce1" | "extranonce2" | "header" | "hash">,
  prepared: PreparedJob,
  account: Uint8Array | null,
  transactions: readonly Uint8Array[],
): AssembledBlock {
  const { job, networkTarget } = prepared;
  const suffix = variantSuffix(prepared, facts.variant, account);
  const coinbase = coinbaseOf(prepared, suffix, facts.extranonce1, facts.extranonce2);
  const root = rootFromBranch(sha256d(coinbase), job.merkleBranch as Hash[]);
  if (!equalBytes(root, decodeHeader(facts.header).merkleRoot)) {
    throw new RangeError("its header has another merkle root than its coinbase gives");
  }
  const hash = headerHash(facts.header);
  if (!equalBytes(hash, facts.hash)) throw new RangeError("its header has another hash");
  if (!meetsTarget(hash, networkTarget)) {
    throw new RangeError("its hash is above the network target");
  }
  const recipe = prepared.variants.get(facts.variant)!;
  const whole = coinbaseWithWitness(coinbase, job.witnessCommitment.length > 0);
  return {
    block: assembleBlock(facts.header, whole, transactions),
    outputs: coinbaseOutputs(recipe, job.coinbaseValue as Sats, account),
  };
}
