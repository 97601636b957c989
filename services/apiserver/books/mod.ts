/**
 * The books as the public sees them: blocks and who got what of each, payouts, a miner's money. Reads alone, each of one
 * moment; nothing here can write.
 *
 * @module
 */
export * from "./types.ts";
export { BadPage, type BooksReader, type BooksReaderDeps, createBooksReader } from "./reader.ts";
export { blockSummary, finderOf, type Finders } from "./shapes.ts";
export { type BooksApiDeps, createBlockApi, createPayoutApi, type EffortOf } from "./rpc.ts";
export {
  createSettingsForward,
  type SettingsForward,
  type SettingsForwardOptions,
  SettingsUnavailable,
  type SettingsVerdict,
} from "./settings_forward.ts";
export { missingOf, type Part } from "./missing.ts";
