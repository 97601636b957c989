/**
 * BIP 322, the simple form: a witness that would spend a virtual output of the address, in a transaction that commits
 * to the message.
 *
 * @module
 */
import { crypto, Transaction as Spending } from "bitcoinjs-lib";
import { concat } from "../bytes.ts";
import { readScript } from "../psbt/script_kind.ts";
import { verifyInput } from "../psbt/verify_input.ts";
import { ByteReader } from "../reader.ts";
import { decodeTransaction, type Transaction } from "../transaction.ts";
import { invalid, type MessageVerdict, unknown } from "./verdict.ts";

const TAG = new TextEncoder().encode("BIP0322-signed-message");
const OP_RETURN = 0x6a;
const NO_INDEX = 0xffff_ffff;

/** Items that a simple signature's witness may have: a multisignature's is the longest that is meant to be sent. */
const ITEMS_MAX = 20;

export function bip322Hash(message: Uint8Array): Uint8Array {
  const tag = crypto.sha256(TAG);
  return crypto.sha256(concat(tag, tag, message));
}

/** `to_spend`: cannot be in any chain, its one input spends nothing. */
export function toSpend(script: Uint8Array, message: Uint8Array): Transaction {
  const transaction = new Spending();
  transaction.version = 0;
  // OP_0 and a push of 32 bytes.
  const commitment = concat(Uint8Array.of(0x00, 32), bip322Hash(message));
  transaction.addInput(new Uint8Array(32), NO_INDEX, 0, commitment);
  transaction.addOutput(script, 0n);
  return decodeTransaction(transaction.toBuffer());
}

/** `to_sign`, without its witness. */
export function toSign(script: Uint8Array, message: Uint8Array): Transaction {
  const transaction = new Spending();
  transaction.version = 0;
  transaction.addInput(toSpend(script, message).txid.slice(), 0, 0);
  transaction.addOutput(Uint8Array.of(OP_RETURN), 0n);
  return decodeTransaction(transaction.toBuffer());
}

/**
 * Judges a simple signature for P2WPKH and for P2TR by its key.
 *
 * @param signature A witness: how many items, and each with its length.
 */
export function verifyBip322(
  script: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): MessageVerdict {
  const kind = readScript(script)?.kind;
  if (kind !== "p2wpkh" && kind !== "p2tr") {
    return unknown("is of a kind that only P2WPKH and taproot addresses are judged by");
  }
  const witness = readWitness(signature);
  if (witness === null) return invalid("is no witness that can be read");
  const unsigned = toSign(script, message);
  const signed = { ...unsigned, inputs: [{ ...unsigned.inputs[0]!, witness }] };
  const verdict = verifyInput(signed, 0, [{ sats: 0n, script }]);
  if (verdict.kind === "unknown") return unknown(`is not judged: ${verdict.reason}`);
  if (verdict.kind === "invalid") {
    return invalid(`does not hold for this address and message (${verdict.reason})`);
  }
  // All of the transaction must be signed; what verifyInput() let pass has a hash type at the end of its first item.
  const hashType = kind === "p2tr" ? witness[0]![64] ?? Spending.SIGHASH_ALL : witness[0]!.at(-1);
  if (hashType !== Spending.SIGHASH_ALL) return invalid("does not sign the whole message");
  return { kind: "valid", form: "bip322" };
}

function readWitness(bytes: Uint8Array): Uint8Array[] | null {
  try {
    const reader = new ByteReader(bytes, "a witness");
    const count = reader.count("items", 1);
    if (count > ITEMS_MAX) return null;
    const items = Array.from({ length: count }, () => reader.sized("item"));
    reader.end();
    return items;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
