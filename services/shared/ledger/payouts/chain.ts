/**
 * What the chain says of payments: told block by block by whoever follows the best chain, in the transaction that
 * remembers the block.
 *
 * @module
 */
import { displayHash, equalBytes, type Hash, isCoinbase, type Transaction } from "@gopool/chain";
import type { Tx } from "../port.ts";
import { storeSigned } from "./attempts.ts";
import { confirmPayout, unconfirmPayout } from "./confirm.ts";
import { inputsOf, outputsOf } from "./outputs.ts";
import { addSeenAttempt } from "./plan.ts";
import { payoutOf } from "./read.ts";
import type { Attempt, Payout } from "./types.ts";

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
  readonly transactions: readonly Transaction[];
}

/**
 * Who wants to hear of blocks: called inside the follower's money transaction, blocks in the order of the chain, those
 * that leave from the tip down. Both may be repeated for the same block.
 */
export interface ChainListener {
  onBlock(tx: Tx, block: ConnectedBlock): Promise<void>;
  onBlockGone(tx: Tx, block: ChainBlock): Promise<void>;
}

export interface ChainRules {
  /** Depth from which a payment counts as made: 6. */
  readonly confirmations: number;
  /** Depth of a coinbase that can be spent: 100. No payment that deep was ever taken back. */
  readonly maturity: number;
}

/** What a block brought, for the log. */
export interface BlockNews {
  /** Payments that it holds. */
  readonly seen: readonly bigint[];
  /** Payments that count as made with it. */
  readonly confirmed: readonly bigint[];
  /** Alarms, as sentences: coins of ours spent by what is no payment of ours. */
  readonly alarms: readonly string[];
}

/** Notes which payments a block holds, and confirms those that it buries deep enough. */
export async function noteBlock(
  tx: Tx,
  block: ConnectedBlock,
  { confirmations, maturity }: ChainRules,
): Promise<BlockNews> {
  const seen: bigint[] = [];
  const alarms: string[] = [];
  for (const transaction of await spendersOfOurs(tx, block.transactions)) {
    const found = await recognise(tx, transaction, block.atMs);
    if (found === null) {
      const words = `spent in block ${displayHash(block.hash as Hash)} by transaction ` +
        `${displayHash(transaction.txid)}, which is no payment of this ledger`;
      for (const coin of await noteStranger(tx, transaction, words)) {
        alarms.push(`Coin ${coin} is ${words}`);
      }
      continue;
    }
    await tx.prepared(
      "payout_in_block",
      "UPDATE payout_tx SET block_hash = $3, block_height = $4 WHERE payout_id = $1 AND attempt = $2",
      [found.id, found.attempt, block.hash, block.height],
    );
    if (found.cancelled) {
      alarms.push(`Payout ${found.id} was cancelled, and a block holds it all the same`);
    } else seen.push(found.id);
  }
  const deep = await tx.prepared<{ id: bigint; attempt: number }>(
    "payout_deep",
    `SELECT p.id, t.attempt FROM payout p JOIN payout_tx t ON t.payout_id = p.id
     WHERE p.state IN ('signed', 'broadcast') AND t.block_height <= $1 ORDER BY p.id`,
    [block.height - confirmations + 1],
  );
  for (const { id, attempt } of deep) await confirmPayout(tx, id, attempt, block.atMs);
  // Coins that only a payment's other attempts spent: nothing that deep comes back, they are free again.
  await tx.prepared(
    "payout_coins_free",
    `UPDATE coin c SET payout_id = NULL FROM payout p JOIN payout_tx t
       ON t.payout_id = p.id AND t.attempt = p.confirmed_attempt
     WHERE c.payout_id = p.id AND NOT c.spent AND p.state = 'confirmed' AND t.block_height <= $1`,
    [block.height - maturity + 1],
  );
  return { seen, confirmed: deep.map(({ id }) => id), alarms };
}

/**
 * Notes a payment that nodes show in a block which the follower never read: it began, or began anew, above it.
 *
 * @param tipHeight Of the chain that the block is on.
 * @returns False where the follower reads that block itself, or has: nothing is written.
 */
export async function noteUnreadBlock(
  tx: Tx,
  { id, attempt }: { readonly id: bigint; readonly attempt: number },
  { hash, height, atMs }: ChainBlock,
  tipHeight: number,
  { confirmations }: Pick<ChainRules, "confirmations">,
): Promise<boolean> {
  const [first] = await tx.query<{ height: number | null }>(
    "SELECT min(height) AS height FROM chain_block",
  );
  if (first?.height == null || height >= first.height) return false;
  const rows = await tx.prepared<{ state: string }>(
    "payout_unread",
    `UPDATE payout_tx t SET block_hash = $3, block_height = $4 FROM payout p
     WHERE p.id = t.payout_id AND p.id = $1 AND t.attempt = $2 AND t.block_hash IS NULL
       AND p.state IN ('signed', 'broadcast') RETURNING p.state`,
    [id, attempt, hash, height],
  );
  if (rows.length === 0) return false;
  if (height <= tipHeight - confirmations + 1) await confirmPayout(tx, id, attempt, atMs);
  return true;
}

/**
 * Notes that a block left the best chain: payments that it held are to be sent again, and no more count as made.
 *
 * @returns The payments that it held, or that nobody knows the block of any more.
 */
export async function noteBlockGone(
  tx: Tx,
  { hash, height, atMs }: ChainBlock,
): Promise<bigint[]> {
  const held = await tx.prepared<{ id: bigint; attempt: number; confirmed: number | null }>(
    "payout_held",
    `SELECT p.id, t.attempt, p.confirmed_attempt AS confirmed
     FROM payout_tx t JOIN payout p ON p.id = t.payout_id WHERE t.block_hash = $1 ORDER BY p.id DESC`,
    [hash],
  );
  // Later ones first: they may spend the change of earlier ones.
  for (const { id, attempt, confirmed } of held) {
    if (confirmed === attempt) await unconfirmPayout(tx, id, atMs);
  }
  await tx.prepared(
    "payout_out_of_block",
    "UPDATE payout_tx SET block_hash = NULL, block_height = NULL WHERE block_hash = $1",
    [hash],
  );
  return [...held, ...await forgetUnremembered(tx, height)].map(({ id }) => id);
}

/**
 * Where it was the last block that was remembered, nobody knows which others were replaced below it: payments in those
 * are sent again, or traced, as long as they do not count as made.
 */
async function forgetUnremembered(tx: Tx, height: number): Promise<{ id: bigint }[]> {
  return await tx.prepared<{ id: bigint }>(
    "payout_unremembered",
    `UPDATE payout_tx t SET block_hash = NULL, block_height = NULL FROM payout p
     WHERE p.id = t.payout_id AND p.state IN ('signed', 'broadcast') AND t.block_height < $1
       AND NOT EXISTS (SELECT FROM chain_block) RETURNING p.id`,
    [height],
  );
}

/** The transactions that spend coins of ours, in their order. */
async function spendersOfOurs(
  tx: Tx,
  transactions: readonly Transaction[],
): Promise<Transaction[]> {
  const spends = transactions.flatMap((transaction, at) =>
    isCoinbase(transaction) ? [] : transaction.inputs.map((input) => ({ input, at }))
  );
  if (spends.length === 0) return [];
  const rows = await tx.prepared<{ at: number }>(
    "coins_spent_in",
    `SELECT DISTINCT s.at FROM unnest($1::bytea[], $2::bigint[], $3::int[]) AS s (txid, vout, at)
     JOIN coin c ON c.txid = s.txid AND c.vout = s.vout ORDER BY s.at`,
    [
      spends.map(({ input }) => input.previousTxid),
      spends.map(({ input }) => BigInt(input.previousIndex)),
      spends.map(({ at }) => at),
    ],
  );
  return rows.map(({ at }) => transactions[at]!);
}

interface Found {
  readonly id: bigint;
  readonly attempt: number;
  readonly cancelled: boolean;
}

/** Which attempt a transaction is: by its txid, or by what it spends and pays. Null: none of ours. */
async function recognise(tx: Tx, transaction: Transaction, atMs: number): Promise<Found | null> {
  const [known] = await tx.prepared<{ id: bigint; attempt: number; cancelled: boolean }>(
    "payout_by_txid",
    `SELECT p.id, t.attempt, p.state = 'cancelled' AS cancelled
     FROM payout_tx t JOIN payout p ON p.id = t.payout_id WHERE t.txid = $1`,
    [transaction.txid],
  );
  if (known !== undefined) return known;
  const [input] = transaction.inputs;
  const candidates = await tx.prepared<{ id: bigint }>(
    "payouts_spending",
    `SELECT DISTINCT i.payout_id AS id FROM payout_input i JOIN coin c ON c.id = i.coin_id
     WHERE c.txid = $1 AND c.vout = $2 ORDER BY id`,
    [input!.previousTxid, input!.previousIndex],
  );
  for (const { id } of candidates) {
    const payout = (await payoutOf(tx, id))!;
    const match = payout.attempts.find((attempt) => isSamePayment(payout, attempt, transaction));
    if (match === undefined) continue;
    const { txid, bytes: raw } = transaction;
    const cancelled = payout.state === "cancelled";
    if (await storeSigned(tx, id, match.attempt, { txid, raw }, atMs)) {
      // Signed and sent by somebody who was shown it, before the answer came here.
      return { id, attempt: match.attempt, cancelled };
    }
    const attempt = payout.attempts.length;
    const coins = match.inputs.map((coin) => coin.id);
    await addSeenAttempt(tx, id, attempt, { ...match, coins }, atMs);
    await storeSigned(tx, id, attempt, { txid, raw }, atMs);
    return { id, attempt, cancelled };
  }
  return null;
}

function isSamePayment(payout: Payout, attempt: Attempt, transaction: Transaction): boolean {
  const inputs = inputsOf(attempt);
  const outputs = outputsOf(payout, attempt);
  return inputs.length === transaction.inputs.length &&
    outputs.length === transaction.outputs.length &&
    inputs.every(({ txid, vout }, i) => {
      const { previousTxid, previousIndex } = transaction.inputs[i]!;
      return vout === previousIndex && equalBytes(txid, previousTxid);
    }) &&
    outputs.every(({ sats, script }, i) => {
      const found = transaction.outputs[i]!;
      return sats === found.sats && equalBytes(script, found.script);
    });
}

/** Writes an alarm on every coin of ours that a stranger's transaction spends. @returns The coins, as `txid:index`. */
async function noteStranger(tx: Tx, { inputs }: Transaction, words: string): Promise<string[]> {
  const rows = await tx.prepared<{ txid: Uint8Array; vout: number }>(
    "coins_of_stranger",
    `UPDATE coin c SET trouble = $3 FROM unnest($1::bytea[], $2::bigint[]) AS s (txid, vout)
     WHERE c.txid = s.txid AND c.vout = s.vout AND NOT c.spent RETURNING c.txid, c.vout`,
    [
      inputs.map(({ previousTxid }) => previousTxid),
      inputs.map(({ previousIndex }) => BigInt(previousIndex)),
      words,
    ],
  );
  return rows.map(({ txid, vout }) => `${displayHash(txid as Hash)}:${vout}`);
}
