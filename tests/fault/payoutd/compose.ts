/**
 * payoutd composed as its main.ts does, with settings under which a day of its life passes in seconds.
 *
 * @module
 */
import type { Bus } from "@gopool/bus";
import type { Ledger } from "@gopool/ledger";
import type { Nodes } from "@gopool/node";
import { createPayoutd, type PayoutdSettings } from "@gopool/payoutd";
import type { Signer } from "@gopool/payoutd/signing";
import {
  type Clock,
  type Logger,
  type Service,
  type StatusBoard,
  systemRandom,
} from "@gopool/runtime";

/** Blocks until the simulated chain's coinbases can be spent, and until a payout counts as made. */
export const MATURITY = 10;
export const CONFIRMATIONS = 2;
export const FEE_BASIS_POINTS = 150;
/** X, in thousandths of a unit: what is worked in some minutes. */
export const WINDOW_THOUSANDTHS = 3_000;
/** Balances from this on are paid out. */
export const THRESHOLD_SATS = 50_000n;

/** No amount of a test is near it. */
const NO_LIMIT = 10n ** 15n;

export function settingsOf(poolAddress: string, more: Partial<PayoutdSettings> = {}) {
  return {
    pool: "gopool",
    poolAddress,
    formerAddresses: [],
    scheme: "pplns",
    windowThousandths: WINDOW_THOUSANDTHS,
    feeBasisPoints: FEE_BASIS_POINTS,
    donationBasisPoints: 0,
    reserveFloor: 0n,
    leastThresholdSats: THRESHOLD_SATS,
    addressDelayMs: 0,
    maturity: MATURITY,
    payouts: {
      everyMs: 60_000,
      thresholdSats: THRESHOLD_SATS,
      approval: false,
      maxRunSats: NO_LIMIT,
      maxDaySats: NO_LIMIT,
      maxOutputs: 5,
      fees: { min: 1_000n, max: 100_000n, fallback: 2_000n },
      feeTargetBlocks: 6,
      feePayer: "pool",
      confirmations: CONFIRMATIONS,
    },
    coinbaseSplit: null,
    ...more,
  } satisfies PayoutdSettings;
}

export interface Parts {
  readonly bus: Bus;
  readonly ledger: Ledger;
  readonly nodes: Nodes;
  readonly signer: Signer | null;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly settings: PayoutdSettings;
}

export function composed(parts: Parts): Service {
  return createPayoutd({ ...parts, random: systemRandom, network: "regtest" });
}
