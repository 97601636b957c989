/**
 * What `deno task migrate` does and says.
 *
 * @module
 */
import { ledgerName, migrate, missingMigrations } from "@gopool/ledger";
import type { LedgerPlace, LedgerPlaceDeps } from "../ledger_place.ts";

export interface MigrateDeps extends LedgerPlaceDeps {
  /** Nothing is changed. */
  readonly check: boolean;
  readonly print: (line: string) => void;
}

/**
 * Migrates, waiting for a server that is away.
 *
 * @returns Whether the schema is now what the program knows.
 * @throws {LedgerNotOpened} In a sentence.
 */
export async function migrateLedger(place: LedgerPlace, deps: MigrateDeps): Promise<boolean> {
  const { check, print } = deps;
  const name = ledgerName(place.url);
  const options = { ...place.options, ...deps, onNotice: print };
  if (check) {
    const missing = await missingMigrations(place.url, options);
    print(
      missing.length === 0
        ? `${name}: the schema is up to date`
        : `${name}: the schema is older than this program, missing: ${missing.join(", ")}`,
    );
    return missing.length === 0;
  }
  const ran = await migrate(place.url, options);
  for (const one of ran) print(`${name}: ran ${one}`);
  print(`${name}: the schema is up to date`);
  return true;
}
