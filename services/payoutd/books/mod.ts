/** What operators ask of the books: whether they are right, the same computed afresh, another log. @module */
export { PoolScripts } from "../blocks/mod.ts";
export { begin, type BeginDeps, type BeginOrder, BeginRefused, type Begun } from "./begin.ts";
export { type CheckpointerDeps, createCheckpointer } from "./checkpointer.ts";
export { problemLine, type Verified, verify } from "./verify.ts";
export * from "./rebuild/mod.ts";
