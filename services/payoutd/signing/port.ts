/**
 * Who signs payouts. Keys stay behind this port: payoutd sees what is signed, never with what.
 *
 * @module
 */
import type { PaymentRequest, SignedPayment } from "@gopool/chain/psbt";

/** A transaction to be signed: these inputs and outputs, in this order, at version 2. */
export interface UnsignedPayout extends PaymentRequest {
  /**
   * Names this transaction and no other: for files and logs. Lower-case letters, digits and "-", at most 60. The same
   * id always means the same transaction: asked again after a crash, a signer that waits goes on waiting.
   */
  readonly id: string;
}

export type SignedPayout = SignedPayment;

export interface Signer {
  /** For people: which kind, and where. Never a key. */
  readonly name: string;
  /** The script whose coins it signs for; null where it cannot say beforehand. */
  readonly script: Uint8Array | null;
  /** Whether it can be expected to sign for coins of this script. */
  signs(script: Uint8Array): boolean;
  /**
   * Signs all inputs. What comes back was held against the request (`checkSigned()`): same inputs, outputs, amounts and
   * lock time, every signature valid. Nothing is sent anywhere. May be asked again any number of times for one
   * request; two answers may differ in their signatures and, where coins are not behind a witness, in their txid.
   *
   * @returns "waiting": a person has not signed yet; ask again later.
   * @throws {SigningFailed} It does not or cannot sign this. Asking again is safe and may help.
   */
  sign(request: UnsignedPayout, signal: AbortSignal): Promise<SignedPayout | "waiting">;
}

/** No signature was had. The message is a sentence for the operator and holds no key. */
export class SigningFailed extends Error {
  override name = "SigningFailed";
}

/** A key file that cannot be used. The message is a sentence for the operator and quotes nothing of it. */
export class KeyFileNotOpened extends Error {
  override name = "KeyFileNotOpened";
}
