/**
 * Bans by whom they mean: asked for each connection and each username.
 *
 * @module
 */
import type { Clock } from "@gopool/runtime";
import type { Ban } from "./bans.ts";
import { addressBytes, isWithin, type Network, parseNetwork } from "./networks.ts";

/** A ban counts until its time is over, without anybody's doing. */
export class BanIndex {
  readonly #accounts = new Map<string, Ban>();
  readonly #networks: { readonly ban: Ban; readonly network: Network }[] = [];

  constructor(bans: readonly Ban[], private readonly clock: Pick<Clock, "now">) {
    for (const ban of bans) {
      if (ban.kind === "account") this.#accounts.set(ban.target, ban);
      else this.#networks.push({ ban, network: parseNetwork(ban.target) });
    }
  }

  /** The ban of a payout address, canonical; null where there is none. */
  ofAccount(account: string): Ban | null {
    const ban = this.#accounts.get(account);
    return ban !== undefined && this.#inForce(ban) ? ban : null;
  }

  /** A ban that a network address lies in; null where there is none. */
  ofAddress(address: string): Ban | null {
    if (this.#networks.length === 0) return null;
    const bytes = addressBytes(address);
    if (bytes === null) return null;
    const found = this.#networks.find(({ ban, network }) =>
      isWithin(bytes, network) && this.#inForce(ban)
    );
    return found?.ban ?? null;
  }

  #inForce(ban: Ban): boolean {
    return ban.untilMs > this.clock.now();
  }
}
