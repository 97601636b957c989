/**
 * Blocks the node makes itself: the premine of a new chain, and those tests ask for.
 *
 * @module
 */
import {
  assembleBlock,
  coinbaseWithWitness,
  commitmentScript,
  compactSize,
  concat,
  encodeHeader,
  headerHash,
  heightPush,
  meetsTarget,
  merkleRoot,
  sha256d,
  subsidyAt,
  targetFromBits,
  u32le,
  u64le,
  type UnixSeconds,
} from "@gopool/chain";
import type { Entry } from "./block_index.ts";
import type { ChainState } from "./chain_state.ts";
import { type Block, decodeBlock } from "./decode.ts";
import { expectedHashes } from "./difficulty.ts";
import type { MempoolEntry } from "./mempool.ts";
import { BLOCK_VERSION } from "./rules.ts";
import { commitmentFor } from "./template.ts";

/** Hashes the node spends on a block of its own, about a tenth of a second; beyond, the block goes without a proof. */
const OWN_WORK_MAX = 2 ** 16;

/** The mark of the node in a coinbase; with it the script is never shorter than the two bytes asked for. */
const TAG = new TextEncoder().encode("/GoPool simulated node/");

export interface BlockPlan {
  readonly parent: Entry;
  readonly entries: readonly Pick<MempoolEntry, "tx" | "fee">[];
  /** Receives the reward, split evenly over this many outputs of these scripts in turn. */
  readonly scripts: readonly Uint8Array[];
  readonly outputs?: number;
  /** Unix seconds. */
  readonly time: number;
  /** Tells blocks on one parent from each other. */
  readonly salt: number;
}

export interface MadeBlock {
  readonly block: Block;
  /** False where the difficulty is too high to prove the block here: only this node takes it. */
  readonly proven: boolean;
}

export function makeBlock(chain: ChainState, plan: BlockPlan): MadeBlock {
  const { parent, entries, scripts, outputs = 1 } = plan;
  const { height, nbits } = chain.placeAfter(parent);
  const reward = entries.reduce(
    (sum, { fee }) => sum + fee,
    subsidyAt("regtest", height) as bigint,
  );
  const share = reward / BigInt(outputs);
  const paid = Array.from({ length: outputs }, (_, i) => {
    const value = i === 0 ? reward - share * BigInt(outputs - 1) : share;
    return output(value, scripts[(height + i) % scripts.length]!);
  });
  const scriptSig = concat(heightPush(height), push(TAG), push(u32le(plan.salt)));
  const coinbase = concat(
    u32le(2),
    compactSize(1),
    new Uint8Array(32),
    u32le(0xffffffff),
    compactSize(scriptSig.length),
    scriptSig,
    u32le(0xfffffffe),
    compactSize(outputs + 1),
    ...paid,
    output(0n, commitmentScript(commitmentFor(entries))),
    u32le(height - 1),
  );
  const target = targetFromBits(nbits);
  const proven = expectedHashes(nbits) <= OWN_WORK_MAX;
  const header = encodeHeader({
    version: BLOCK_VERSION,
    previousHash: parent.hash,
    merkleRoot: merkleRoot([sha256d(coinbase), ...entries.map(({ tx }) => tx.txid)]),
    time: plan.time as UnixSeconds,
    nbits,
    nonce: 0,
  });
  const view = new DataView(header.buffer, header.byteOffset);
  for (let nonce = 0; proven && !meetsTarget(headerHash(header), target);) {
    view.setUint32(76, ++nonce, true);
  }
  const raw = assembleBlock(
    header,
    coinbaseWithWitness(coinbase, true),
    entries.map((e) => e.tx.raw),
  );
  return { block: decodeBlock(raw), proven };
}

function output(value: bigint, script: Uint8Array): Uint8Array {
  return concat(u64le(value), compactSize(script.length), script);
}

function push(bytes: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(bytes.length), bytes);
}
