/**
 * The ledger's door.
 *
 * @module
 */
export * from "./books.ts";
export { ledgerOptionsOf, type LedgerSettings } from "./from_settings.ts";
export { openLedger, type OpenLedgerOptions } from "./open.ts";
export * from "./payouts/mod.ts";
export * from "./port.ts";
export * from "./schemes/mod.ts";
export * from "./shares/mod.ts";
