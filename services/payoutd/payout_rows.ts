/**
 * Rows about payouts and who signs them.
 *
 * @module
 */
import {
  choice,
  custom,
  duration,
  type Field,
  integer,
  keepsIn,
  optional,
  path,
  readsFile,
} from "@gopool/config";
import { LEAST_THRESHOLD_SATS } from "./clients/limits.ts";

const SATS_MAX = 2_100_000_000_000_000n;
const DAY_MS = 86_400_000;

/** Whole satoshis, both bounds inclusive. Money is never a number. */
export function amount(
  variable: string,
  help: string,
  o: { min: bigint; max?: bigint; fallback: bigint },
): Field<bigint> {
  const { min, max = SATS_MAX } = o;
  return custom(variable, help, {
    takes: "SATS",
    fallback: String(o.fallback),
    parse(value) {
      const sats = /^\d[\d_]{0,20}$/.test(value) ? BigInt(value.replaceAll("_", "")) : -1n;
      if (sats < min || sats > max) {
        throw new RangeError(`must be a whole number of satoshis from ${min} to ${max}`);
      }
      return sats;
    },
  });
}

/** Satoshis per 1000 vbytes: nodes take no transaction that pays more (Bitcoin Core node/transaction.h, 0.1 BTC). */
const FEE_RATE_MOST = 10_000_000n;

export const payoutRows = {
  threshold: amount(
    "GOPOOL_PAYOUTD_THRESHOLD",
    "least mature balance that is paid out, where an account has not chosen another",
    { min: 1_000n, fallback: 500_000n },
  ),
  thresholdMin: amount(
    "GOPOOL_PAYOUTD_THRESHOLD_MIN",
    "least threshold that a miner may choose for its account",
    { min: 1_000n, fallback: LEAST_THRESHOLD_SATS },
  ),
  payoutEvery: duration("GOPOOL_PAYOUTD_EVERY", "how often payouts are planned", {
    minMs: 1_000,
    maxMs: 30 * DAY_MS,
    fallback: "1h",
  }),
  payoutApproval: choice(
    "GOPOOL_PAYOUTD_APPROVAL",
    "manual: an operator says yes to each run (deno task ledger payouts approve)",
    { of: ["automatic", "manual"], fallback: "manual" },
  ),
  payoutMaxRun: amount("GOPOOL_PAYOUTD_MAX_RUN", "most that one run pays without an operator", {
    min: 1n,
    fallback: 1_000_000_000n,
  }),
  payoutMaxDay: amount("GOPOOL_PAYOUTD_MAX_DAY", "most that 24 hours pay without an operator", {
    min: 1n,
    fallback: 2_000_000_000n,
  }),
  payoutMaxOutputs: integer("GOPOOL_PAYOUTD_MAX_OUTPUTS", "most payments in one transaction", {
    // About what a standard transaction holds.
    min: 1,
    max: 3_000,
    fallback: 500,
  }),
  feeTargetBlocks: integer(
    "GOPOOL_PAYOUTD_FEE_TARGET",
    "blocks within which payouts should confirm",
    {
      min: 1,
      max: 1_008,
      fallback: 36,
    },
  ),
  feeRateMin: amount("GOPOOL_PAYOUTD_FEE_RATE_MIN", "least fee rate, satoshis per 1000 vbytes", {
    min: 100n,
    max: FEE_RATE_MOST,
    fallback: 1_000n,
  }),
  feeRateMax: amount("GOPOOL_PAYOUTD_FEE_RATE_MAX", "most fee rate, satoshis per 1000 vbytes", {
    min: 100n,
    max: FEE_RATE_MOST,
    fallback: 100_000n,
  }),
  feeRateFallback: amount(
    "GOPOOL_PAYOUTD_FEE_RATE_FALLBACK",
    "fee rate where the node has no estimate, satoshis per 1000 vbytes",
    { min: 100n, max: FEE_RATE_MOST, fallback: 5_000n },
  ),
  feePayer: choice("GOPOOL_PAYOUTD_FEE_PAYER", "who pays the network's fee of a payout", {
    of: ["pool", "shared"],
    fallback: "pool",
  }),
  addressDelay: duration(
    "GOPOOL_PAYOUTD_ADDRESS_DELAY",
    "how long a changed payout address waits before it is paid",
    { minMs: 0, maxMs: 90 * DAY_MS, fallback: "2d" },
  ),
};

export const signerRows = {
  signer: choice("GOPOOL_PAYOUTD_SIGNER", "who signs payouts; none: nothing is paid out", {
    of: ["none", "key-file", "core-wallet", "psbt-folder"],
    fallback: "none",
  }),
  keyFile: optional({
    ...path(
      "GOPOOL_PAYOUTD_KEY_FILE",
      "file with the pool's descriptor and private key, mode 0600",
    ),
    needs: readsFile,
  }),
  psbtFolder: optional({
    ...path(
      "GOPOOL_PAYOUTD_PSBT_FOLDER",
      "folder where unsigned payouts are put and signed ones found",
    ),
    needs: keepsIn,
  }),
};
