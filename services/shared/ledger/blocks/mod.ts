/** Blocks: found, seen on the chain, split, booked, taken back. @module */
export * from "./book.ts";
export * from "./read.ts";
export * from "./states.ts";
export * from "./take.ts";
export * from "./types.ts";
