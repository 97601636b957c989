/**
 * Messages signed by addresses. BIP 322's virtual transactions are made here, with bitcoinjs-lib's digests and this
 * room's own check of inputs: the one library for it (bip322-js 3.0.0) rests on elliptic, brings older copies of four
 * of this room's packages and compiled code, and does not know the prefixes that BIP 322 has since.
 *
 * @module
 */
import { AddressError, scriptOfAddress } from "../address.ts";
import type { Network } from "../network.ts";
import { BIP137_BYTES, verifyBip137 } from "./bip137.ts";
import { verifyBip322 } from "./bip322.ts";
import { invalid, type MessageVerdict, unknown } from "./verdict.ts";

/** Characters of a signature: a simple one of a key has at most 148, a multisignature's a few times that. */
export const SIGNATURE_MAX_LENGTH = 4_000;

/** In front of the base64, since BIP 322 is final: which form follows. Without one it is the simple form. */
const PREFIX = /^(smp|ful|pof)(?=[A-Za-z0-9+/=]*$)/;

export interface SignedMessage {
  readonly address: string;
  /** As it was shown to the signer; signed as UTF-8. */
  readonly message: string;
  /** Base64; BIP 322's with or without prefix. */
  readonly signature: string;
}

/**
 * Judges a signed message: BIP 137 for P2PKH, P2SH-P2WPKH and P2WPKH, BIP 322 simple for P2WPKH and P2TR. Which of them
 * it is shows in the signature. An address of another network is invalid.
 */
export function verifyMessage(
  { address, message, signature }: SignedMessage,
  network: Network,
): MessageVerdict {
  let script: Uint8Array;
  try {
    script = scriptOfAddress(address, network);
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    return invalid(`is for no address of ${network}`);
  }
  const text = signature.trim();
  if (text.length > SIGNATURE_MAX_LENGTH) {
    return invalid(`has more than ${SIGNATURE_MAX_LENGTH} characters`);
  }
  const form = PREFIX.exec(text)?.[1];
  if (form === "ful" || form === "pof") {
    return unknown(`is of BIP 322's form "${form}", only the simple one is judged`);
  }
  const bytes = fromBase64(form === undefined ? text : text.slice(form.length));
  if (bytes === null) return invalid("is no base64");
  const said = new TextEncoder().encode(message);
  return form === undefined && bytes.length === BIP137_BYTES
    ? verifyBip137(script, said, bytes)
    : verifyBip322(script, said, bytes);
}

function fromBase64(text: string): Uint8Array | null {
  try {
    return Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
  } catch {
    return null;
  }
}
