/**
 * The pool's own coins: outputs that payments can spend. They come from coinbases (told by whoever books blocks), from
 * the change of payments, and from what an operator puts in.
 *
 * Kept beside the books so that always: Σ coins that are mature and not spent = −(balance of `wallet`), and
 * Σ immature coins = −(balance of `rewards`). Whoever books a block calls these in the same transaction.
 *
 * @module
 */
import type { Tx } from "../port.ts";

/** An output of a coinbase that pays a script of the pool. */
export interface CoinbaseOutput {
  /** Txid of the coinbase, internal order. */
  readonly txid: Uint8Array;
  readonly vout: number;
  readonly sats: bigint;
  readonly script: Uint8Array;
}

export interface CoinbaseOfBlock {
  /** 32 bytes, internal order. */
  readonly blockHash: Uint8Array;
  readonly height: number;
  /** Only those that pay the pool's scripts, and more than nothing. */
  readonly outputs: readonly CoinbaseOutput[];
}

/** What became of a payment's coin: for alarms. */
export interface CoinOfPayout {
  readonly payoutId: bigint;
  readonly txid: Uint8Array;
  readonly vout: number;
  readonly sats: bigint;
}

/**
 * Notes the coins that a block of ours made; they are immature. With the transfer that credits the block. A block that
 * returns makes its coins again: those that were gone are immature once more. Repeated, nothing changes.
 */
export async function addCoinbaseCoins(tx: Tx, block: CoinbaseOfBlock): Promise<void> {
  const { blockHash, height, outputs } = block;
  await tx.query(
    `INSERT INTO coin AS c (txid, vout, sats, script, origin, block_hash, height, state)
     SELECT o.txid, o.vout, o.sats, o.script, 'coinbase', $1, $2, 'immature'
     FROM unnest($3::bytea[], $4::int[], $5::bigint[], $6::bytea[]) AS o (txid, vout, sats, script)
     WHERE o.sats > 0
     ON CONFLICT (txid, vout, block_hash) DO UPDATE SET state = 'immature' WHERE c.state = 'gone'`,
    [
      blockHash,
      height,
      outputs.map(({ txid }) => txid),
      outputs.map(({ vout }) => vout),
      outputs.map(({ sats }) => sats),
      outputs.map(({ script }) => script),
    ],
  );
}

/** The block is 100 deep: its coins may be spent. With the transfer of its maturity. */
export async function matureCoins(tx: Tx, blockHash: Uint8Array): Promise<void> {
  await tx.query(
    "UPDATE coin SET state = 'mature' WHERE block_hash = $1 AND state = 'immature'",
    [blockHash],
  );
}

/**
 * The block is not in the chain any more: with the transfer of its reversal.
 *
 * @returns Coins among them that payments spend: an alarm, for those cannot be confirmed as they are.
 */
export async function removeCoins(tx: Tx, blockHash: Uint8Array): Promise<CoinOfPayout[]> {
  const rows = await tx.query<
    { payout_id: bigint | null; txid: Uint8Array; vout: number; sats: bigint }
  >(
    `UPDATE coin SET state = 'gone' WHERE block_hash = $1 AND state <> 'gone'
     RETURNING payout_id, txid, vout, sats`,
    [blockHash],
  );
  return rows.flatMap(({ payout_id: payoutId, ...coin }) =>
    payoutId === null ? [] : [{ payoutId, ...coin }]
  );
}

/** A coin that no payment spends. */
export interface FreeCoin {
  readonly id: bigint;
  readonly txid: Uint8Array;
  readonly vout: number;
  readonly sats: bigint;
  readonly script: Uint8Array;
  readonly origin: "coinbase" | "change" | "deposit";
  /**
   * Change of a payment with several attempts: another of them could still take its place in the chain, and with it the
   * coin, until a coinbase of that depth could be spent.
   */
  readonly contested: boolean;
  readonly trouble: string | null;
}

/** Mature coins that no payment spends, oldest first: by height, then by txid and index. */
export function freeCoins(tx: Tx): Promise<FreeCoin[]> {
  return tx.prepared<FreeCoin & Record<string, unknown>>(
    "coins_free",
    `SELECT id, txid, vout, sats, script, origin, trouble,
       (SELECT count(*) FROM payout_tx t WHERE t.payout_id = c.made_by AND handed_at_ms IS NOT NULL) > 1
         AS contested
     FROM coin c WHERE state = 'mature' AND payout_id IS NULL AND NOT spent
     ORDER BY height, txid, vout`,
  );
}

/** What is wrong with a coin as a node sees it; null: nothing. */
export async function noteCoinTrouble(tx: Tx, id: bigint, trouble: string | null): Promise<void> {
  await tx.prepared(
    "coin_trouble",
    "UPDATE coin SET trouble = $2 WHERE id = $1 AND trouble IS DISTINCT FROM $2",
    [id, trouble],
  );
}

export interface TroubledCoin {
  readonly txid: Uint8Array;
  readonly vout: number;
  readonly sats: bigint;
  readonly trouble: string;
}

/** Coins that should be on the chain and cannot be used. */
export function troubledCoins(tx: Tx): Promise<TroubledCoin[]> {
  return tx.prepared<TroubledCoin & Record<string, unknown>>(
    "coins_troubled",
    `SELECT txid, vout, sats, trouble FROM coin
     WHERE trouble IS NOT NULL AND state = 'mature' AND NOT spent ORDER BY height, txid, vout`,
  );
}
