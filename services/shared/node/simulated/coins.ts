/**
 * Unspent outputs and the overlay in which a block is tried before anything is written.
 *
 * @module
 */
import { concat, type Hash, toHex, u32le, u64le } from "@gopool/chain";
import type { Transaction } from "./decode.ts";
import { MAX_SCRIPT_SIZE } from "./rules.ts";

/** An unspent output and where it was made. */
export interface Coin {
  readonly height: number;
  readonly coinbase: boolean;
  readonly value: bigint;
  readonly script: Uint8Array;
}

/** Where coins are looked up, by the 36 bytes of their outpoint. */
export interface Coins {
  get(outpoint: Uint8Array): Coin | undefined;
}

export function outpointOf(txid: Hash, index: number): Uint8Array {
  return concat(txid, u32le(index));
}

/** As a Map's key. */
export function outpointKey(outpoint: Uint8Array): string {
  return toHex(outpoint);
}

const OP_RETURN = 0x6a;

/** Outputs that can never be spent are not kept (script/script.h IsUnspendable). */
export function isSpendable(script: Uint8Array): boolean {
  return script[0] !== OP_RETURN && script.length <= MAX_SCRIPT_SIZE;
}

/** Changes over other coins, kept apart until they are written or dropped. */
export class CoinView implements Coins {
  /** Outpoint and its coin; null where it was spent. */
  readonly changes = new Map<string, { outpoint: Uint8Array; coin: Coin | null }>();

  constructor(readonly below: Coins) {}

  get(outpoint: Uint8Array): Coin | undefined {
    const change = this.changes.get(outpointKey(outpoint));
    if (change !== undefined) return change.coin ?? undefined;
    return this.below.get(outpoint);
  }

  add(outpoint: Uint8Array, coin: Coin): void {
    this.changes.set(outpointKey(outpoint), { outpoint, coin });
  }

  spend(outpoint: Uint8Array): void {
    this.changes.set(outpointKey(outpoint), { outpoint, coin: null });
  }

  /** Adds a transaction's outputs that can be spent. */
  addOutputs(tx: Transaction, height: number, coinbase: boolean): void {
    tx.outputs.forEach(({ value, script }, i) => {
      if (isSpendable(script)) {
        this.add(outpointOf(tx.txid, i), { height, coinbase, value, script });
      }
    });
  }

  /** Takes a connected block out again; `spent` is what connecting it gave. */
  disconnect(transactions: readonly Transaction[], spent: readonly Coin[]): void {
    let next = spent.length;
    for (const tx of transactions.toReversed()) {
      tx.outputs.forEach(({ script }, i) => {
        if (isSpendable(script)) this.spend(outpointOf(tx.txid, i));
      });
      if (tx === transactions[0]) continue;
      for (const input of tx.inputs.toReversed()) this.add(input.outpoint, spent[--next]!);
    }
  }
}

/** Coins one after another: height u32, coinbase u8, value u64, script length u32, script; all LE. */
export function encodeCoins(coins: readonly Coin[]): Uint8Array {
  return concat(...coins.flatMap((coin) => [
    u32le(coin.height),
    Uint8Array.of(coin.coinbase ? 1 : 0),
    u64le(coin.value),
    u32le(coin.script.length),
    coin.script,
  ]));
}

export function decodeCoins(bytes: Uint8Array): Coin[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const coins: Coin[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at + 13, true);
    coins.push({
      height: view.getUint32(at, true),
      coinbase: bytes[at + 4] === 1,
      value: view.getBigUint64(at + 5, true),
      script: bytes.slice(at + 17, at + 17 + length),
    });
    at += 17 + length;
  }
  return coins;
}
