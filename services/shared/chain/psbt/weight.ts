/**
 * Weight of a transaction before it is signed (BIP 141): never less than what the signed one has.
 *
 * @module
 */
import { lengthBytes } from "./request.ts";
import { readScript, type ScriptKind } from "./script_kind.ts";

/** Bytes without witness count four times. */
const BASE = 4;

/** Outpoint 36, length of the scriptSig 1, sequence 4. */
const INPUT_BYTES = 41;

/** The longest DER signature with a low S, and its hash type. */
const ECDSA_BYTES = 72;
const KEY_BYTES = 33;
/** With a hash type: the default needs one byte less. */
const SCHNORR_BYTES = 65;

/**
 * What one input weighs, its witness included. Where no input of the transaction has a witness it is one unit less.
 * P2PKH is taken to have a compressed key.
 */
const INPUT_WEIGHTS: Readonly<Record<ScriptKind, number>> = {
  // Witness: number of items, and each with its length.
  p2wpkh: INPUT_BYTES * BASE + 1 + (1 + ECDSA_BYTES) + (1 + KEY_BYTES),
  p2tr: INPUT_BYTES * BASE + 1 + (1 + SCHNORR_BYTES),
  p2pkh: (INPUT_BYTES + (1 + ECDSA_BYTES) + (1 + KEY_BYTES)) * BASE + 1,
};

/** What spending this script weighs; null where it is none that one signature spends. */
export function inputWeight(script: Uint8Array): number | null {
  const found = readScript(script);
  return found === null ? null : INPUT_WEIGHTS[found.kind];
}

/** What paying to this script weighs. */
export function outputWeight(script: Uint8Array): number {
  return BASE * (8 + lengthBytes(script.length) + script.length);
}

/** What a transaction weighs beside its inputs and outputs: version, lock time, marker and flag, the two counts. */
export function frameWeight(inputs: number, outputs: number): number {
  return BASE * (4 + lengthBytes(inputs) + lengthBytes(outputs) + 4) + 2;
}

/** Virtual bytes, rounded up as Bitcoin Core does (policy/policy.cpp, GetVirtualTransactionSize). */
export function virtualBytes(weight: number): number {
  return Math.ceil(weight / BASE);
}

/**
 * What a whole transaction weighs.
 *
 * @throws {RangeError} An input of a kind that `inputWeight()` does not know.
 */
export function paymentWeight(
  inputScripts: readonly Uint8Array[],
  outputScripts: readonly Uint8Array[],
): number {
  let weight = frameWeight(inputScripts.length, outputScripts.length);
  for (const script of inputScripts) {
    const known = inputWeight(script);
    if (known === null) {
      throw new RangeError(`Cannot tell what spending script ${script.toHex()} weighs`);
    }
    weight += known;
  }
  for (const script of outputScripts) weight += outputWeight(script);
  return weight;
}
