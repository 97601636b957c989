/**
 * What the chain says of payments: told block by block by whoever follows the best chain, in the transaction that
 * remembers the block.
 *
 * @module
 */
import type { Transaction } from "@gopool/chain";
import type { Tx } from "../port.ts";

/** A block that came to the best chain, or left it. */
export interface ChainBlock {
  readonly height: number;
  /** Internal order. */
  readonly hash: Uint8Array;
  /** When it was seen: what the transfers are dated with, ms since the Unix epoch. */
  readonly atMs: number;
}

export interface ConnectedBlock extends ChainBlock {
  /** As read from the block, the coinbase included. */
  readonly transactions: readonly Pick<
    Transaction,
    "txid" | "inputs" | "outputs" | "bytes"
  >[];
}

/**
 * Who wants to hear of blocks: called inside the follower's money transaction, blocks in the order of the chain, those
 * that leave from the tip down. Both may be repeated for the same block.
 */
export interface ChainListener {
  onBlock(tx: Tx, block: ConnectedBlock): Promise<void>;
  onBlockGone(tx: Tx, block: ChainBlock): Promise<void>;
}
