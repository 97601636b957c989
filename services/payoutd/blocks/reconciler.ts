/**
 * Holds the coins of the books against the chain, every hour (I5): each coin is there with its amount and script, they
 * add up to what the accounts say, and they suffice for what is owed.
 *
 * @module
 */
import { displayHash, equalBytes, type Hash } from "@gopool/chain";
import {
  type BookedCoin,
  bookedCoins,
  coinSums,
  keepReconciliation,
  type Reconciliation,
} from "@gopool/ledger/blocks";
import { firstAnswer, NodeMalformed, NodeRefused, NodeUnavailable } from "@gopool/node";
import type { Service } from "@gopool/runtime";
import type { BlocksDeps } from "./deps.ts";
import {
  RECONCILE_AGAIN_MS,
  RECONCILE_EVERY_MS,
  RECONCILE_FIRST_MS,
  RECONCILE_PAGE,
  RECONCILE_TROUBLES_MAX,
} from "./limits.ts";
import { tellTroubles } from "./tell.ts";

type ReconcilerDeps = Pick<BlocksDeps, "ledger" | "nodes" | "clock" | "board" | "log">;

export interface Reconciler extends Service {
  /** Compares now. */
  reconcile(signal: AbortSignal): Promise<Reconciliation>;
}

const PART = "payoutd/reconcile";

export function createReconciler(deps: ReconcilerDeps): Reconciler {
  const { clock, board, log } = deps;
  const reconcile = (signal: AbortSignal) => compare(deps, signal);
  return {
    name: PART,
    reconcile,
    run: async (signal) => {
      await clock.sleep(RECONCILE_FIRST_MS, signal);
      while (!signal.aborted) {
        let pauseMs = RECONCILE_EVERY_MS;
        try {
          const { troubles } = await reconcile(signal);
          tellTroubles(board, PART_COINS, troubles);
          for (const trouble of troubles) log.error("the coins do not fit the books", { trouble });
          if (troubles.length > 0) pauseMs = RECONCILE_AGAIN_MS;
        } catch (error) {
          if (signal.aborted) return;
          if (!isNodeFault(error)) throw error;
          board.set(
            PART_COINS,
            "degraded",
            `Cannot compare coins with the chain: ${error.message}`,
          );
          pauseMs = RECONCILE_AGAIN_MS;
        }
        await clock.sleep(pauseMs, signal);
      }
    },
  };
}

const PART_COINS = "payoutd/coins";

async function compare(
  { ledger, nodes, clock }: ReconcilerDeps,
  signal: AbortSignal,
): Promise<Reconciliation> {
  const troubles: string[] = [];
  const say = (sentence: string) => {
    if (troubles.length < RECONCILE_TROUBLES_MAX) troubles.push(sentence);
  };
  let coins = 0, onChain = 0n;
  for (let after = 0n;;) {
    const page = await ledger.transaction((tx) => bookedCoins(tx, after, RECONCILE_PAGE));
    for (const coin of page) {
      const found = await firstAnswer(
        nodes,
        (node) => node.coin(coin.txid as Hash, coin.vout, { mempool: false, signal }),
        signal,
      );
      coins++;
      if (found !== null) {
        if (coin.isMature) onChain += found.sats;
        const wrong = differenceOf(coin, found);
        if (wrong !== null) say(`Coin ${nameOf(coin)} ${wrong}`);
      } else if (coin.isPromised) {
        // Its payment is in a block that is not deep enough yet: the money is on its way.
        onChain += coin.sats;
      } else if (!await hasChanged(ledger, coin)) {
        say(`Coin ${nameOf(coin)} of ${coin.sats} sats is not on the chain`);
      }
    }
    if (page.length < RECONCILE_PAGE) break;
    after = page.at(-1)!.id;
  }
  const sums = await ledger.transaction(coinSums, { snapshot: true });
  const { owed } = sums;
  if (sums.matureCoins !== sums.wallet) {
    say(
      `Mature coins add up to ${sums.matureCoins} sats, the account "wallet" says ${sums.wallet}`,
    );
  }
  if (sums.immatureCoins !== sums.rewards) {
    say(`Immature coins add up to ${sums.immatureCoins} sats, "rewards" says ${sums.rewards}`);
  }
  if (sums.matureCoins < owed) {
    say(
      `${owed} sats are owed and mature, the coins are ${sums.matureCoins}: ${
        owed - sums.matureCoins
      } are missing`,
    );
  }
  const found = { atMs: clock.now(), coins, onChain, owed, troubles };
  await ledger.transaction((tx) => keepReconciliation(tx, found));
  return found;
}

function differenceOf(
  coin: BookedCoin,
  found: { sats: bigint; script: Uint8Array; coinbase: boolean },
): string | null {
  if (found.sats !== coin.sats) {
    return `has ${found.sats} sats on the chain, ${coin.sats} in the books`;
  }
  if (!equalBytes(found.script, coin.script)) return "has another script on the chain";
  return found.coinbase === coin.isCoinbase ? null : "is of a coinbase on one side only";
}

/** Whether the books have moved on while the chain was asked. */
async function hasChanged(ledger: ReconcilerDeps["ledger"], { id }: BookedCoin): Promise<boolean> {
  const [now] = await ledger.transaction((tx) => bookedCoins(tx, id - 1n, 1));
  return now === undefined || now.id !== id || now.isPromised;
}

function isNodeFault(error: unknown): error is Error {
  return error instanceof NodeUnavailable || error instanceof NodeRefused ||
    error instanceof NodeMalformed;
}

function nameOf({ txid, vout }: BookedCoin): string {
  return `${displayHash(txid as Hash)}:${vout}`;
}
