/** A node that speaks Bitcoin Core's RPC over a chain of its own: for `deno task start`, tests and load. @module */
export {
  type MinedBlock,
  type SimulatedNode,
  type SimulatedNodeOptions,
  startSimulatedNode,
  type Submission,
} from "./node.ts";
export { type Block, decodeBlock, decodeTransaction, type Transaction } from "./decode.ts";
export type { Coin, Coins } from "./coins.ts";
export type { Place } from "./context.ts";
export { type Difficulty, EASIEST_WORK } from "./difficulty.ts";
export { ChainInUse } from "./store.ts";
export { type BlockContext, validateBlock } from "./validate.ts";
export type { Fault, Invalid, Valid, Verdict } from "./verdict.ts";
export type { TransactionsPerBlock } from "./world.ts";
