/**
 * Balances below zero: what a reversal took back was paid out already. Nothing has to be done about them: later credits
 * add to the same balance, and it is not paid before it is above zero again.
 *
 * @module
 */
import { MATURE } from "../books.ts";
import type { Tx } from "../port.ts";

export interface Debts {
  readonly accounts: number;
  /** Their sum: zero or below. */
  readonly sats: bigint;
}

/** Miners whose mature balance is below zero. */
export async function negativeBalances(tx: Tx): Promise<Debts> {
  const [row] = await tx.prepared<{ accounts: number; sats: bigint | null }>(
    "balances_negative",
    `SELECT count(*)::int AS accounts, sum(sats) AS sats FROM balance JOIN account ON id = account_id
     WHERE kind = 'miner' AND bucket = $1 AND sats < 0`,
    [MATURE],
  );
  return { accounts: row!.accounts, sats: row!.sats ?? 0n };
}
