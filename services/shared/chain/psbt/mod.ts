/**
 * Payments: signing and checking of transactions. Apart from the room's door because it loads an elliptic curve.
 *
 * @module
 */
export { type InputVerdict, type SpentOutput, verifyInput } from "./verify_input.ts";
export { p2trScript, p2wpkhScript, readScript, type ScriptKind } from "./script_kind.ts";
