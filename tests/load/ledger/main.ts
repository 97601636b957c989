/**
 * An hour of payoutd's life: shares, blocks, reorganisations, payouts, two schemes, on a clock that runs faster; then its
 * books checked and computed afresh. Run it by `deno task load ledger`; `--help` tells what it takes.
 *
 * @module
 */
import { readConfig, type Sources } from "@gopool/config";
import { ledgerHour } from "./hour.ts";
import { schema } from "./options.ts";

/** @throws With the first difference, where the books are not right. */
export async function loadLedger(sources: Sources): Promise<void> {
  const hour = await ledgerHour(readConfig("load ledger", schema, sources));
  for (const [what, figure] of Object.entries(hour)) console.log(`${what}: ${figure}`);
}
