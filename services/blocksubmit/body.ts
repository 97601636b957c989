/**
 * Whether a block is the one that its header names. A node refuses a header with another body as it refuses a bad
 * block: whoever gave it that would call lost a block that is good.
 *
 * @module
 */
import {
  type Block,
  commitmentScript,
  decodeBlock,
  equalBytes,
  merkleRootAndMutation,
  witnessCommitment,
} from "@gopool/chain";

/** OP_RETURN, and a push of 36 bytes that begin so, is a witness commitment (BIP 141). */
const COMMITMENT_BYTES = 38;
const COMMITMENT_HEAD = commitmentScript(witnessCommitment([])).subarray(0, 6);

/**
 * Checks that header and body belong together: the merkle root over the transactions, and over their witnesses what
 * the coinbase commits to, with the reserved value of 32 zero bytes that the pool's own blocks have. Whether the block
 * is valid is for nodes to say.
 *
 * @throws {RangeError} They do not, or it is no block.
 */
export function assertBodyFits(bytes: Uint8Array): void {
  let block: Block;
  try {
    block = decodeBlock(bytes);
  } catch (error) {
    throw new RangeError(`its block cannot be read: ${(error as Error).message}`);
  }
  const { header, transactions } = block;
  if (transactions.length === 0) throw new RangeError("its block has no transactions");
  const { root, mutated } = merkleRootAndMutation(transactions.map(({ txid }) => txid));
  if (!equalBytes(root, header.merkleRoot)) {
    throw new RangeError("its transactions have another merkle root than its header");
  }
  // The root of a shorter list: a forgery of the good block (CVE-2012-2459).
  if (mutated) throw new RangeError("its block has transactions twice");
  if (!hasItsWitnesses(block)) {
    throw new RangeError("its witnesses are others than its coinbase commits to");
  }
}

/** The last output that looks like a commitment is the one; without one there are no witnesses (BIP 141). */
function hasItsWitnesses({ transactions }: Block): boolean {
  const [coinbase, ...others] = transactions;
  const found = coinbase!.outputs.findLast(({ script }) =>
    script.length >= COMMITMENT_BYTES &&
    equalBytes(script.subarray(0, COMMITMENT_HEAD.length), COMMITMENT_HEAD)
  );
  if (found === undefined) return !transactions.some(({ hasWitness }) => hasWitness);
  const reserved = coinbase!.inputs[0]?.witness ?? [];
  return reserved.length === 1 && equalBytes(reserved[0]!, new Uint8Array(32)) &&
    equalBytes(
      found.script.subarray(0, COMMITMENT_BYTES),
      commitmentScript(witnessCommitment(others.map(({ wtxid }) => wtxid))),
    );
}
