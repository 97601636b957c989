/**
 * Payments in blocks that the follower of the chain never read: payoutd was away for so long that it began anew above
 * them, or no node has the block any more. Their outputs still tell.
 *
 * @module
 */
import type { Hash } from "@gopool/chain";
import { type Attempt, noteUnreadBlock, outputsOf, payoutOf } from "@gopool/ledger/payouts";
import { type Node, NodeMalformed, NodeRefused, NodeUnavailable } from "@gopool/node";
import type { PayoutsDeps } from "./deps.ts";

type TraceDeps = Pick<PayoutsDeps, "ledger" | "nodes" | "clock" | "settings">;

/** Looks for a payment's transactions among the unspent outputs of the nodes' chains. @returns Whether one was found. */
export async function tracePayout(
  deps: TraceDeps,
  id: bigint,
  signal: AbortSignal,
): Promise<boolean> {
  const { ledger, nodes, clock, settings } = deps;
  const payout = await ledger.transaction((tx) => payoutOf(tx, id), { snapshot: true });
  if (payout === null) return false;
  for (const node of nodes.list) {
    for (const attempt of payout.attempts) {
      try {
        const place = await placeOf(node, attempt, outputsOf(payout, attempt).length, signal);
        if (place === null) continue;
        const { tipHeight, ...block } = place;
        const found = { id, attempt: attempt.attempt };
        const atMs = clock.now();
        if (
          await ledger.transaction(
            (tx) => noteUnreadBlock(tx, found, { ...block, atMs }, tipHeight, settings),
            { money: true },
          )
        ) return true;
      } catch (error) {
        signal.throwIfAborted();
        if (!isNodeFault(error)) throw error;
        break;
      }
    }
  }
  return false;
}

/** The block that holds an attempt, by an output of it that nobody spent yet; null where none tells. */
async function placeOf(
  node: Node,
  { txid }: Attempt,
  outputs: number,
  signal: AbortSignal,
): Promise<{ hash: Uint8Array; height: number; tipHeight: number } | null> {
  if (txid === null) return null;
  for (let vout = 0; vout < outputs; vout++) {
    const { height: tipHeight } = await node.tip(signal);
    const coin = await node.coin(txid as Hash, vout, { mempool: false, signal });
    if (coin === null || coin.confirmations < 1) continue;
    const height = tipHeight - coin.confirmations + 1;
    const hash = await node.hashAt(height, signal);
    // The chain moved between the questions: another time.
    if (hash === null || (await node.tip(signal)).height !== tipHeight) return null;
    return { hash, height, tipHeight };
  }
  return null;
}

function isNodeFault(error: unknown): boolean {
  return error instanceof NodeUnavailable || error instanceof NodeRefused ||
    error instanceof NodeMalformed;
}
