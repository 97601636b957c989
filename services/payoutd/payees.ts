/**
 * Where an account is paid, and from which balance on: what the miner has chosen, else the pool's own rule.
 *
 * @module
 */
import { AddressError, equalBytes, type Network, scriptOfAddress } from "@gopool/chain";
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
 * @param poolScripts The pool's own, present and former. A payment there would come off the wallet in the books and
 * stay in it on the chain.
 */
export function payeesBy(
  network: Network,
  thresholdSats: bigint,
  leastSats: bigint,
  poolScripts: readonly Uint8Array[],
): PayeesOf {
  return async (tx, addresses, nowMs) => {
    const choices = await effectiveOf(tx, addresses, nowMs);
    return new Map(addresses.map((address) => {
      const choice = choices.get(address);
      const script = choice?.script ?? scriptOf(address, network);
      const chosen = choice?.thresholdSats ?? thresholdSats;
      const threshold = chosen < leastSats ? leastSats : chosen;
      if (typeof script === "string") return [address, script];
      const isPool = poolScripts.some((own) => equalBytes(own, script));
      return [address, isPool ? TO_ITSELF : { script, threshold }];
    }));
  };
}

const TO_ITSELF = "it mines to an address of the pool's own: nothing is sent there";

function scriptOf(address: string, network: Network): Uint8Array | string {
  try {
    return scriptOfAddress(address, network);
  } catch (error) {
    if (error instanceof AddressError) return error.message;
    throw error;
  }
}
