/**
 * Fees of payments, and the smallest output that nodes relay.
 *
 * @module
 */
import { virtualBytes } from "@gopool/chain/psbt";

/** Satoshis per 1000 virtual bytes, all of them. */
export interface FeeBounds {
  readonly min: bigint;
  readonly max: bigint;
  /** Where no node has an estimate; brought within the bounds like any other. */
  readonly fallback: bigint;
}

/** The rate to pay: the node's estimate within the operator's bounds, or the operator's own where there is none. */
export function boundRate(estimate: bigint | null, { min, max, fallback }: FeeBounds): bigint {
  const rate = estimate ?? fallback;
  return rate < min ? min : rate > max ? max : rate;
}

/** Satoshis for a weight at a rate per 1000 virtual bytes, rounded up as a relaying node does (CFeeRate::GetFee). */
export function feeOf(weight: number, satsPerKvb: bigint): bigint {
  return (BigInt(virtualBytes(weight)) * satsPerKvb + 999n) / 1000n;
}

/** Satoshis per 1000 bytes: Bitcoin Core policy/policy.h, DUST_RELAY_TX_FEE. */
const DUST_RATE = 3000n;
/** What spending an output takes, by the same rule (GetDustThreshold): with a witness, and without. */
const SPEND_WITNESS_BYTES = 67;
const SPEND_BYTES = 148;
/** An output's amount and the length of its script, which is below 253. */
const OUTPUT_FRAME_BYTES = 9;
/** Length of a witness program (BIP 141). */
const PROGRAM_MIN = 2;
const PROGRAM_MAX = 40;

/**
 * The smallest amount that Bitcoin Core relays to the script of an address (policy/policy.cpp, GetDustThreshold): 294
 * for P2WPKH, 330 for P2TR and P2WSH, 540 for P2SH, 546 for P2PKH.
 */
export function dustLimit(script: Uint8Array): bigint {
  const bytes = OUTPUT_FRAME_BYTES + script.length +
    (isWitnessProgram(script) ? SPEND_WITNESS_BYTES : SPEND_BYTES);
  return BigInt(bytes) * DUST_RATE / 1000n;
}

function isWitnessProgram(script: Uint8Array): boolean {
  const [version, length] = script;
  return (version === 0 || (version !== undefined && version >= 0x51 && version <= 0x60)) &&
    length === script.length - 2 && length >= PROGRAM_MIN && length <= PROGRAM_MAX;
}
