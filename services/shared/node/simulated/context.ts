/**
 * What can be said of a block from its place in the chain, before its coins are looked at: Bitcoin Core's
 * ContextualCheckBlockHeader and ContextualCheckBlock (validation.cpp), in their order.
 *
 * @module
 */
import { concat, equalBytes, fromHex, heightPush, merkleRoot, sha256d } from "@gopool/chain";
import type { Hash, Header } from "@gopool/chain";
import type { Block, Transaction } from "./decode.ts";
import {
  LOCKTIME_THRESHOLD,
  MAX_BLOCK_WEIGHT,
  MAX_FUTURE_BLOCK_TIME_S,
  OLDEST_VERSION,
  SEQUENCE_FINAL,
} from "./rules.ts";
import { invalid, VALID, type Verdict } from "./verdict.ts";

/** The place a block would take. */
export interface Place {
  readonly height: number;
  /** What the difficulty rule asks of it. */
  readonly nbits: number;
  /** Median of the last times before it, Unix seconds. */
  readonly medianTimePast: number;
  /** Median time past of the block before the one at a height of this branch: what BIP 68 counts from. */
  readonly medianTimeBefore: (height: number) => number;
  /** Blocks until a coinbase may be spent; Bitcoin's COINBASE_MATURITY where absent. */
  readonly maturity?: number;
}

export function checkHeaderAt(header: Header, place: Place, nowSeconds: number): Verdict {
  if (header.nbits !== place.nbits) return invalid("header", "bad-diffbits");
  if (header.time <= place.medianTimePast) return invalid("header", "time-too-old");
  if (header.time > nowSeconds + MAX_FUTURE_BLOCK_TIME_S) {
    return invalid("time-future", "time-too-new");
  }
  // Versions are signed: the top bit makes one older than all.
  if ((header.version | 0) < OLDEST_VERSION) {
    const version = (header.version >>> 0).toString(16).padStart(8, "0");
    return invalid("header", `bad-version(0x${version})`);
  }
  return VALID;
}

export function checkBlockAt(block: Block, place: Place): Verdict {
  for (const tx of block.transactions) {
    if (!isFinal(tx, place.height, place.medianTimePast)) {
      return invalid("consensus", "bad-txns-nonfinal");
    }
  }
  const coinbase = block.transactions[0]!;
  const push = heightPush(place.height);
  if (!equalBytes(coinbase.inputs[0]!.script.subarray(0, push.length), push)) {
    return invalid("consensus", "bad-cb-height");
  }
  const verdict = checkWitness(block, coinbase);
  if (verdict.kind === "invalid") return verdict;
  if (block.weight > MAX_BLOCK_WEIGHT) return invalid("consensus", "bad-blk-weight");
  return VALID;
}

/** IsFinalTx under BIP 113: a time is held against the median time past, not the block's own. */
export function isFinal(tx: Transaction, height: number, medianTimePast: number): boolean {
  if (tx.lockTime === 0) return true;
  const now = tx.lockTime < LOCKTIME_THRESHOLD ? height : medianTimePast;
  return tx.lockTime < now || tx.inputs.every((input) => input.sequence === SEQUENCE_FINAL);
}

/** OP_RETURN, push of 36, and the four bytes of BIP 141. */
const COMMITMENT_PREFIX = fromHex("6a24aa21a9ed");
const COMMITMENT_BYTES = 38;

function checkWitness(block: Block, coinbase: Transaction): Verdict {
  const commitment = coinbase.outputs.findLast(({ script }) =>
    script.length >= COMMITMENT_BYTES &&
    equalBytes(script.subarray(0, COMMITMENT_PREFIX.length), COMMITMENT_PREFIX)
  );
  if (commitment === undefined) {
    return block.transactions.some((tx) => tx.hasWitness)
      ? invalid("mutated", "unexpected-witness")
      : VALID;
  }
  const { witness } = coinbase.inputs[0]!;
  const reserved = witness[0];
  if (witness.length !== 1 || reserved?.length !== 32) {
    return invalid("mutated", "bad-witness-nonce-size");
  }
  // The coinbase stands for itself as 32 zero bytes: it cannot commit to its own hash.
  const zero = new Uint8Array(32) as Hash;
  const root = merkleRoot([zero, ...block.transactions.slice(1).map((tx) => tx.wtxid)]);
  const expected = sha256d(concat(root, reserved));
  const found = commitment.script.subarray(COMMITMENT_PREFIX.length, COMMITMENT_BYTES);
  return equalBytes(expected, found) ? VALID : invalid("mutated", "bad-witness-merkle-match");
}
