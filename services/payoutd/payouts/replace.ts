/**
 * A replacement for a payment that no block takes: the same outputs to the same payees, all of its coins that there
 * still are, a higher fee. What it costs more comes from the change, and where that is not enough, from more coins: the
 * pool pays it in either case. Pure.
 *
 * @module
 */
import { paymentWeight } from "@gopool/chain/psbt";
import { dustLimit, feeOf } from "./fees.ts";
import { INCREMENTAL_RATE, REPLACEMENT_WEIGHT_MAX } from "./limits.ts";
import type { PaidOutput } from "@gopool/ledger/payouts";
import type { PlanCoin } from "./plan.ts";

export interface ReplacedAttempt {
  readonly feeSats: bigint;
  readonly weight: number;
}

export interface ReplaceRules {
  /** Satoshis per 1000 virtual bytes aimed at; more where relaying needs more. */
  readonly feeRate: bigint;
  /** What the operator allows at most. */
  readonly feeRateMax: bigint;
  readonly changeScript: Uint8Array;
}

export interface Replacement {
  readonly inputs: readonly PlanCoin[];
  readonly changeSats: bigint;
  readonly feeSats: bigint;
  readonly weight: number;
}

/**
 * @param outputs What the payees get: unchanged.
 * @param kept The coins of the latest attempt that there still are; at least one.
 * @param more Coins that may be added, oldest first.
 * @param earlier Every attempt before.
 * @returns The replacement, or why there is none, as a sentence.
 */
export function planReplacement(
  outputs: readonly PaidOutput[],
  kept: readonly PlanCoin[],
  more: readonly PlanCoin[],
  earlier: readonly ReplacedAttempt[],
  { feeRate, feeRateMax, changeScript }: ReplaceRules,
): Replacement | string {
  const outputScripts = outputs.map(({ script }) => script);
  const paid = outputs.reduce((sum, { sats }) => sum + sats, 0n);
  const inputs = [...kept];
  const spare = [...more];
  for (;;) {
    const inputScripts = inputs.map(({ script }) => script);
    const sum = inputs.reduce((total, { sats }) => total + sats, 0n);
    const forms = [
      { change: true, weight: paymentWeight(inputScripts, [...outputScripts, changeScript]) },
      { change: false, weight: paymentWeight(inputScripts, outputScripts) },
    ];
    for (const { change, weight } of forms) {
      if (weight > REPLACEMENT_WEIGHT_MAX) return "it would be too heavy for nodes to relay";
      const least = leastFee(weight, earlier);
      const aimed = feeOf(weight, feeRate);
      const fee = aimed > least ? aimed : least;
      if (fee > feeOf(weight, feeRateMax)) {
        return `relaying it takes a fee of ${fee} sats, the highest rate allowed gives ` +
          `${feeOf(weight, feeRateMax)}`;
      }
      const rest = sum - paid - fee;
      if (change && rest >= dustLimit(changeScript)) {
        return { inputs, changeSats: rest, feeSats: fee, weight };
      }
      if (!change && rest >= 0n) return { inputs, changeSats: 0n, feeSats: fee + rest, weight };
    }
    const next = spare.shift();
    if (next === undefined) return "its coins do not pay for more, and no other coin is free";
    inputs.push(next);
  }
}

/**
 * The least fee with which nodes replace every attempt before (BIP 125 rules 3 and 4, and the higher rate that Bitcoin
 * Core asks for besides): theirs and the cost of relaying this one, and more for its weight than any of them.
 */
function leastFee(weight: number, earlier: readonly ReplacedAttempt[]): bigint {
  let least = 0n;
  for (const { feeSats, weight: before } of earlier) {
    const relayed = feeSats + feeOf(weight, INCREMENTAL_RATE);
    const byRate = feeSats * BigInt(weight) / BigInt(before) + 1n;
    for (const one of [relayed, byRate]) if (one > least) least = one;
  }
  return least;
}
