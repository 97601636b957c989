/**
 * The coinbases a job offers, as recipes. Ids and names are fixed: a share names its variant by id, a gateway
 * picks it by name. Pure.
 *
 * @module
 */
import {
  type OutputRecipe,
  type Sats,
  SCRIPT_MAX_BYTES,
  VARIANT_POOL,
  VARIANT_SMALL,
  VARIANT_SOLO,
  VARIANT_SPLIT,
  type VariantRecipe,
} from "@gopool/chain";
import type { BlockTemplate } from "@gopool/node";
import type { RewardSplit } from "@gopool/proto";
import { COINBASE_SIGOP_COST, SMALL_COINBASE_BYTES, SPLIT_COINBASE_BYTES } from "./limits.ts";

export interface VariantSettings {
  readonly poolScript: Uint8Array;
  readonly soloFeeBasisPoints: number;
}

/** What a split's outputs have to fit into. */
export interface CoinbaseRoom {
  readonly value: Sats;
  /** Bytes of the coinbase, without witness, that are no payout. */
  readonly fixedBytes: number;
  /** Bytes of a coinbase that its block has room for. */
  readonly maxBytes: number;
}

interface FixedOutput extends OutputRecipe {
  readonly amount: { readonly kind: "sats"; readonly sats: Sats };
  readonly payee: { readonly kind: "script"; readonly script: Uint8Array };
}

const NO_SNAPSHOT = new Uint8Array();

/** The variants that rest on no split. Nothing of a template can make them unfit. */
export function ownVariants({ poolScript, soloFeeBasisPoints }: VariantSettings): VariantRecipe[] {
  const fee: OutputRecipe[] = soloFeeBasisPoints === 0 ? [] : [{
    amount: { kind: "fee", basisPoints: soloFeeBasisPoints },
    payee: { kind: "script", script: poolScript },
  }];
  const solo: OutputRecipe = { amount: { kind: "remainder" }, payee: { kind: "account" } };
  return [
    {
      id: VARIANT_POOL,
      name: "pool",
      outputs: [remainderTo(poolScript)],
      snapshotId: NO_SNAPSHOT,
    },
    { id: VARIANT_SOLO, name: "solo", outputs: [solo, ...fee], snapshotId: NO_SNAPSHOT },
  ];
}

/**
 * The variants of a reward split: "split", and "small" where that is another coinbase. None where nothing of the
 * split fits. Whatever the split says, they can be built: their outputs never ask for more than there is.
 */
export function splitVariants(
  { poolScript }: VariantSettings,
  split: RewardSplit,
  room: CoinbaseRoom,
): VariantRecipe[] {
  const paid = fixedOutputs(split);
  const pool = remainderTo(poolScript);
  const fit = (bytes: number) => fitting(paid, poolScript, room, Math.min(bytes, room.maxBytes));
  const large = fit(SPLIT_COINBASE_BYTES);
  const small = fit(SMALL_COINBASE_BYTES);
  const { snapshotId } = split;
  const variants: VariantRecipe[] = [];
  if (large.length > 0) {
    variants.push({ id: VARIANT_SPLIT, name: "split", outputs: [...large, pool], snapshotId });
  }
  // With none of the outputs it would be the pool's own coinbase, which gateways must find under this name too.
  if (small.length < large.length) {
    variants.push({ id: VARIANT_SMALL, name: "small", outputs: [...small, pool], snapshotId });
  }
  return variants;
}

/** Transaction count of a block as compactSize, header, and the coinbase's marker, flag and reserved value (BIP 141). */
const HEADER_BYTES = 80;
const COUNT_BYTES = 3;
const COINBASE_WITNESS_BYTES = 36;
/** A byte without witness weighs four (BIP 141). */
const WEIGHT_PER_BYTE = 4;

/** Bytes (without witness) that the template's transactions leave for a coinbase. */
export function coinbaseRoom({ weightLimit, transactions }: BlockTemplate): number {
  let left = weightLimit - WEIGHT_PER_BYTE * (HEADER_BYTES + COUNT_BYTES) - COINBASE_WITNESS_BYTES;
  for (const { weight } of transactions) left -= weight;
  return Math.floor(left / WEIGHT_PER_BYTE);
}

const EXTRANONCE_BYTES = 12;
const SEQUENCE_AND_LOCK_TIME_BYTES = 8;
/** Value and script length of an output whose script is below 253 bytes. */
const OUTPUT_HEAD_BYTES = 9;

/** Bytes of a coinbase that are no payout: see CoinbaseRoom. */
export function fixedCoinbaseBytes(prefixBytes: number, commitmentBytes: number): number {
  const commitment = commitmentBytes === 0 ? 0 : OUTPUT_HEAD_BYTES + commitmentBytes;
  return prefixBytes + EXTRANONCE_BYTES + SEQUENCE_AND_LOCK_TIME_BYTES + COUNT_BYTES + commitment;
}

function remainderTo(script: Uint8Array): OutputRecipe {
  return { amount: { kind: "remainder" }, payee: { kind: "script", script } };
}

/** Outputs of fixed amounts to scripts, largest first; what else a split names is the pool's remainder. */
function fixedOutputs({ outputs }: RewardSplit): FixedOutput[] {
  const fixed = outputs.flatMap(({ amount, payee }): FixedOutput[] => {
    if (amount.case !== "sats" || payee.case !== "script") return [];
    const { value: script } = payee;
    // An empty script can be spent by anybody; one that is too long no gateway takes.
    if (amount.value <= 0n || script.length === 0 || script.length > SCRIPT_MAX_BYTES) return [];
    return [{
      amount: { kind: "sats", sats: amount.value as Sats },
      payee: { kind: "script", script },
    }];
  });
  const order = (a: bigint, b: bigint) => a === b ? 0 : a > b ? -1 : 1;
  return fixed.toSorted((a, b) => order(a.amount.sats, b.amount.sats));
}

/** The first outputs that fit into the coinbase's bytes, its value and the sigops kept free for it. */
function fitting(
  outputs: readonly FixedOutput[],
  poolScript: Uint8Array,
  { value, fixedBytes }: CoinbaseRoom,
  bytes: number,
): FixedOutput[] {
  let bytesLeft = bytes - fixedBytes - outputBytes(poolScript);
  let sigopsLeft = COINBASE_SIGOP_COST - sigopCost(poolScript);
  let left: bigint = value;
  const kept: FixedOutput[] = [];
  for (const output of outputs) {
    const { amount: { sats }, payee: { script } } = output;
    bytesLeft -= outputBytes(script);
    sigopsLeft -= sigopCost(script);
    left -= sats; // below zero: fees fell since the split was made
    if (bytesLeft < 0 || sigopsLeft < 0 || left < 0n) break;
    kept.push(output);
  }
  return kept;
}

function outputBytes({ length }: Uint8Array): number {
  return OUTPUT_HEAD_BYTES + length + (length < 253 ? 0 : 2);
}

/** Legacy sigops count four times (BIP 141). */
const SIGOP_COST = 4;
/** A bare CHECKMULTISIG counts as twenty (script.h MAX_PUBKEYS_PER_MULTISIG). */
const MULTISIG_SIGOPS = 20;
const P2PKH_BYTES = 25;
const P2SH_BYTES = 23;

/** Sigop cost of an output's script, never too low: of odd scripts every byte counts as if it were an opcode. */
function sigopCost(script: Uint8Array): number {
  const [first, second] = script;
  const isWitness = (first === 0x00 || (first! >= 0x51 && first! <= 0x60)) &&
    second === script.length - 2 && script.length <= 42;
  const isP2sh = script.length === P2SH_BYTES && first === 0xa9;
  if (isWitness || isP2sh) return 0;
  if (script.length === P2PKH_BYTES && first === 0x76) return SIGOP_COST;
  let sigops = 0;
  for (const byte of script) {
    if (byte === 0xac || byte === 0xad) sigops += 1;
    else if (byte === 0xae || byte === 0xaf) sigops += MULTISIG_SIGOPS;
  }
  return sigops * SIGOP_COST;
}
