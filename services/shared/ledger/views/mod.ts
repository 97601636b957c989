/** The books as people look at them: pages, each of one moment. @module */
export * from "./accounts.ts";
export * from "./entries.ts";
export * from "./blocks.ts";
export * from "./money.ts";
export * from "./payments.ts";
