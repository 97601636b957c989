/** Coins, payments and their transactions. @module */
export * from "./alive.ts";
export * from "./attempts.ts";
export * from "./chain.ts";
export * from "./coins.ts";
export * from "./coins_by_hand.ts";
export * from "./confirm.ts";
export * from "./control.ts";
export * from "./due.ts";
export * from "./outputs.ts";
export * from "./plan.ts";
export * from "./read.ts";
export * from "./types.ts";
