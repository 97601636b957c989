/**
 * Whom usernames pay. A farm's sessions all name the same address: it is read once, and they share what it means.
 *
 * @module
 */
import { canonicalAddress, type Network, scriptOfAddress } from "@gopool/chain";
import type { Payee } from "./jobs.ts";
import { PAYEES_MAX } from "./limits.ts";

const utf8 = new TextEncoder();
const text = new TextDecoder();

export class Payees {
  readonly #known = new Map<string, Payee>();

  /** The payee of an address of this network. @throws {AddressError} */
  find(address: string, network: Network): Payee {
    const key = `${network} ${address}`;
    let payee = this.#known.get(key);
    if (payee === undefined) {
      const script = scriptOfAddress(address, network);
      payee = { account: compact(canonicalAddress(script, network) ?? address), script };
      // Forgetting all at once keeps the bound simple; what sessions hold stays valid.
      if (this.#known.size >= PAYEES_MAX) this.#known.clear();
      this.#known.set(key, payee);
    }
    return payee;
  }
}

/**
 * The same text in one piece. The codec puts bech32 together character by character, and V8 keeps every step of
 * that: a kilobyte for an address.
 */
function compact(address: string): string {
  return text.decode(utf8.encode(address));
}
