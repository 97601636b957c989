/**
 * Messages signed by an address: whether its owner said this. Apart from the room's door because it loads an elliptic
 * curve.
 *
 * @module
 */
export { type MessageVerdict } from "./verdict.ts";
export { SIGNATURE_MAX_LENGTH, type SignedMessage, verifyMessage } from "./verify.ts";
