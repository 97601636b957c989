/**
 * What payoutd was last started with, as far as miners are told.
 *
 * @module
 */
import type { Tx } from "./port.ts";

export interface Terms {
  /** Mature balance from which on an account is paid that has not chosen another. */
  readonly thresholdSats: bigint;
  /** The least that one may choose. */
  readonly leastThresholdSats: bigint;
  /** How long a changed payout address waits. */
  readonly addressDelayMs: number;
  /** Blocks until a coinbase can be spent. */
  readonly maturity: number;
  /** Who pays the network for a payment. */
  readonly feePayer: "pool" | "shared";
}

/** Notes them: the last who did counts. */
export async function noteTerms(tx: Tx, terms: Terms, nowMs: number): Promise<void> {
  await tx.query(
    `INSERT INTO terms (threshold_sats, least_threshold_sats, address_delay_ms, maturity, fee_payer, at_ms)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (only_row) DO UPDATE SET threshold_sats = excluded.threshold_sats,
       least_threshold_sats = excluded.least_threshold_sats, address_delay_ms = excluded.address_delay_ms,
       maturity = excluded.maturity, fee_payer = excluded.fee_payer, at_ms = excluded.at_ms`,
    [
      terms.thresholdSats,
      terms.leastThresholdSats,
      terms.addressDelayMs,
      terms.maturity,
      terms.feePayer,
      nowMs,
    ],
  );
}

/** Null before a payoutd has noted any. */
export async function termsOf(tx: Tx): Promise<Terms | null> {
  const [row] = await tx.prepared<
    {
      threshold_sats: bigint;
      least_threshold_sats: bigint;
      address_delay_ms: bigint;
      maturity: number;
      fee_payer: Terms["feePayer"];
    }
  >(
    "terms",
    "SELECT threshold_sats, least_threshold_sats, address_delay_ms, maturity, fee_payer FROM terms",
  );
  if (row === undefined) return null;
  return {
    thresholdSats: row.threshold_sats,
    leastThresholdSats: row.least_threshold_sats,
    addressDelayMs: Number(row.address_delay_ms),
    maturity: row.maturity,
    feePayer: row.fee_payer,
  };
}
