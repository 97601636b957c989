/**
 * The books as the public sees them: blocks and who got what of each, payouts, a miner's money. Reads alone, each of one
 * moment; nothing here can write.
 *
 * @module
 */
export * from "./types.ts";
export { type LateLedger, lateLedger, type LateLedgerDeps } from "./late_ledger.ts";
export { BadPage } from "./pages.ts";
export { type BooksReader, type BooksReaderDeps, createBooksReader } from "./reader.ts";
export { type BooksApiDeps, createBlockApi, createPayoutApi, type EffortOf } from "./rpc.ts";
export { createMinerBooksRpc, type MinerBooks, type MinerBooksDeps } from "./rpc_miners.ts";
export {
  type ApplyRequest,
  createSettingsForward,
  type SettingsForward,
  type SettingsForwardOptions,
} from "./settings_forward.ts";
export { blockSummary, finderOf, type Finders, minerPayout } from "./shapes.ts";
