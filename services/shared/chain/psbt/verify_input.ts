/**
 * Whether an input may spend what it spends, for scripts that want one signature. The rules are those of Bitcoin Core's
 * mempool (STANDARD_SCRIPT_VERIFY_FLAGS), which are stricter than a block's: strict DER, low S, defined hash types,
 * compressed keys behind a witness. What passes here is valid in a block too.
 *
 * @module
 */
import { crypto, script as scripts, Transaction as Spending } from "bitcoinjs-lib";
import { equalBytes } from "../bytes.ts";
import type { Transaction } from "../transaction.ts";
import { Digests, type SpentOutput } from "./digest.ts";
import { secp256k1 } from "./ecc.ts";
import { readScript } from "./script_kind.ts";

export type InputVerdict =
  | { readonly kind: "valid" }
  /** `reason` is what Bitcoin Core's script_error.cpp says of it. */
  | { readonly kind: "invalid"; readonly reason: string }
  /** Spends what is not judged here: another kind of script, a taproot script path, an annex. `reason` says which. */
  | { readonly kind: "unknown"; readonly reason: string };

const VALID: InputVerdict = { kind: "valid" };

/**
 * Judges one input: P2WPKH (BIP 143), P2TR by its key (BIP 341), P2PKH.
 *
 * @param spentOutputs One for every input, in the order of the inputs: taproot signs all of them.
 * @param digests For who asks about several inputs of these: what they have in common is then hashed once.
 * @throws {RangeError} No such input, or the outputs are not one for each input.
 */
export function verifyInput(
  transaction: Transaction,
  index: number,
  spentOutputs: readonly SpentOutput[],
  digests: Digests = new Digests(transaction, spentOutputs),
): InputVerdict {
  const input = transaction.inputs[index];
  if (input === undefined || spentOutputs.length !== transaction.inputs.length) {
    throw new RangeError(
      `Cannot verify input ${index} of ${transaction.inputs.length} with ${spentOutputs.length} ` +
        "spent outputs: must be one for each input",
    );
  }
  const spent = spentOutputs[index]!;
  const found = readScript(spent.script);
  if (found === null) return unknown("its script is none of P2WPKH, P2TR and P2PKH");
  const { scriptSig, witness } = input;
  if (found.kind === "p2pkh") {
    if (witness.length > 0) return invalid("Witness provided for non-witness script");
    return verifyKeyHash(
      found.payload,
      legacyItems(scriptSig),
      (_, hashType) => digests.p2pkh(index, hashType),
    );
  }
  if (scriptSig.length > 0) return invalid("Witness requires empty scriptSig");
  if (found.kind === "p2wpkh") {
    if (witness.length !== 2) return invalid("Witness program hash mismatch");
    return verifyKeyHash(found.payload, { items: witness }, (key, hashType) => {
      if (key.length !== 33) return "Using non-compressed keys in segwit";
      return digests.p2wpkh(index, found.payload, hashType);
    });
  }
  return verifyTaproot(transaction, index, found.payload, digests);
}

type Items = { readonly items: readonly Uint8Array[] } | { readonly reason: string };

/** What a scriptSig pushes. */
function legacyItems(scriptSig: Uint8Array): Items {
  const chunks = scripts.decompile(scriptSig);
  if (chunks === null || !scripts.isPushOnly(chunks)) {
    return { reason: "Only push operators allowed in signatures" };
  }
  if (!equalBytes(scripts.compile(chunks), scriptSig)) {
    return { reason: "Data push larger than necessary" };
  }
  const items = chunks.map((chunk) => typeof chunk === "number" ? new Uint8Array(0) : chunk);
  if (items.length < 2) return { reason: "Operation not valid with the current stack size" };
  if (items.length > 2) return { reason: "Stack size must be exactly one after execution" };
  return { items };
}

/** A signature and a key whose hash the script names. `digest` gives what is signed, or why nothing can be. */
function verifyKeyHash(
  keyHash: Uint8Array,
  given: Items,
  digest: (key: Uint8Array, hashType: number) => Uint8Array | string,
): InputVerdict {
  if ("reason" in given) return invalid(given.reason);
  const [signature, key] = given.items as [Uint8Array, Uint8Array];
  if (!equalBytes(crypto.hash160(key), keyHash)) {
    return invalid("Script failed an OP_EQUALVERIFY operation");
  }
  if (signature.length === 0) return invalid(FALSE);
  const decoded = decodeSignature(signature);
  if ("reason" in decoded) return invalid(decoded.reason);
  if (!isPlainKey(key)) return invalid("Public key is neither compressed or uncompressed");
  const hash = digest(key, decoded.hashType);
  if (typeof hash === "string") return invalid(hash);
  if (!secp256k1.isPoint(key) || !secp256k1.verify(hash, key, decoded.signature)) {
    return invalid("Signature must be zero for failed CHECK(MULTI)SIG operation");
  }
  return VALID;
}

const FALSE = "Script evaluated without error but finished with a false/empty top stack element";

/** Length and first byte as IsCompressedOrUncompressedPubKey() wants them (script/interpreter.cpp). */
function isPlainKey(key: Uint8Array): boolean {
  return key[0] === 0x04 ? key.length === 65 : (key[0] === 2 || key[0] === 3) && key.length === 33;
}

/** Half the order of the curve: above it, the other S would do as well (BIP 146). */
const HALF_ORDER = 0x7fffffff_ffffffff_ffffffff_ffffffff_5d576e73_57a4501d_dfe92f46_681b20a0n;

function decodeSignature(
  bytes: Uint8Array,
): { readonly signature: Uint8Array; readonly hashType: number } | { readonly reason: string } {
  if (!scripts.isDefinedHashType(bytes.at(-1)!)) {
    return { reason: "Signature hash type missing or not understood" };
  }
  try {
    const decoded = scripts.signature.decode(bytes);
    if (BigInt(`0x${decoded.signature.subarray(32).toHex()}`) > HALF_ORDER) {
      return { reason: "Non-canonical signature: S value is unnecessarily high" };
    }
    return decoded;
  } catch {
    return { reason: "Non-canonical DER signature" };
  }
}

/** The first byte of an annex, which stands last and beside at least one other item (BIP 341). */
const ANNEX_TAG = 0x50;

function verifyTaproot(
  transaction: Transaction,
  index: number,
  outputKey: Uint8Array,
  digests: Digests,
): InputVerdict {
  const { witness } = transaction.inputs[index]!;
  if (witness.length === 0) return invalid("Witness program was passed an empty witness");
  if (witness.length > 1) {
    return unknown(
      witness.at(-1)![0] === ANNEX_TAG
        ? "its witness has an annex"
        : "it spends by a taproot script, not by the key",
    );
  }
  const [signature] = witness as [Uint8Array];
  if (signature.length !== 64 && signature.length !== 65) {
    return invalid("Invalid Schnorr signature size");
  }
  const hashType = signature[64] ?? Spending.SIGHASH_DEFAULT;
  // A byte of zero would be another way to write the same signature; SINGLE needs an output to sign (BIP 341).
  const lacksOutput = (hashType & 0x1f) === Spending.SIGHASH_SINGLE &&
    index >= transaction.outputs.length;
  if (signature.length === 65 && (!scripts.isDefinedHashType(hashType) || lacksOutput)) {
    return invalid("Invalid Schnorr signature hash type");
  }
  const hash = digests.p2tr(index, hashType);
  if (
    !secp256k1.isXOnlyPoint(outputKey) ||
    !secp256k1.verifySchnorr(hash, outputKey, signature.subarray(0, 64))
  ) {
    return invalid("Invalid Schnorr signature");
  }
  return VALID;
}

function invalid(reason: string): InputVerdict {
  return { kind: "invalid", reason };
}

function unknown(reason: string): InputVerdict {
  return { kind: "unknown", reason };
}
