/**
 * Merkle trees as Bitcoin builds them: pairs hashed with SHA-256d, the last of an odd row paired with itself.
 *
 * @module
 */
import { sha256d, sha256dPair } from "./sha256.ts";
import { concat, equalBytes } from "./bytes.ts";
import type { Hash } from "./units.ts";

/**
 * The siblings that a coinbase needs on its way up to the root, lowest first: what `mining.notify` carries.
 *
 * @param txids Of the block's transactions in order, without the coinbase.
 */
export function merkleBranch(txids: readonly Hash[]): Hash[] {
  const branch: Hash[] = [];
  // Place 0 is the coinbase's, whose hash nobody knows yet: `row` holds what stands right of it.
  let row = [...txids];
  while (row.length > 0) {
    branch.push(row[0]!);
    const above: Hash[] = [];
    for (let i = 1; i < row.length; i += 2) {
      above.push(sha256dPair(row[i]!, row[i + 1] ?? row[i]!));
    }
    row = above;
  }
  return branch;
}

/** The root over a coinbase and the branch beside it. An empty branch: the coinbase is the block's only one. */
export function rootFromBranch(coinbaseTxid: Hash, branch: readonly Hash[]): Hash {
  let hash = coinbaseTxid;
  for (const sibling of branch) hash = sha256dPair(hash, sibling);
  return hash;
}

/**
 * The root over all transactions of a block, the coinbase first.
 *
 * @throws {RangeError} No transactions: a block has at least its coinbase.
 */
export function merkleRoot(txids: readonly Hash[]): Hash {
  return merkleRootAndMutation(txids).root;
}

/**
 * The root, and whether two equal neighbours were paired on the way: then another list of transactions has the
 * same root, and a block with it is refused without being remembered as invalid (CVE-2012-2459; Bitcoin Core's
 * `bad-txns-duplicate`).
 *
 * @throws {RangeError} No transactions.
 */
export function merkleRootAndMutation(txids: readonly Hash[]): { root: Hash; mutated: boolean } {
  if (txids.length === 0) throw new RangeError("Cannot take the merkle root of no transactions");
  let mutated = false;
  let row = txids;
  while (row.length > 1) {
    const above: Hash[] = [];
    for (let i = 0; i < row.length; i += 2) {
      const left = row[i]!, right = row[i + 1];
      if (right !== undefined && equalBytes(left, right)) mutated = true;
      above.push(sha256dPair(left, right ?? left));
    }
    row = above;
  }
  return { root: row[0]!, mutated };
}

const ZERO_HASH = new Uint8Array(32) as Hash;

/**
 * The commitment hash of BIP 141: SHA-256d of the witness root and the 32 zero bytes that the pool puts into the
 * coinbase's witness. In the witness tree the coinbase counts as 32 zero bytes.
 *
 * @param wtxids Of the block's transactions in order, without the coinbase.
 */
export function witnessCommitment(wtxids: readonly Hash[]): Hash {
  return sha256d(concat(merkleRoot([ZERO_HASH, ...wtxids]), ZERO_HASH));
}
