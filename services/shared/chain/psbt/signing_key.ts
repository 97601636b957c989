import { crypto, script as scripts, Transaction } from "bitcoinjs-lib";
import { equalBytes } from "../bytes.ts";
import { decodeTransaction } from "../transaction.ts";
import { checkSigned } from "./check_signed.ts";
import { Digests } from "./digest.ts";
import { secp256k1 } from "./ecc.ts";
import { unsignedTransaction } from "./packet.ts";
import type { PaymentRequest, SignedPayment } from "./request.ts";
import { p2trScript, p2wpkhScript } from "./script_kind.ts";

/** A private key that cannot be looked at: it signs for coins of its script, and that is all that is seen of it. */
export interface SigningKey {
  readonly kind: "p2wpkh" | "p2tr";
  readonly script: Uint8Array;
  /** For bitcoinjs-lib. */
  readonly publicKey: Uint8Array;
  sign(hash: Uint8Array): Uint8Array;
  signSchnorr(hash: Uint8Array): Uint8Array;
}

/**
 * @param secret 32 bytes; for P2TR the internal key, tweaked here without a script tree as BIP 86 does. Kept as a copy.
 * @throws {RangeError} No private key. The message does not quote it.
 */
export function signingKey(secret: Uint8Array, kind: SigningKey["kind"]): SigningKey {
  if (secret.length !== 32 || !secp256k1.isPrivate(secret)) {
    throw new RangeError(
      "Cannot sign with this key: must be 32 bytes, from 1 to the curve's order",
    );
  }
  // Held by the functions below alone: no property, so that no log or JSON of the object can show it.
  const key = kind === "p2tr" ? tweaked(secret) : secret.slice();
  const publicKey = secp256k1.pointFromScalar(key, true)!;
  return {
    kind,
    publicKey,
    script: kind === "p2tr"
      ? p2trScript(publicKey.subarray(1))
      : p2wpkhScript(crypto.hash160(publicKey)),
    sign: (hash) => secp256k1.sign(hash, key),
    signSchnorr: (hash) => secp256k1.signSchnorr(hash, key),
  };
}

/** BIP 341, taproot_tweak_seckey, with no script tree. */
function tweaked(secret: Uint8Array): Uint8Array {
  const inner = secp256k1.pointFromScalar(secret, true)!;
  const even = inner[0] === 2 ? secret : secp256k1.privateNegate(secret);
  const key = secp256k1.privateAdd(even, crypto.taggedHash("TapTweak", inner.subarray(1)));
  // As likely as guessing another's key.
  if (key === null) throw new RangeError("Cannot sign with this key: its tweak leads nowhere");
  return key;
}

/**
 * Signs every input of a payment and holds the result against the request.
 *
 * @param keys One for each script among the inputs; others are left alone.
 * @throws {RangeError} No payment, or an input that none of the keys signs for.
 */
export function signPayment(
  request: PaymentRequest,
  keys: readonly SigningKey[],
): SignedPayment {
  const signed = unsignedTransaction(request);
  const digests = new Digests(decodeTransaction(signed.toBuffer()), request.inputs);
  request.inputs.forEach(({ script }, index) => {
    const key = keys.find((key) => equalBytes(key.script, script));
    if (key === undefined) {
      throw new RangeError(`Cannot sign input ${index}: no key for script ${script.toHex()}`);
    }
    signed.setWitness(index, witnessOf(key, index, digests));
  });
  const raw = signed.toBuffer();
  const check = checkSigned(request, raw);
  if (check.kind === "bad") throw new Error(`What was just signed does not hold: ${check.why}`);
  return { raw, txid: check.transaction.txid };
}

function witnessOf(key: SigningKey, index: number, digests: Digests): Uint8Array[] {
  // The default hash type needs no byte, and signs the same as SIGHASH_ALL.
  if (key.kind === "p2tr") {
    return [key.signSchnorr(digests.p2tr(index, Transaction.SIGHASH_DEFAULT))];
  }
  const hashType = Transaction.SIGHASH_ALL;
  const hash = digests.p2wpkh(index, key.script.subarray(2), hashType);
  return [scripts.signature.encode(key.sign(hash), hashType), key.publicKey];
}
