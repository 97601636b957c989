import { concat, equalBytes } from "../bytes.ts";

/** The kinds of script that are spent by one signature of one key. */
export type ScriptKind = "p2wpkh" | "p2tr" | "p2pkh";

/** Bytes of HASH160 and of an x-only public key (BIP 141, BIP 341). */
const KEY_HASH_BYTES = 20;
const OUTPUT_KEY_BYTES = 32;

const P2WPKH_HEAD = Uint8Array.of(0x00, KEY_HASH_BYTES);
/** OP_1 and the key. */
const P2TR_HEAD = Uint8Array.of(0x51, OUTPUT_KEY_BYTES);
/** OP_DUP OP_HASH160 … OP_EQUALVERIFY OP_CHECKSIG. */
const P2PKH_HEAD = Uint8Array.of(0x76, 0xa9, KEY_HASH_BYTES);
const P2PKH_TAIL = Uint8Array.of(0x88, 0xac);

/** What a script wants, and of whom; null where it is of none of the three kinds. `payload` is a view. */
export function readScript(
  script: Uint8Array,
): { readonly kind: ScriptKind; readonly payload: Uint8Array } | null {
  const begins = (head: Uint8Array, length: number) =>
    script.length === length && equalBytes(script.subarray(0, head.length), head);
  if (begins(P2WPKH_HEAD, 22)) return { kind: "p2wpkh", payload: script.subarray(2) };
  if (begins(P2TR_HEAD, 34)) return { kind: "p2tr", payload: script.subarray(2) };
  if (begins(P2PKH_HEAD, 25) && equalBytes(script.subarray(23), P2PKH_TAIL)) {
    return { kind: "p2pkh", payload: script.subarray(3, 23) };
  }
  return null;
}

/** Pays to HASH160 of a compressed public key, with a witness. */
export function p2wpkhScript(keyHash: Uint8Array): Uint8Array {
  return concat(P2WPKH_HEAD, keyHash);
}

/** Pays to a taproot output key, as it stands in the script: already tweaked. */
export function p2trScript(outputKey: Uint8Array): Uint8Array {
  return concat(P2TR_HEAD, outputKey);
}

/** Pays to HASH160 of a public key; also the script that a P2WPKH signature commits to (BIP 143). */
export function p2pkhScript(keyHash: Uint8Array): Uint8Array {
  return concat(P2PKH_HEAD, keyHash, P2PKH_TAIL);
}
