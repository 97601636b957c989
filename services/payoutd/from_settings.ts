/**
 * The rows of settings as what payoutd works by.
 *
 * @module
 */
import type { Network } from "@gopool/chain";
import { type Config, ConfigError } from "@gopool/config";
import { payeeOf } from "@gopool/config/payee";
import type { ownRows } from "./config.ts";
import type { ClientRules } from "./clients/mod.ts";
import { type PayoutdSettings, scriptsOf } from "./service.ts";

type OwnConfig = Config<typeof ownRows>;

/** Blocks on top of which a coinbase can be spent (Bitcoin Core consensus/consensus.h COINBASE_MATURITY). */
const COINBASE_MATURITY = 100;

/**
 * @param poolAddress Canonical.
 * @throws {ConfigError} What only the node's network tells to be wrong.
 */
export function payoutdSettingsOf(
  config: OwnConfig & { readonly poolName: string },
  poolAddress: string,
  network: Network,
  service = "payoutd",
): PayoutdSettings {
  const { maturity } = config;
  if (maturity !== COINBASE_MATURITY && network !== "regtest") {
    throw new ConfigError(service, [
      `GOPOOL_PAYOUTD_MATURITY=${maturity} is for regtest alone: on ${network} a coinbase can be spent after 100 blocks`,
    ]);
  }
  return {
    pool: config.poolName,
    poolAddress,
    formerAddresses: config.formerAddresses.map((address) => payeeOf(service, address, network)),
    scheme: config.scheme,
    windowThousandths: config.window,
    feeBasisPoints: config.feeBasisPoints,
    donationBasisPoints: config.donationBasisPoints,
    reserveFloor: config.reserveFloor,
    maturity,
    leastThresholdSats: config.thresholdMin < config.threshold
      ? config.thresholdMin
      : config.threshold,
    payouts: {
      everyMs: config.payoutEvery,
      thresholdSats: config.threshold,
      approval: config.payoutApproval === "manual",
      maxRunSats: config.payoutMaxRun,
      maxDaySats: config.payoutMaxDay,
      maxOutputs: config.payoutMaxOutputs,
      fees: {
        min: config.feeRateMin,
        max: config.feeRateMax,
        fallback: config.feeRateFallback,
      },
      feeTargetBlocks: config.feeTargetBlocks,
      feePayer: config.feePayer,
      confirmations: config.confirmations,
    },
    addressDelayMs: config.addressDelay,
    coinbaseSplit: config.coinbaseSplit
      ? { minSats: config.coinbaseMin, maxOutputs: config.coinbaseOutputs }
      : null,
  };
}

/** By what miners' signed requests are judged. */
export function clientRulesOf(settings: PayoutdSettings, network: Network): ClientRules {
  const { pool, leastThresholdSats, addressDelayMs } = settings;
  const poolScripts = scriptsOf({ network, settings });
  return { pool, network, addressDelayMs, leastThresholdSats, poolScripts };
}
