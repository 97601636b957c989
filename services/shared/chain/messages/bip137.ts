/**
 * Signatures from which the public key is recovered: Bitcoin Core's `signmessage`, extended to witness addresses by
 * BIP 137.
 *
 * @module
 */
import { crypto } from "bitcoinjs-lib";
import { compactSize, concat, equalBytes } from "../bytes.ts";
import { secp256k1 } from "../psbt/ecc.ts";
import { p2pkhScript, p2wpkhScript } from "../psbt/script_kind.ts";
import { sha256d } from "../sha256.ts";
import { invalid, type MessageVerdict, unknown } from "./verdict.ts";

/** Header, R, S. */
export const BIP137_BYTES = 65;

/** Headers: 27 to 30 an uncompressed key's P2PKH, 31 to 34 P2PKH, 35 to 38 P2SH-P2WPKH, 39 to 42 P2WPKH. */
const HEADER_FIRST = 27;
const HEADER_COMPRESSED = 31;
const HEADER_WITNESS = 35;
const HEADER_LAST = 42;

const MAGIC = new TextEncoder().encode("Bitcoin Signed Message:\n");

/** What `signmessage` signs (Bitcoin Core, common/signmessage.cpp, MessageHash). */
export function bip137Hash(message: Uint8Array): Uint8Array {
  return sha256d(
    concat(compactSize(MAGIC.length), MAGIC, compactSize(message.length), message),
  );
}

/**
 * Judges such a signature. For witness addresses any header of a compressed key is taken: many wallets write 31 to 34
 * whatever the address is.
 *
 * @param signature 65 bytes.
 */
export function verifyBip137(
  script: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): MessageVerdict {
  const [header] = signature as unknown as [number];
  if (signature.length !== BIP137_BYTES || header < HEADER_FIRST || header > HEADER_LAST) {
    return invalid("begins with no header that BIP 137 knows");
  }
  const compressed = header >= HEADER_COMPRESSED;
  const key = recover(
    bip137Hash(message),
    signature.subarray(1),
    (header - HEADER_FIRST) & 3,
    compressed,
  );
  if (key === null) return invalid("is one that no key can have made");
  const scripts = scriptsOf(crypto.hash160(key), header);
  if (scripts.some((possible) => equalBytes(possible, script))) {
    return { kind: "valid", form: "bip137" };
  }
  const kind = script[0];
  // A script or taproot address names no key that could be recovered.
  if (kind === 0x51 || script.length === 34) {
    return unknown("is of the old form, which cannot stand for this kind of address");
  }
  return invalid("is of another key, or of another message");
}

function recover(
  hash: Uint8Array,
  signature: Uint8Array,
  recovery: number,
  compressed: boolean,
): Uint8Array | null {
  try {
    return secp256k1.recover(hash, signature, recovery as 0 | 1 | 2 | 3, compressed);
  } catch {
    return null;
  }
}

/** Scripts that a key with this hash may sign for under this header. */
function scriptsOf(keyHash: Uint8Array, header: number): Uint8Array[] {
  const legacy = header < HEADER_WITNESS ? [p2pkhScript(keyHash)] : [];
  if (header < HEADER_COMPRESSED) return legacy;
  const witness = p2wpkhScript(keyHash);
  // OP_HASH160 <20> OP_EQUAL
  const wrapped = concat(
    Uint8Array.of(0xa9, 20),
    crypto.hash160(witness),
    Uint8Array.of(0x87),
  );
  return [...legacy, witness, wrapped];
}
