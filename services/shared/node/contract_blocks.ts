/**
 * Small blocks for tests of nodes: a coinbase and, where wished, the template's transactions, ground until the
 * hash meets a target that is as easy as regtest's.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  assembleBlock,
  coinbasePrefix,
  coinbaseSuffix,
  coinbaseWithWitness,
  commitmentScript,
  concat,
  displayHash,
  encodeHeader,
  EXTRANONCE1_BYTES,
  EXTRANONCE2_BYTES,
  type Hash,
  headerHash,
  meetsTarget,
  merkleRoot,
  type Sats,
  scriptSigTail,
  sha256d,
  targetFromBits,
  type UnixSeconds,
  witnessCommitment,
} from "@gopool/chain";
import type { BlockTemplate } from "./port.ts";

/** OP_TRUE: nobody spends it. */
const PAYEE = Uint8Array.of(0x51);

export interface BlockParts {
  readonly height: number;
  readonly previousHash: Hash;
  readonly version: number;
  readonly nbits: number;
  readonly time: number;
  readonly coinbaseValue: bigint;
  readonly transactions: BlockTemplate["transactions"];
  /** Tells blocks apart that are otherwise the same. */
  readonly salt?: number;
  /** Receives the coinbase's value; nobody who could spend it where absent. */
  readonly payee?: Uint8Array;
}

export interface BuiltBlock {
  readonly bytes: Uint8Array;
  readonly hash: Hash;
  readonly height: number;
  readonly time: number;
}

/** A block with everything that the template has, which must agree with itself about its witness commitment. */
export function blockOf(
  template: BlockTemplate,
  changes: Partial<BlockParts> = {},
): BuiltBlock {
  const { witnessCommitment: given, transactions } = template;
  if (given !== null) {
    const own = witnessCommitment(transactions.map(({ wtxid }) => wtxid));
    assertEquals(displayHash(own), displayHash(given));
  }
  return buildBlock({ ...template, time: template.curtime, ...changes });
}

/** A block on another that need not be the tip: no transactions, the height's subsidy. */
export function blockOn(
  parent: BuiltBlock,
  template: BlockTemplate,
  subsidy: Sats,
): BuiltBlock {
  return buildBlock({
    ...template,
    height: parent.height + 1,
    previousHash: parent.hash,
    time: Math.max(template.curtime, parent.time + 1),
    coinbaseValue: subsidy,
    transactions: [],
  });
}

function buildBlock(parts: BlockParts): BuiltBlock {
  const { height, transactions, salt = 0, payee = PAYEE } = parts;
  const commitment = witnessCommitment(transactions.map(({ wtxid }) => wtxid));
  const extranonce = new Uint8Array(EXTRANONCE1_BYTES + EXTRANONCE2_BYTES);
  new DataView(extranonce.buffer).setUint32(0, salt);
  const coinbase = concat(
    coinbasePrefix({ height, jobId: "00".repeat(8), tag: "contract" }),
    extranonce,
    coinbaseSuffix({
      recipe: {
        id: 0,
        name: "pool",
        outputs: [{ amount: { kind: "remainder" }, payee: { kind: "script", script: payee } }],
        snapshotId: new Uint8Array(),
      },
      coinbaseValue: parts.coinbaseValue as Sats,
      accountScript: null,
      witnessCommitment: commitmentScript(commitment),
      scriptSigTail,
      height,
    }),
  );
  const header = grind({
    version: parts.version,
    previousHash: parts.previousHash,
    merkleRoot: merkleRoot([sha256d(coinbase), ...transactions.map(({ txid }) => txid)]),
    time: parts.time as UnixSeconds,
    nbits: parts.nbits,
  });
  return {
    bytes: assembleBlock(
      header,
      coinbaseWithWitness(coinbase, true),
      transactions.map(({ data }) => data),
    ),
    hash: headerHash(header),
    height,
    time: parts.time,
  };
}

/** Hashes that a test may take: regtest asks for two. */
const GRIND_MAX = 100_000;

function grind(header: Omit<Parameters<typeof encodeHeader>[0], "nonce">): Uint8Array {
  const target = targetFromBits(header.nbits);
  for (let nonce = 0; nonce < GRIND_MAX; nonce++) {
    const bytes = encodeHeader({ ...header, nonce });
    if (meetsTarget(headerHash(bytes), target)) return bytes;
  }
  throw new Error(`Cannot grind a block at ${header.nbits.toString(16)}: too hard for a test`);
}
