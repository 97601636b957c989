/**
 * Where an account is paid, and from which balance on: what the miner has chosen, else the pool's own rule.
 *
 * @module
 */
import { AddressError, type Network, scriptOfAddress } from "@gopool/chain";
import type { Tx } from "@gopool/ledger";
import { effectiveOf } from "@gopool/ledger/clients";
import type { Payee } from "./payouts/deps.ts";

/** By canonical address; a text says why an account cannot be paid, as the rest of a sentence. */
export type PayeesOf = (
  tx: Tx,
  addresses: readonly string[],
  nowMs: number,
) => Promise<ReadonlyMap<string, Payee | string>>;

/**
 * @param thresholdSats Where an account has chosen none.
 * @param leastSats What counts in place of a lower choice, made while less was allowed.
 */
export function payeesBy(network: Network, thresholdSats: bigint, leastSats: bigint): PayeesOf {
  return async (tx, addresses, nowMs) => {
    const choices = await effectiveOf(tx, addresses, nowMs);
    return new Map(addresses.map((address) => {
      const choice = choices.get(address);
      const script = choice?.script ?? scriptOf(address, network);
      const chosen = choice?.thresholdSats ?? thresholdSats;
      const threshold = chosen < leastSats ? leastSats : chosen;
      return [address, typeof script === "string" ? script : { script, threshold }];
    }));
  };
}

function scriptOf(address: string, network: Network): Uint8Array | string {
  try {
    return scriptOfAddress(address, network);
  } catch (error) {
    if (error instanceof AddressError) return error.message;
    throw error;
  }
}
