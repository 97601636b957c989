/**
 * Coins as the nodes see them: none is spent without having been looked at just before.
 *
 * @module
 */
import { equalBytes, type Hash } from "@gopool/chain";
import { inputWeight } from "@gopool/chain/psbt";
import { type FreeCoin, noteCoinTrouble } from "@gopool/ledger/payouts";
import { firstAnswer } from "@gopool/node";
import type { PayoutsDeps } from "./deps.ts";
import { COINS_LOOKED_MAX } from "./limits.ts";

/** Ids of coins that may be spent now. */
export type Checked = ReadonlySet<bigint>;

/** Coins are looked at until those that are good make up so much. */
export interface Enough {
  readonly sats: bigint;
  /** For so many payments: each but the last leaves change, of less than the largest coin. */
  readonly payments: number;
}

/**
 * Looks at coins in their order until there are enough. What is wrong with one is written on it:
 * an alarm, which ends when the coin is seen again.
 *
 * @param note False: nothing is written.
 * @throws {NodeUnavailable} No node answers.
 */
export async function checkCoins(
  deps: Pick<PayoutsDeps, "ledger" | "nodes" | "signer" | "settings">,
  coins: readonly FreeCoin[],
  enough: Enough,
  signal: AbortSignal,
  { note = true }: { readonly note?: boolean } = {},
): Promise<Checked> {
  const good = new Set<bigint>();
  let sum = 0n;
  let largest = 0n;
  for (const coin of coins.slice(0, COINS_LOOKED_MAX)) {
    if (sum >= enough.sats + largest * BigInt(enough.payments - 1)) break;
    const found = await lookAt(deps, coin, signal);
    if (found !== "early") {
      const trouble = found === "good" ? null : found.trouble;
      if (note && trouble !== coin.trouble) {
        await deps.ledger.transaction((tx) => noteCoinTrouble(tx, coin.id, trouble));
      }
    }
    if (found !== "good") continue;
    good.add(coin.id);
    sum += coin.sats;
    if (coin.sats > largest) largest = coin.sats;
  }
  return good;
}

/** "early": nothing is wrong with it, and it cannot be spent yet. */
async function lookAt(
  { nodes, signer, settings }: Pick<PayoutsDeps, "nodes" | "signer" | "settings">,
  { txid, vout, sats, script, origin, contested }: FreeCoin,
  signal: AbortSignal,
): Promise<"good" | "early" | { readonly trouble: string }> {
  if (inputWeight(script) === null) {
    return { trouble: "its script is none that payouts can spend (P2WPKH, P2TR, P2PKH)" };
  }
  if (signer !== null && !signer.signs(script)) {
    return { trouble: `${signer.name} does not sign for its script` };
  }
  const found = await firstAnswer(
    nodes,
    (node) => node.coin(txid as Hash, vout, { mempool: true, signal }),
    signal,
  );
  if (found === null) return { trouble: "no node knows it as unspent" };
  if (found.sats !== sats || !equalBytes(found.script, script)) {
    return { trouble: `a node says that it holds ${found.sats} sats for another script or amount` };
  }
  const needed = origin === "coinbase" || contested ? settings.maturity : settings.confirmations;
  return found.confirmations >= needed ? "good" : "early";
}
