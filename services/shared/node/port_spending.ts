/**
 * What paying out needs of a node: raw blocks, coins, transactions and what they should cost. Amounts are whole
 * satoshis; scripts and transactions are raw bytes.
 *
 * Where nothing else is said, each method throws as the node's other questions do: NodeUnavailable while it is away or
 * starting, NodeRefused for an RPC error that is no answer to the question, NodeMalformed for an answer that cannot be
 * used, and the signal's own reason where that aborts. All may be repeated.
 *
 * @module
 */
import type { Hash, Sats } from "@gopool/chain";

/** An output that is not spent, as one node sees it. */
export interface NodeCoin {
  readonly sats: Sats;
  /** scriptPubKey. */
  readonly script: Uint8Array;
  /** 1: made in the best block. 0: made by a transaction that still waits. */
  readonly confirmations: number;
  readonly coinbase: boolean;
}

/** What became of a transaction that was given to a node. */
export type SendAnswer =
  /** It waits in the node's mempool; perhaps it did before: Bitcoin Core says the same to a repetition. */
  | { readonly kind: "accepted" }
  /** The node has it already: it waits, or a block of the best chain holds it. */
  | { readonly kind: "known"; readonly where: "mempool" | "chain" }
  | TransactionRefused;

export interface TransactionRefused {
  readonly kind: "refused";
  /** In the node's own words, such as "insufficient fee, rejecting replacement …". */
  readonly reason: string;
  /**
   * A coin that it spends is spent otherwise, or not there: never made, or made by a transaction that this node does
   * not have. A node also says so of a transaction that is confirmed and whose outputs are all spent again.
   */
  readonly missingInputs: boolean;
}

/** What a node would do with a transaction. */
export type MempoolVerdict =
  | {
    readonly kind: "allowed";
    /** Virtual bytes. */
    readonly vsize: number;
    readonly feeSats: Sats;
  }
  | { readonly kind: "known"; readonly where: "mempool" | "chain" }
  | TransactionRefused;

export interface ProcessedPsbt {
  /** Base64 (BIP 174). */
  readonly psbt: string;
  /** Every input is signed to the end. */
  readonly complete: boolean;
}

export interface SpendingNode {
  /**
   * The raw block, wherever it stands; null where the node does not know it. The bytes are held against the hash, no
   * further.
   *
   * @throws {NodeRefused} The node knows it and does not have it (any more), in its words: "Block not available
   * (pruned data)" where it is pruned. Another node may have it. A btcd that prunes no longer knows such a block.
   */
  block(hash: Hash, signal?: AbortSignal): Promise<Uint8Array | null>;
  /**
   * An output on the node's best chain; null where it is spent there or never was. With `mempool`, the waiting
   * transactions count as well: what they make is there, what they spend is not.
   */
  coin(
    txid: Hash,
    vout: number,
    options: { readonly mempool: boolean; readonly signal?: AbortSignal },
  ): Promise<NodeCoin | null>;
  /**
   * Gives the node a transaction to keep and to pass on. Of a fault it is not known whether the node took it. A fee
   * above the node's own bound (0.1 BTC per 1000 virtual bytes on Bitcoin Core) is refused.
   */
  send(raw: Uint8Array, signal?: AbortSignal): Promise<SendAnswer>;
  /** What `send` would answer, without giving it. */
  testAccept(raw: Uint8Array, signal?: AbortSignal): Promise<MempoolVerdict>;
  /**
   * Satoshis per 1000 virtual bytes with which a transaction should be in a block within so many; null where the node
   * has no estimate: it has seen too little, or makes none (btcd).
   */
  feeRate(targetBlocks: number, signal?: AbortSignal): Promise<Sats | null>;
  /**
   * Lets the node's wallet sign what it can: that of the path in the node's URL (`/wallet/<name>`), else its only one.
   *
   * @throws {NodeRefused} No wallet (btcd has none), a locked one, or no PSBT.
   */
  walletProcessPsbt(psbt: string, signal?: AbortSignal): Promise<ProcessedPsbt>;
}
