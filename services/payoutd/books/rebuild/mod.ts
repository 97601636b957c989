/** The books computed afresh. @module */
export { type Difference, DIFFERENCES_MAX } from "./differences.ts";
export { type Held, type History, type HistoryLog, HistoryMissing } from "./history.ts";
export { type ChainView, type OnChain } from "./on_chain.ts";
export { rebuild, type RebuildDeps, type Rebuilt } from "./rebuild.ts";
export { busSource, historyOf, type Source } from "./sources.ts";
