/**
 * The rows of settings as what a server asks for besides its URL.
 *
 * @module
 */
import type { PgLedgerOptions } from "./pg/ledger.ts";

/** The shape of @gopool/config's rows about the ledger: this room knows no other. */
export interface LedgerSettings {
  readonly ledgerPassword?: string | undefined;
  /** A file, PEM. */
  readonly ledgerCa?: string | undefined;
  readonly ledgerConnections?: number | undefined;
}

/**
 * What the settings say to `openLedger`, beside clock, book and trouble.
 *
 * @param readFile Reads a certificate. Default: Deno.readTextFileSync.
 * @throws {Deno.errors.NotFound} The certificate's file is not there; other errors of reading likewise.
 */
export function ledgerOptionsOf(
  { ledgerPassword, ledgerCa, ledgerConnections }: LedgerSettings,
  readFile: (path: string) => string = Deno.readTextFileSync,
): Omit<PgLedgerOptions, "clock"> {
  return {
    ...(ledgerPassword === undefined ? {} : { password: ledgerPassword }),
    ...(ledgerCa === undefined ? {} : { ca: readFile(ledgerCa) }),
    ...(ledgerConnections === undefined ? {} : { poolSize: ledgerConnections }),
  };
}
