import { AddressError, scriptOfAddress } from "@gopool/chain";
import type { Tx } from "@gopool/ledger";
import { effectiveOf } from "@gopool/ledger/clients";
import type { ClientRules } from "./rules.ts";

/** Where an account is paid, and from which mature balance on. */
export interface Payee {
  readonly script: Uint8Array;
  readonly threshold: bigint;
}

/**
 * Payees in force at a time, by canonical address: what the account has chosen, else its own address and the pool's
 * threshold. A text says why an account cannot be paid, as the rest of a sentence.
 */
export async function payeesOf(
  tx: Tx,
  addresses: readonly string[],
  nowMs: number,
  rules: Pick<ClientRules, "network" | "thresholdSats" | "leastThresholdSats">,
): Promise<Map<string, Payee | string>> {
  const chosen = await effectiveOf(tx, addresses, nowMs);
  return new Map(addresses.map((address): [string, Payee | string] => {
    const choice = chosen.get(address);
    const script = choice?.script ?? ownScript(address, rules);
    if (typeof script === "string") return [address, script];
    const wanted = choice?.thresholdSats ?? rules.thresholdSats;
    // The least may have been raised since it was chosen.
    const threshold = wanted > rules.leastThresholdSats ? wanted : rules.leastThresholdSats;
    return [address, { script, threshold }];
  }));
}

function ownScript(
  address: string,
  { network }: Pick<ClientRules, "network">,
): Uint8Array | string {
  try {
    return scriptOfAddress(address, network);
  } catch (error) {
    if (error instanceof AddressError) return `its address cannot be paid (${error.message})`;
    throw error;
  }
}
