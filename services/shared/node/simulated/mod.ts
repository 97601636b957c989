/**
 * A node that speaks Bitcoin Core's JSON-RPC over a regtest chain of its own: what `deno task start` mines on, and
 * what tests and load runs use. It judges blocks and transactions in Bitcoin Core's order and words. Of scripts it knows
 * those that one key signs (P2WPKH, P2TR by its key, P2PKH) and its own that anybody may spend; a spend of any other is
 * refused. A block accepted is on disk before the answer goes out. On the network it is "regtest" in every respect the pool sees
 * (addresses, halving every 150 blocks, BIP 34 from block 1), and on easy fixed bits Bitcoin Core's own kernel takes
 * its whole chain.
 *
 * Its mempool has the rules that a payment can break (policy.ts), replacement by fee among them; sendrawtransaction,
 * testmempoolaccept, gettxout, gettxspendingprevout and generatetoaddress answer as Bitcoin Core does, and
 * estimatesmartfee as a Bitcoin Core that has seen nothing yet. With `maturity` below 100 it is a chain of its own kind.
 *
 * With `paceSeconds` the difficulty follows no rule of Bitcoin's (difficulty.ts): run the pool with early empty
 * jobs off. Where it is stricter than Bitcoin Core: submitblock does not fill in a missing witness reserved value.
 *
 * @module
 */
export {
  type SimulatedNode,
  type SimulatedNodeOptions,
  startSimulatedNode,
  type Submission,
} from "./node.ts";
export { type Block, decodeBlock, decodeTransaction, type Transaction } from "./decode.ts";
export type { Coin, Coins } from "./coins.ts";
export type { Place } from "./context.ts";
export { type Difficulty, EASIEST_WORK } from "./difficulty.ts";
export { PortTaken } from "./http.ts";
export type { MineBlockOptions, MinedBlock } from "./own_blocks.ts";
export { ChainInUse } from "./store.ts";
export { type BlockContext, validateBlock } from "./validate.ts";
export type { Fault, Invalid, Valid, Verdict } from "./verdict.ts";
export type { TransactionsPerBlock } from "./world.ts";
