/**
 * Blocks made by hand, right or wrong in one chosen place: what the tests of the simulated node, and those that set
 * it beside Bitcoin Core's kernel, submit. For tests only.
 *
 * @module
 */
import {
  commitmentScript,
  compactSize,
  concat,
  encodeHeader,
  equalBytes,
  type Hash,
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
  witnessCommitment,
} from "@gopool/chain";
import { outpointOf } from "./coins.ts";
import { decodeBlock } from "./decode.ts";
import { BLOCK_VERSION, COINBASE_MATURITY, POW_LIMIT_BITS } from "./rules.ts";
import { OWN_SCRIPTS } from "./own_scripts.ts";

export interface DraftInput {
  outpoint: Uint8Array;
  script: Uint8Array;
  sequence: number;
  witness: Uint8Array[];
}

export interface DraftOutput {
  value: bigint;
  script: Uint8Array;
}

export interface DraftTransaction {
  version: number;
  inputs: DraftInput[];
  outputs: DraftOutput[];
  lockTime: number;
}

/** Everything of a block that a test may want to spoil; what is absent is computed rightly. */
export interface Draft {
  version: number;
  previousHash: Hash;
  time: number;
  nbits: number;
  /** The coinbase first. */
  transactions: DraftTransaction[];
  /** Added to the coinbase as its last output: over the witnesses as they are, these bytes, or none. */
  commitment: "right" | "none" | Uint8Array;
  merkleRoot?: Hash;
  /** A nonce whose hash does not meet the target. */
  unproven?: boolean;
}

export interface OwnCoin {
  readonly outpoint: Uint8Array;
  readonly value: bigint;
}

/** The place a draft is made for. */
export interface Ground {
  readonly height: number;
  readonly previousHash: Hash;
  readonly medianTime: number;
  /** Unix seconds now. */
  readonly time: number;
  /** Ripe rewards of the first block that an empty input spends. */
  readonly bare: readonly OwnCoin[];
  /** The same behind a witness script hash. */
  readonly witness: readonly OwnCoin[];
  /** A reward that is not ripe. */
  readonly young: OwnCoin;
}

/** The witness that spends the node's witness coins: the script that pushes 1. */
export const OP_TRUE_WITNESS = Uint8Array.of(0x51);

/** Where a simulated node with a premine stands; the rewards of its first block must be unspent. */
export function groundOf(
  node: { blocks(): Iterable<Uint8Array> },
  nowSeconds: number,
): Ground {
  const blocks = [...node.blocks()].map((raw) => decodeBlock(raw));
  const first = blocks[0]!.transactions[0]!;
  const tip = blocks.at(-1)!;
  const coinsOf = (script: Uint8Array) =>
    first.outputs.flatMap((output, i) =>
      equalBytes(output.script, script)
        ? [{ outpoint: outpointOf(first.txid, i), value: output.value }]
        : []
    );
  const height = blocks.length + 1;
  const times = blocks.slice(-11).map(({ header }) => header.time).sort((a, b) => a - b);
  const unripe = blocks[height - COINBASE_MATURITY]!.transactions[0]!;
  return {
    height,
    previousHash: tip.hash,
    medianTime: times[times.length >> 1]!,
    time: nowSeconds,
    bare: coinsOf(OWN_SCRIPTS[1]!),
    witness: coinsOf(OWN_SCRIPTS[0]!),
    young: { outpoint: outpointOf(unripe.txid, 0), value: unripe.outputs[0]!.value },
  };
}

export function spend(coin: OwnCoin, fee: bigint, witness: Uint8Array[] = []): DraftTransaction {
  return {
    version: 2,
    inputs: [{ outpoint: coin.outpoint, script: new Uint8Array(), sequence: 0xffffffff, witness }],
    outputs: [{ value: coin.value - fee, script: OWN_SCRIPTS[1]! }],
    lockTime: 0,
  };
}

const FEE = 1_000n;

/** A good block: a coinbase that takes all it may, one transaction without and one with a witness. */
export function goodDraft(ground: Ground): Draft {
  const coinbase: DraftTransaction = {
    version: 2,
    inputs: [{
      outpoint: concat(new Uint8Array(32), u32le(0xffffffff)),
      script: concat(heightPush(ground.height), Uint8Array.of(2, 0x47, 0x50)),
      sequence: 0xfffffffe,
      witness: [new Uint8Array(32)],
    }],
    outputs: [{
      value: subsidyAt("regtest", ground.height) + 2n * FEE,
      script: OWN_SCRIPTS[1]!,
    }],
    lockTime: ground.height - 1,
  };
  return {
    version: BLOCK_VERSION,
    previousHash: ground.previousHash,
    time: ground.time,
    nbits: POW_LIMIT_BITS,
    transactions: [
      coinbase,
      spend(ground.bare[0]!, FEE),
      spend(ground.witness[0]!, FEE, [OP_TRUE_WITNESS]),
    ],
    commitment: "right",
  };
}

export function encodeTransaction(tx: DraftTransaction, withWitness = true): Uint8Array {
  const extended = withWitness && tx.inputs.some(({ witness }) => witness.length > 0);
  const sized = (bytes: Uint8Array) => [compactSize(bytes.length), bytes];
  return concat(
    u32le(tx.version >>> 0),
    Uint8Array.from(extended ? [0, 1] : []),
    compactSize(tx.inputs.length),
    ...tx.inputs.flatMap((input) => [
      input.outpoint,
      ...sized(input.script),
      u32le(input.sequence),
    ]),
    compactSize(tx.outputs.length),
    ...tx.outputs.flatMap((
      { value, script },
    ) => [u64le(BigInt.asUintN(64, value)), ...sized(script)]),
    ...(extended
      ? tx.inputs.flatMap(({ witness }) => [
        compactSize(witness.length),
        ...witness.flatMap(sized),
      ])
      : []),
    u32le(tx.lockTime),
  );
}

/** The id of a draft transaction, for those that spend it. */
export function draftTxid(tx: DraftTransaction): Hash {
  return sha256d(encodeTransaction(tx, false));
}

/** The block's bytes, with a proof of work. */
export function buildBlock(draft: Draft): Uint8Array {
  const transactions = [...draft.transactions];
  const coinbase = transactions[0];
  if (coinbase !== undefined && draft.commitment !== "none") {
    const wtxids = transactions.slice(1).map((tx) => sha256d(encodeTransaction(tx)));
    const commitment = draft.commitment === "right"
      ? witnessCommitment(wtxids)
      : draft.commitment as Hash;
    transactions[0] = {
      ...coinbase,
      outputs: [...coinbase.outputs, { value: 0n, script: commitmentScript(commitment) }],
    };
  }
  const txids = transactions.map(draftTxid);
  const root = txids.length > 0 ? merkleRoot(txids) : new Uint8Array(32) as Hash;
  const header = encodeHeader({
    version: draft.version,
    previousHash: draft.previousHash,
    merkleRoot: draft.merkleRoot ?? root,
    time: draft.time as UnixSeconds,
    nbits: draft.nbits,
    nonce: 0,
  });
  const target = targetFromBits(draft.nbits);
  const view = new DataView(header.buffer);
  for (let nonce = 1; meetsTarget(headerHash(header), target) === (draft.unproven === true);) {
    view.setUint32(76, nonce++, true);
  }
  return concat(
    header,
    compactSize(transactions.length),
    ...transactions.map((tx) => encodeTransaction(tx)),
  );
}
