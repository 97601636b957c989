/**
 * The chain between memory and disk: what an entry is stored as, and how a start brings all of them back.
 *
 * @module
 */
import { decodeHeader, displayHash, fromHex } from "@gopool/chain";
import { type BlockIndex, type Entry, newEntry } from "./block_index.ts";
import { CoinView } from "./coins.ts";
import { decodeBlock } from "./decode.ts";
import { GENESIS_BLOCK } from "./rules.ts";
import type { ChainStore, StoredBlock } from "./store.ts";

export interface LoadedChain {
  /** The best chain by height. */
  readonly active: Entry[];
  /** Of the body that came last. */
  readonly sequence: number;
}

/**
 * Fills the index from the store; writes the genesis block into an empty one.
 *
 * @throws {Error} The file lacks its own tip.
 */
export function loadChain(store: ChainStore, index: BlockIndex): LoadedChain {
  const genesis = decodeBlock(fromHex(GENESIS_BLOCK));
  const root = newEntry(genesis.hash, genesis.header, null);
  root.hasBody = true;
  root.linked = true;
  root.transactions = 1;
  root.size = genesis.raw.length;
  index.add(root);
  const rows = store.blocks();
  if (rows.length === 0) {
    // Its coinbase was never added to the coins (Bitcoin Core does not either).
    store.write({
      blocks: [toStored(root, genesis.raw)],
      tip: { tip: root.hash, connected: [], coins: new CoinView(store) },
    });
  }
  let sequence = 0;
  for (const row of rows) {
    loadRow(index, row);
    sequence = Math.max(sequence, row.sequence);
  }
  const hash = store.tip() ?? root.hash;
  const tip = index.get(hash);
  if (tip === undefined) throw new Error(`The chain file lacks its tip ${displayHash(hash)}`);
  const active: Entry[] = new Array(tip.height + 1);
  for (let at: Entry | null = tip; at !== null; at = at.previous) {
    at.connectedOnce = true;
    active[at.height] = at;
  }
  return { active, sequence };
}

function loadRow(index: BlockIndex, row: ReturnType<ChainStore["blocks"]>[number]): void {
  const header = decodeHeader(row.header);
  const previous = index.get(header.previousHash);
  // Genesis is there already. A child of a header that was never written has nowhere to stand.
  if (row.height === 0 || previous === undefined) return;
  const entry = newEntry(row.hash, header, previous);
  entry.hasBody = row.hasBody;
  entry.linked = row.hasBody && previous.linked;
  entry.failed = row.failed || previous.failed;
  entry.sequence = row.sequence;
  entry.arrivedAtMs = row.arrivedAtMs;
  entry.spanMs = row.spanMs;
  entry.transactions = row.transactions;
  entry.size = row.size;
  index.add(entry);
}

export function toStored(entry: Entry, raw: Uint8Array | null): StoredBlock {
  const { hash, height, headerBytes, transactions, sequence, arrivedAtMs, spanMs, failed } = entry;
  return {
    hash,
    height,
    header: headerBytes,
    raw,
    transactions,
    sequence,
    arrivedAtMs,
    spanMs,
    failed,
  };
}
