/**
 * Coins that an operator puts in or writes off: the books follow, with who and why. In money transactions.
 *
 * @module
 */
import { MATURE, ownAccounts, post } from "../books.ts";
import type { Tx } from "../port.ts";
import { type Act, noteAct } from "./control.ts";
import { PayoutRefused } from "./plan.ts";

export interface Outpoint {
  /** Internal order. */
  readonly txid: Uint8Array;
  readonly vout: number;
}

export interface Deposit extends Outpoint {
  readonly sats: bigint;
  readonly script: Uint8Array;
  /** Of the block that holds it. The caller has seen it there. */
  readonly height: number;
  /** An output of a coinbase: such a coin comes with its block, and matures with it. */
  readonly coinbase: boolean;
}

/**
 * A coin that is none of a coinbase: payments may spend it (`coin_added`: wallet −, operator +). One that was written
 * off comes back by this, whatever it was.
 *
 * @throws {PayoutRefused} It is a coin of the ledger already, or becomes one by itself: booked twice it would be owed twice.
 */
export async function depositCoin(tx: Tx, deposit: Deposit, act: Act): Promise<void> {
  const { txid, vout, sats, script, height } = deposit;
  const back = await tx.query(
    `UPDATE coin SET state = 'mature', trouble = NULL
     WHERE txid = $1 AND vout = $2 AND sats = $3 AND state = 'lost' RETURNING id`,
    [txid, vout, sats],
  );
  if (back.length === 0) {
    const why = await whyNotNew(tx, deposit);
    if (why !== null) throw new PayoutRefused(`Cannot add the coin: ${why}`);
    await tx.query(
      `INSERT INTO coin (txid, vout, sats, script, origin, height, state)
       VALUES ($1, $2, $3, $4, 'deposit', $5, 'mature')`,
      [txid, vout, sats, script, height],
    );
  }
  await move(tx, "coin_added", -sats, act);
}

/** As the rest of a sentence; null where nothing in the ledger makes this coin. */
async function whyNotNew(tx: Tx, deposit: Deposit): Promise<string | null> {
  const { txid, vout, sats, script, coinbase } = deposit;
  const [found] = await tx.query<{ coin: boolean; change: boolean }>(
    `SELECT EXISTS (SELECT FROM coin WHERE txid = $1 AND vout = $2) AS coin,
       EXISTS (SELECT FROM payout_tx t JOIN payout p ON p.id = t.payout_id
         WHERE t.txid = $1 AND t.change_sats = $3 AND p.change_script = $4) AS change`,
    [txid, vout, sats, script],
  );
  if (found!.coin) return "it is one of the ledger's";
  if (coinbase) return "it is of a coinbase, and comes with its block";
  return found!.change ? "it is change, and comes when its payment is confirmed" : null;
}

/**
 * A coin that payments will never spend, as when it was spent by something else (`coin_written_off`: wallet +,
 * operator −). A payment that spends it can then be replaced without it, or cancelled: say so only of what is buried
 * deep.
 *
 * @throws {PayoutRefused} It is no coin that should be on the chain.
 */
export async function writeOffCoin(tx: Tx, { txid, vout }: Outpoint, act: Act): Promise<void> {
  const [row] = await tx.query<{ sats: bigint }>(
    `UPDATE coin SET state = 'lost' WHERE txid = $1 AND vout = $2 AND state = 'mature' AND NOT spent
     RETURNING sats`,
    [txid, vout],
  );
  if (row === undefined) {
    throw new PayoutRefused("Cannot write the coin off: it is none that should be on the chain");
  }
  await move(tx, "coin_written_off", row.sats, act);
}

async function move(tx: Tx, kind: string, toWallet: bigint, act: Act): Promise<void> {
  const adjustmentId = await noteAct(tx, kind, act, {});
  const { wallet, operator } = await ownAccounts(tx);
  await post(tx, kind, { adjustmentId }, [
    { account: wallet, bucket: MATURE, sats: toWallet },
    { account: operator, bucket: MATURE, sats: -toWallet },
  ], act.atMs);
}

/**
 * Whether coins and books say the same: what `verify` asks. Both differences are zero.
 *
 * @returns `wallet`: mature, unspent coins and the balance of `wallet` together; `rewards`: immature ones and `rewards`.
 */
export async function coinsAgainstBooks(tx: Tx): Promise<{ wallet: bigint; rewards: bigint }> {
  const [row] = await tx.query<{ wallet: bigint; rewards: bigint }>(
    `SELECT
       coalesce((SELECT sum(sats) FROM coin WHERE state = 'mature' AND NOT spent), 0)
         + coalesce((SELECT sum(sats) FROM balance JOIN account a ON a.id = account_id WHERE a.kind = 'wallet'), 0)
         AS wallet,
       coalesce((SELECT sum(sats) FROM coin WHERE state = 'immature'), 0)
         + coalesce((SELECT sum(sats) FROM balance JOIN account a ON a.id = account_id WHERE a.kind = 'rewards'), 0)
         AS rewards`,
  );
  return row!;
}
