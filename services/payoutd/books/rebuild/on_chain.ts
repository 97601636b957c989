/** What the chain says of the ledger's blocks, payments and coins. @module */
import { decodeBlock, displayHash, type Hash } from "@gopool/chain";
import type { Tx } from "@gopool/ledger";
import type { CoinbaseOutput } from "@gopool/ledger/blocks";
import { firstAnswer, type Nodes } from "@gopool/node";
import { coinbaseOfBlock, type PoolScripts, readBlock } from "../../blocks/coinbase.ts";
import type { Differences } from "./differences.ts";

export interface ChainView {
  readonly nodes: Nodes;
  readonly scripts: PoolScripts;
}

export interface OnChain {
  readonly blocks: number;
  readonly payments: number;
  readonly coins: number;
  /** Blocks that no node shows any more (pruned): what stands in them was not looked at. */
  readonly notShown: number;
}

/** The outputs of a block's coinbase; null where no node shows it. */
export async function coinbaseOn(
  { nodes, scripts }: ChainView,
  hash: Uint8Array,
  signal: AbortSignal,
): Promise<readonly CoinbaseOutput[] | null> {
  const raw = await rawBlock(nodes, hash, signal);
  return raw === null ? null : coinbaseOfBlock(readBlock(raw, hash), scripts).outputs;
}

async function rawBlock(
  nodes: Nodes,
  hash: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array | null> {
  return await firstAnswer(nodes, (node) => node.block(hash as Hash, signal), signal);
}

/** Holds booked blocks, confirmed payments and unspent coins against the chain. */
export async function compareChain(
  tx: Tx,
  view: ChainView,
  differences: Differences,
  signal: AbortSignal,
): Promise<OnChain> {
  const blocks = await compareBlocks(tx, view, differences, signal);
  const { payments, notShown } = await comparePayments(tx, view, differences, signal);
  const coins = await compareCoins(tx, view, differences, signal);
  return { blocks, payments, coins, notShown };
}

async function confirmationsOf({ nodes }: ChainView, hash: Uint8Array, signal: AbortSignal) {
  return await firstAnswer(nodes, (node) => node.confirmations(hash as Hash, signal), signal);
}

async function compareBlocks(
  tx: Tx,
  view: ChainView,
  differences: Differences,
  signal: AbortSignal,
): Promise<number> {
  const rows = await tx.query<{ hash: Uint8Array; state: string; booked: boolean }>(
    "SELECT hash, state, booked FROM block ORDER BY height, hash",
  );
  for (const { hash, state, booked } of rows) {
    const isOn = (await confirmationsOf(view, hash, signal) ?? 0) > 0;
    const name = `block ${displayHash(hash as Hash)}`;
    if (booked && !isOn) differences.add("chain", `${name} is booked, and on no node's best chain`);
    if (state === "orphaned" && isOn) {
      differences.add("chain", `${name} is on the best chain, the ledger calls it orphaned`);
    }
  }
  return rows.length;
}

async function comparePayments(
  tx: Tx,
  view: ChainView,
  differences: Differences,
  signal: AbortSignal,
): Promise<{ payments: number; notShown: number }> {
  const rows = await tx.query<{ id: bigint; txid: Uint8Array; block_hash: Uint8Array | null }>(
    `SELECT p.id, t.txid, t.block_hash FROM payout p
     JOIN payout_tx t ON t.payout_id = p.id AND t.attempt = p.confirmed_attempt ORDER BY t.block_height, p.id`,
  );
  let notShown = 0;
  // Neighbours are often of one block.
  let last: { id: string; txids: ReadonlySet<string> | null } | undefined;
  for (const { id, txid, block_hash: hash } of rows) {
    const name = `payout ${id}`;
    if (hash === null) {
      differences.add("chain", `${name} is confirmed, and the ledger names no block that holds it`);
      continue;
    }
    if (last?.id !== hash.toHex()) {
      const isOn = (await confirmationsOf(view, hash, signal) ?? 0) > 0;
      const raw = isOn ? await rawBlock(view.nodes, hash, signal) : null;
      if (!isOn) {
        differences.add("chain", `${name} is confirmed by a block that is on no best chain`);
      }
      const txids = raw === null
        ? null
        : new Set(decodeBlock(raw).transactions.map((one) => one.txid.toHex()));
      last = { id: hash.toHex(), txids };
    }
    if (last.txids === null) notShown++;
    else if (!last.txids.has(txid.toHex())) {
      differences.add("chain", `${name} is confirmed, and not in the block that the ledger names`);
    }
  }
  return { payments: rows.length, notShown };
}

/** Coins that should be on the chain. Those that a block not yet deep enough spends are the ledger's for now. */
async function compareCoins(
  tx: Tx,
  view: ChainView,
  differences: Differences,
  signal: AbortSignal,
): Promise<number> {
  const rows = await tx.query<{ txid: Uint8Array; vout: number; sats: bigint }>(
    `SELECT txid, vout, sats FROM coin c WHERE state = 'mature' AND NOT spent AND NOT EXISTS (
       SELECT FROM payout_tx t WHERE t.payout_id = c.payout_id AND t.block_hash IS NOT NULL) ORDER BY c.id`,
  );
  for (const { txid, vout, sats } of rows) {
    const coin = await firstAnswer(
      view.nodes,
      (node) => node.coin(txid as Hash, vout, { mempool: false, signal }),
      signal,
    );
    if (coin?.sats === sats) continue;
    differences.add(
      "chain",
      `coin ${displayHash(txid as Hash)}:${vout} of ${sats} sats is ${
        coin === null ? "not on the chain" : `worth ${coin.sats} sats there`
      }`,
    );
  }
  return rows.length;
}
