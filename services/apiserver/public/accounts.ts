/** Addresses as callers give them. @module */
import { AddressError, canonicalAddress, type Network, scriptOfAddress } from "@gopool/chain";

/**
 * The account that an address names: the one way in which the pool writes it, as the gateway does.
 *
 * @throws {AddressError} In a sentence: it is none, or another network's.
 */
export function accountOf(text: string, network: Network): string {
  const address = canonicalAddress(scriptOfAddress(text.trim(), network), network);
  // Every script of scriptOfAddress has one.
  if (address === null) throw new AddressError(`Cannot pay to ${JSON.stringify(text)}`);
  return address;
}
