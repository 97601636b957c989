/**
 * The pool's coins as the books have them, to be held against the chain (I5).
 *
 * @module
 */
import { MATURE } from "../books.ts";
import type { Tx } from "../port.ts";

/** A coin that should stand on the chain, unspent. */
export interface BookedCoin {
  readonly id: bigint;
  /** Internal order. */
  readonly txid: Uint8Array;
  readonly vout: number;
  readonly sats: bigint;
  readonly script: Uint8Array;
  readonly isMature: boolean;
  readonly isCoinbase: boolean;
  /** A payment spends it that is not confirmed yet: it may be gone from the chain already. */
  readonly isPromised: boolean;
}

/** Coins of the books, by id, after the one given. */
export async function bookedCoins(tx: Tx, afterId: bigint, limit: number): Promise<BookedCoin[]> {
  return await tx.prepared<BookedCoin & { [column: string]: unknown }>(
    "coins_booked",
    `SELECT id, txid, vout, sats, script, state = 'mature' AS "isMature", origin = 'coinbase' AS "isCoinbase",
       payout_id IS NOT NULL AS "isPromised"
     FROM coin WHERE state <> 'gone' AND NOT spent AND id > $1 ORDER BY id LIMIT $2`,
    [afterId, limit],
  );
}

/** Sums that must fit each other, of one moment. */
export interface CoinSums {
  readonly matureCoins: bigint;
  readonly immatureCoins: bigint;
  /** What the accounts say that the coins are: the balances of `wallet` and `rewards`, negated. */
  readonly wallet: bigint;
  readonly rewards: bigint;
  /** Owed and payable: positive mature balances of miners, and payments not yet confirmed. */
  readonly owed: bigint;
}

export async function coinSums(tx: Tx): Promise<CoinSums> {
  const [row] = await tx.prepared<CoinSums & { [column: string]: unknown }>(
    "coin_sums",
    `SELECT
       coalesce((SELECT sum(sats) FROM coin WHERE state = 'mature' AND NOT spent), 0) AS "matureCoins",
       coalesce((SELECT sum(sats) FROM coin WHERE state = 'immature'), 0) AS "immatureCoins",
       coalesce(-sum(sats) FILTER (WHERE kind = 'wallet'), 0) AS wallet,
       coalesce(-sum(sats) FILTER (WHERE kind = 'rewards'), 0) AS rewards,
       coalesce(sum(sats) FILTER (WHERE bucket = $1
         AND (kind = 'transit' OR (kind = 'miner' AND sats > 0))), 0) AS owed
     FROM balance JOIN account ON account.id = account_id`,
    [MATURE],
  );
  return row!;
}

export interface Reconciliation {
  readonly atMs: number;
  readonly coins: number;
  /** Sum of the coins that a node has shown. */
  readonly onChain: bigint;
  readonly owed: bigint;
  /** Sentences; none where all is well. */
  readonly troubles: readonly string[];
}

export async function keepReconciliation(tx: Tx, found: Reconciliation): Promise<void> {
  await tx.query(
    "INSERT INTO reconciliation (at_ms, coins, on_chain, owed, troubles) VALUES ($1, $2, $3, $4, $5)",
    [found.atMs, found.coins, found.onChain, found.owed, found.troubles],
  );
}

/** The latest; null before the first. */
export async function lastReconciliation(tx: Tx): Promise<Reconciliation | null> {
  const [row] = await tx.query<
    { at_ms: bigint; coins: number; on_chain: bigint; owed: bigint; troubles: string[] }
  >("SELECT at_ms, coins, on_chain, owed, troubles FROM reconciliation ORDER BY id DESC LIMIT 1");
  if (row === undefined) return null;
  const { at_ms, coins, on_chain: onChain, owed, troubles } = row;
  return { atMs: Number(at_ms), coins, onChain, owed, troubles };
}
