/** What a wallet does when it signs a message, for tests. @module */
import { script as scripts, Transaction as Spending } from "bitcoinjs-lib";
import { concat } from "../bytes.ts";
import { secp256k1 } from "../psbt/ecc.ts";
import { p2pkhScript } from "../psbt/script_kind.ts";
import type { SigningKey } from "../psbt/signing_key.ts";
import { bip137Hash } from "./bip137.ts";
import { toSign } from "./bip322.ts";

/** BIP 322, simple. */
export function signMessage(key: SigningKey, message: string, hashType?: number): string {
  const { bytes } = toSign(key.script, new TextEncoder().encode(message));
  const spending = Spending.fromBuffer(bytes);
  const item = (part: Uint8Array) => concat(Uint8Array.of(part.length), part);
  if (key.kind === "p2tr") {
    const type = hashType ?? Spending.SIGHASH_DEFAULT;
    const signature = key.signSchnorr(spending.hashForWitnessV1(0, [key.script], [0n], type));
    const tail = hashType === undefined ? new Uint8Array(0) : Uint8Array.of(hashType);
    return `smp${concat(Uint8Array.of(1), item(concat(signature, tail))).toBase64()}`;
  }
  const type = hashType ?? Spending.SIGHASH_ALL;
  const code = p2pkhScript(key.script.slice(2));
  const signature = scripts.signature.encode(
    key.sign(spending.hashForWitnessV0(0, code, 0n, type)),
    type,
  );
  return `smp${concat(Uint8Array.of(2), item(signature), item(key.publicKey)).toBase64()}`;
}

/** `signmessage`: a compressed key's header. */
export function signBip137(secret: Uint8Array, message: string): string {
  const hash = bip137Hash(new TextEncoder().encode(message));
  const { signature, recoveryId } = secp256k1.signRecoverable(hash, secret);
  return concat(Uint8Array.of(31 + recoveryId), signature).toBase64();
}
