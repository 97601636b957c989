/**
 * A block of the pool's as tests want it, mined by hand. Imported by tests only.
 *
 * @module
 */
import {
  assembleBlock,
  coinbasePrefix,
  coinbaseSuffix,
  coinbaseWithWitness,
  concat,
  encodeHeader,
  headerHash,
  meetsTarget,
  type Output,
  type Sats,
  sha256d,
  targetFromBits,
  type UnixSeconds,
  VARIANT_POOL,
} from "@gopool/chain";
import type { BlockTemplate } from "@gopool/node";
import { type BlockFacts, BlockFactsSchema, create } from "@gopool/proto";

export interface Mined {
  readonly facts: BlockFacts;
  readonly raw: Uint8Array;
}

export type SomeFacts = Partial<Omit<BlockFacts, "$typeName" | "$unknown">>;

export interface Recipe {
  /** Null: the rest. */
  readonly sats: Sats | null;
  readonly script: Uint8Array;
}

let salt = 0;

/** A block on the template, found at that time, with these outputs. Each call makes another. */
export function makeBlock(
  template: BlockTemplate,
  outputs: readonly Recipe[],
  foundAtMs: number,
  more: SomeFacts,
): Mined {
  const { height, nbits, coinbaseValue } = template;
  const extranonce = new Uint8Array(12);
  new DataView(extranonce.buffer).setUint32(8, ++salt);
  const fixed = outputs.reduce((sum, { sats }) => sum + (sats ?? 0n), 0n);
  const coinbase = concat(
    coinbasePrefix({ height, jobId: "0000000100000000", tag: "/t/" }),
    extranonce,
    coinbaseSuffix({
      recipe: {
        id: 0,
        name: "test",
        snapshotId: new Uint8Array(),
        outputs: outputs.map(({ sats, script }) => ({
          amount: sats === null ? { kind: "remainder" } : { kind: "sats", sats },
          payee: { kind: "script", script },
        })),
      },
      coinbaseValue,
      accountScript: null,
      witnessCommitment: new Uint8Array(),
      scriptSigTail: new Uint8Array(),
      height,
    }),
  );
  const paid = outputs.map(({ sats, script }): Output => ({
    sats: (sats ?? coinbaseValue - fixed) as Sats,
    script,
  }));
  for (let nonce = 0;; nonce++) {
    const header = encodeHeader({
      version: template.version,
      previousHash: template.previousHash,
      merkleRoot: sha256d(coinbase),
      time: Math.max(template.curtime, template.mintime) as UnixSeconds,
      nbits,
      nonce,
    });
    const hash = headerHash(header);
    if (!meetsTarget(hash, targetFromBits(nbits))) continue;
    const facts = create(BlockFactsSchema, {
      pool: "gopool",
      jobId: "0000000100000000",
      variant: VARIANT_POOL,
      header,
      hash,
      height,
      outputs: paid.map(({ sats, script }) => ({ sats, script })),
      foundAtMs: BigInt(foundAtMs),
      ...more,
    });
    return { facts, raw: assembleBlock(header, coinbaseWithWitness(coinbase, false), []) };
  }
}
