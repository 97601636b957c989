/**
 * Payments: their weight, their signatures, and the checks of both. Apart from the room's door because it loads an
 * elliptic curve.
 *
 * @module
 */
export { PSBT_MAX_BYTES, type TakenPsbt, takePsbt, unsignedPsbt } from "./packet.ts";
export { type SigningKey, signingKey, signPayment } from "./signing_key.ts";
export { checkSigned, type SignedCheck } from "./check_signed.ts";
export {
  assertPayment,
  PAYMENT_VERSION,
  type PaymentInput,
  type PaymentOutput,
  type PaymentRequest,
  type SignedPayment,
} from "./request.ts";
export { p2trScript, p2wpkhScript, readScript, type ScriptKind } from "./script_kind.ts";
export { Digests, type SpentOutput } from "./digest.ts";
export { type InputVerdict, verifyInput } from "./verify_input.ts";
export { frameWeight, inputWeight, outputWeight, paymentWeight, virtualBytes } from "./weight.ts";
