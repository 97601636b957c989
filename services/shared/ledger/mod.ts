/**
 * The ledger's door.
 *
 * @module
 */
export * from "./books.ts";
export { ledgerOptionsOf, type LedgerSettings } from "./from_settings.ts";
export { migrate, missingMigrations, openLedger, type OpenLedgerOptions } from "./open.ts";
export { ledgerName } from "./reach.ts";
export * from "./payouts/mod.ts";
export * from "./port.ts";
export * from "./schemes/mod.ts";
export * from "./shares/mod.ts";
