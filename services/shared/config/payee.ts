/**
 * The address that the pool's own coinbases pay to: the operator's, and never another.
 *
 * @module
 */
import { canonicalAddress, type Network, NETWORKS, scriptOfAddress } from "@gopool/chain";
import { ConfigError } from "./read.ts";

/** What is wrong with the address by itself. Which network it must be of is known when a node has said. */
export function addressProblems(
  address: string | undefined,
  variable = "GOPOOL_POOL_ADDRESS",
): string[] {
  if (address === undefined || NETWORKS.some((network) => isOf(address, network))) return [];
  return [
    `${variable}=${JSON.stringify(address)} is an address of no network: a letter may be wrong`,
  ];
}

/**
 * The address in its canonical form.
 *
 * @param note Added to the complaint.
 * @throws {ConfigError} It is of another network than the node mines.
 */
export function payeeOf(service: string, address: string, network: Network, note = ""): string {
  try {
    return canonicalAddress(scriptOfAddress(address, network), network) ?? address;
  } catch (error) {
    throw new ConfigError(service, [
      `GOPOOL_POOL_ADDRESS=${address}: ${
        (error as Error).message
      }; the node mines ${network}${note}`,
    ]);
  }
}

function isOf(address: string, network: Network): boolean {
  try {
    scriptOfAddress(address, network);
    return true;
  } catch {
    return false;
  }
}
