/**
 * What operators do to the books, by a command or by the control plane: both call these. Each writes its change and the
 * row of audit in one money transaction, or nothing; what cannot be done now is refused in a sentence.
 *
 * @module
 */
export * from "./adjust.ts";
export * from "./by_hand.ts";
export { canonicalMiner } from "./miners.ts";
export * from "./refused.ts";
export * from "./requests.ts";
export * from "./schedule.ts";
