/**
 * The chain's own rules, pure: no clock, no store, no network. Hashes are in internal order throughout.
 *
 * @module
 */
export * from "./address.ts";
export * from "./block.ts";
export * from "./bytes.ts";
export * from "./coinbase.ts";
export * from "./header.ts";
export * from "./height.ts";
export * from "./merkle.ts";
export * from "./network.ts";
export { midstate, sha256, sha256d, sha256dFrom, sha256dPair } from "./sha256.ts";
export * from "./target.ts";
export {
  decodeTransaction,
  type Input,
  isCoinbase,
  type Transaction,
  weightOf,
} from "./transaction.ts";
export * from "./units.ts";
export * from "./variant.ts";
