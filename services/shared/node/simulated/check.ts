/**
 * What can be said of a block without any other: Bitcoin Core's CheckBlock (validation.cpp) and
 * CheckTransaction (consensus/tx_check.cpp), in their order.
 *
 * @module
 */
import {
  equalBytes,
  type Hash,
  type Header,
  meetsTarget,
  merkleRootAndMutation,
  targetFromBits,
} from "@gopool/chain";
import { type Block, isCoinbase, isNullOutpoint, type Transaction } from "./decode.ts";
import {
  MAX_BLOCK_SIGOPS_COST,
  MAX_BLOCK_WEIGHT,
  MAX_MONEY,
  POW_LIMIT_BITS,
  WITNESS_SCALE_FACTOR,
} from "./rules.ts";
import { outpointKey } from "./coins.ts";
import { legacySigops } from "./sigops.ts";
import { invalid, VALID, type Verdict } from "./verdict.ts";

const POW_LIMIT = targetFromBits(POW_LIMIT_BITS);

/** A hash that meets the target its header claims; whether the claim is right is asked later. */
export function checkProofOfWork(hash: Hash, header: Header): Verdict {
  const target = targetFromBits(header.nbits);
  return target > 0n && target <= POW_LIMIT && meetsTarget(hash, target)
    ? VALID
    : invalid("header", "high-hash");
}

export interface CheckOptions {
  /** Off for proposals, which have no nonce yet, and for the blocks the node makes itself. */
  readonly proofOfWork: boolean;
}

export function checkBlock(block: Block, options: CheckOptions): Verdict {
  if (options.proofOfWork) {
    const verdict = checkProofOfWork(block.hash, block.header);
    if (verdict.kind === "invalid") return verdict;
  }
  const txids = block.transactions.map((tx) => tx.txid);
  const { root, mutated } = txids.length > 0
    ? merkleRootAndMutation(txids)
    : { root: new Uint8Array(32), mutated: false };
  if (!equalBytes(root, block.header.merkleRoot)) return invalid("mutated", "bad-txnmrklroot");
  // Equal neighbours give the root of a shorter list, so this may be a forgery of a good block (CVE-2012-2459).
  if (mutated) return invalid("mutated", "bad-txns-duplicate");

  const { transactions } = block;
  if (
    transactions.length === 0 ||
    transactions.length * WITNESS_SCALE_FACTOR > MAX_BLOCK_WEIGHT ||
    block.strippedSize * WITNESS_SCALE_FACTOR > MAX_BLOCK_WEIGHT
  ) return invalid("consensus", "bad-blk-length");
  if (!isCoinbase(transactions[0]!)) return invalid("consensus", "bad-cb-missing");
  if (transactions.slice(1).some(isCoinbase)) return invalid("consensus", "bad-cb-multiple");

  let sigops = 0;
  for (const tx of transactions) {
    const reason = checkTransaction(tx);
    if (reason !== null) return invalid("consensus", reason);
    sigops += legacySigops(tx);
  }
  if (sigops * WITNESS_SCALE_FACTOR > MAX_BLOCK_SIGOPS_COST) {
    return invalid("consensus", "bad-blk-sigops");
  }
  return VALID;
}

/** The reject reason of a transaction that is wrong by itself, else null. */
export function checkTransaction(tx: Transaction): string | null {
  if (tx.inputs.length === 0) return "bad-txns-vin-empty";
  if (tx.outputs.length === 0) return "bad-txns-vout-empty";
  if (tx.strippedSize * WITNESS_SCALE_FACTOR > MAX_BLOCK_WEIGHT) return "bad-txns-oversize";
  let total = 0n;
  for (const { value } of tx.outputs) {
    if (value < 0n) return "bad-txns-vout-negative";
    if (value > MAX_MONEY) return "bad-txns-vout-toolarge";
    total += value;
    if (total > MAX_MONEY) return "bad-txns-txouttotal-toolarge";
  }
  const seen = new Set(tx.inputs.map((input) => outpointKey(input.outpoint)));
  if (seen.size < tx.inputs.length) return "bad-txns-inputs-duplicate";
  if (isCoinbase(tx)) {
    const { length } = tx.inputs[0]!.script;
    if (length < 2 || length > 100) return "bad-cb-length";
  } else if (tx.inputs.some((input) => isNullOutpoint(input.outpoint))) {
    return "bad-txns-prevout-null";
  }
  return null;
}
