/** Addresses as the books write them. @module */
import { AddressError, canonicalAddress, type Network, scriptOfAddress } from "@gopool/chain";
import type { Tx } from "@gopool/ledger";
import { BadRequest, UnknownToBooks } from "./refused.ts";

/**
 * @param field As the request calls it.
 * @throws {BadRequest} It is no address of this network's, or written otherwise in the books.
 */
export function canonicalMiner(address: string, network: Network, field = "account"): string {
  let canonical: string | null;
  try {
    canonical = canonicalAddress(scriptOfAddress(address, network), network);
  } catch (error) {
    if (error instanceof AddressError) throw new BadRequest(field, error.message);
    throw error;
  }
  if (canonical === address) return address;
  throw new BadRequest(field, `${address} is written otherwise in the books: ${canonical}`);
}

/**
 * Of a miner that the books know. No account is made here: where shares' lock is to be taken, it comes before.
 *
 * @throws {UnknownToBooks}
 */
export async function minerId(tx: Tx, address: string): Promise<number> {
  const [row] = await tx.query<{ id: number }>(
    "SELECT id FROM account WHERE kind = 'miner' AND name = $1",
    [address],
  );
  if (row === undefined) throw new UnknownToBooks(`The books have no account ${address}`);
  return row.id;
}
