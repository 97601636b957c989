/** Blocks: found, seen on the chain, split, booked, taken back; and the best chain as followed. @module */
export * from "./book.ts";
export * from "./chain.ts";
export * from "./claims.ts";
export * from "./debts.ts";
export * from "./read.ts";
export * from "./reconcile.ts";
export * from "./states.ts";
export * from "./take.ts";
export * from "./types.ts";
export * from "./unknown.ts";
