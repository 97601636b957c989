/** Coins, payments and their transactions. @module */
export * from "./chain.ts";
export * from "./coins.ts";
