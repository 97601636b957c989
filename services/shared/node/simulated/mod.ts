/** A node that speaks Bitcoin Core's RPC over a chain of its own: for `deno task start`, tests and load. @module */
export {
  type MinedBlock,
  type SimulatedNode,
  type SimulatedNodeOptions,
  startSimulatedNode,
  type Submission,
} from "./node.ts";
export type { Difficulty } from "./difficulty.ts";
export { ChainInUse } from "./store.ts";
export type { TransactionsPerBlock } from "./world.ts";
