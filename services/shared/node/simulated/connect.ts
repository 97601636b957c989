/**
 * A block against the coins it spends: Bitcoin Core's ConnectBlock (validation.cpp) and CheckTxInputs
 * (consensus/tx_verify.cpp), in their order; the scripts last of all, as Core does with its checking threads.
 *
 * @module
 */
import { subsidyAt } from "@gopool/chain";
import { type Coin, type CoinView, outpointOf } from "./coins.ts";
import type { Place } from "./context.ts";
import type { Block, Transaction } from "./decode.ts";
import { COINBASE_MATURITY, MAX_BLOCK_SIGOPS_COST, MAX_MONEY } from "./rules.ts";
import { blockReason, type ScriptChecker } from "./scripts.ts";
import { sigopCost } from "./sigops.ts";
import { type Invalid, invalid } from "./verdict.ts";

export interface Connected {
  readonly kind: "connected";
  /** The coins it spent, input by input, for taking it out again. */
  readonly spent: readonly Coin[];
  readonly fees: bigint;
}

/** Applies the block to the view; on an invalid one the view is left half changed and must be dropped. */
export function connectBlock(
  block: Block,
  place: Place,
  view: CoinView,
  scripts: ScriptChecker,
): Connected | Invalid {
  for (const tx of block.transactions) {
    for (let i = 0; i < tx.outputs.length; i++) {
      if (view.get(outpointOf(tx.txid, i)) !== undefined) {
        return invalid("consensus", "bad-txns-BIP30");
      }
    }
  }
  const spent: Coin[] = [];
  let fees = 0n, sigops = 0;
  for (const [i, tx] of block.transactions.entries()) {
    let coins: readonly Coin[] = [];
    if (i > 0) {
      const inputs = checkInputs(tx, view, place);
      if (inputs.kind === "refused") return invalid("consensus", inputs.reason);
      coins = inputs.coins;
      fees += inputs.fee;
      if (fees > MAX_MONEY) return invalid("consensus", "bad-txns-accumulated-fee-outofrange");
      if (!sequenceLocksPassed(tx, coins, place)) return invalid("consensus", "bad-txns-nonfinal");
    }
    sigops += sigopCost(tx, coins);
    if (sigops > MAX_BLOCK_SIGOPS_COST) return invalid("consensus", "bad-blk-sigops");
    if (i > 0) { for (const input of tx.inputs) view.spend(input.outpoint); }
    view.addOutputs(tx, place.height, i === 0);
    spent.push(...coins);
  }
  const paid = block.transactions[0]!.outputs.reduce((sum, output) => sum + output.value, 0n);
  if (paid > fees + subsidyAt("regtest", place.height)) {
    return invalid("consensus", "bad-cb-amount");
  }
  let at = 0;
  for (const tx of block.transactions.slice(1)) {
    const fault = scripts.check(tx, spent.slice(at, at += tx.inputs.length));
    if (fault !== null) return invalid("consensus", blockReason(fault));
  }
  return { kind: "connected", spent, fees };
}

export type Inputs =
  | { readonly kind: "good"; readonly coins: readonly Coin[]; readonly fee: bigint }
  | { readonly kind: "refused"; readonly reason: string };

/** The coins a transaction spends and the fee it leaves, for a block at that place. */
export function checkInputs(
  tx: Transaction,
  view: { get(outpoint: Uint8Array): Coin | undefined },
  { height, maturity = COINBASE_MATURITY }: Pick<Place, "height" | "maturity">,
): Inputs {
  const coins: Coin[] = [];
  for (const input of tx.inputs) {
    const coin = view.get(input.outpoint);
    if (coin === undefined) return { kind: "refused", reason: "bad-txns-inputs-missingorspent" };
    coins.push(coin);
  }
  let value = 0n;
  for (const coin of coins) {
    if (coin.coinbase && height - coin.height < maturity) {
      return { kind: "refused", reason: "bad-txns-premature-spend-of-coinbase" };
    }
    value += coin.value;
    if (value > MAX_MONEY) return { kind: "refused", reason: "bad-txns-inputvalues-outofrange" };
  }
  const paid = tx.outputs.reduce((sum, output) => sum + output.value, 0n);
  if (value < paid) return { kind: "refused", reason: "bad-txns-in-belowout" };
  return { kind: "good", coins, fee: value - paid };
}

/** BIP 68: set, the sequence is no relative lock. */
const LOCK_DISABLED = 0x80000000;
/** BIP 68: set, the lock counts units of 512 s, else blocks. */
const LOCK_IS_TIME = 0x00400000;
const LOCK_MASK = 0xffff;

/** Whether every relative lock of the transaction's inputs has run out (BIP 68). */
export function sequenceLocksPassed(
  tx: Transaction,
  coins: readonly Coin[],
  place: Place,
): boolean {
  if (tx.version >>> 0 < 2) return true;
  return tx.inputs.every(({ sequence }, i) => {
    if ((sequence & LOCK_DISABLED) !== 0) return true;
    const height = coins[i]!.height;
    if ((sequence & LOCK_IS_TIME) === 0) return height + (sequence & LOCK_MASK) <= place.height;
    const start = place.medianTimeBefore(height);
    return start + (sequence & LOCK_MASK) * 512 <= place.medianTimePast;
  });
}
