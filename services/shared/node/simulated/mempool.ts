/**
 * Transactions waiting for a block. Parents always stand before their children, so that taking them in order gives
 * a valid block.
 *
 * @module
 */
import { displayHash } from "@gopool/chain";
import { checkTransaction } from "./check.ts";
import { type Coin, type Coins, isSpendable, outpointKey } from "./coins.ts";
import { checkInputs, sequenceLocksPassed } from "./connect.ts";
import { isFinal, type Place } from "./context.ts";
import { isCoinbase, type Transaction } from "./decode.ts";
import { sigopCost } from "./sigops.ts";

export interface MempoolEntry {
  readonly tx: Transaction;
  /** Display form of the txid. */
  readonly id: string;
  /** Satoshis. */
  readonly fee: bigint;
  readonly sigops: number;
  /** Ids of the entries whose outputs it spends. */
  readonly parents: ReadonlySet<string>;
}

/** Most transactions kept: several blocks full, and a bound on what a stranger's sendrawtransaction can fill. */
export const MEMPOOL_MAX = 50_000;

export type Added =
  | { readonly kind: "added"; readonly entry: MempoolEntry }
  /** In Bitcoin Core's words, e.g. "bad-txns-inputs-missingorspent" or "txn-mempool-conflict". */
  | { readonly kind: "refused"; readonly reason: string };

export class Mempool {
  readonly #entries = new Map<string, MempoolEntry>();
  /** Outpoint spent by an entry, and that entry's id. */
  readonly #spenders = new Map<string, string>();
  #updates = 0;

  /** @param confirmed Coins of the best chain. */
  constructor(readonly confirmed: Coins) {}

  get size(): number {
    return this.#entries.size;
  }

  /** Goes up with every change: half of a long poll id. */
  get updates(): number {
    return this.#updates;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  entries(): IterableIterator<MempoolEntry> {
    return this.#entries.values();
  }

  /** A coin a new transaction could spend, confirmed or not; undefined where it is spent here. */
  coin(outpoint: Uint8Array): Coin | undefined {
    if (this.#spenders.has(outpointKey(outpoint))) return undefined;
    return this.#unconfirmed(outpoint) ?? this.confirmed.get(outpoint);
  }

  /** Takes a transaction that the next block could hold. Scripts and signatures are not looked at. */
  add(tx: Transaction, place: Place): Added {
    const id = displayHash(tx.txid);
    const reason = checkTransaction(tx) ?? (isCoinbase(tx) ? "coinbase" : null) ??
      (isFinal(tx, place.height, place.medianTimePast) ? null : "non-final") ??
      (this.#entries.has(id) ? "txn-already-in-mempool" : null) ??
      (this.#conflicts(tx) ? "txn-mempool-conflict" : null) ??
      (this.#entries.size >= MEMPOOL_MAX ? "mempool full" : null);
    if (reason !== null) return { kind: "refused", reason };
    const parents = new Set<string>();
    const view = {
      get: (outpoint: Uint8Array): Coin | undefined => {
        const made = this.#unconfirmed(outpoint);
        if (made === undefined) return this.confirmed.get(outpoint);
        parents.add(displayOfOutpoint(outpoint));
        return { ...made, height: place.height };
      },
    };
    const inputs = checkInputs(tx, view, place);
    if (inputs.kind === "refused") return inputs;
    if (!sequenceLocksPassed(tx, inputs.coins, place)) {
      return { kind: "refused", reason: "non-BIP68-final" };
    }
    const sigops = sigopCost(tx, inputs.coins);
    const entry: MempoolEntry = { tx, id, fee: inputs.fee, sigops, parents };
    this.#entries.set(id, entry);
    for (const input of tx.inputs) this.#spenders.set(outpointKey(input.outpoint), id);
    this.#updates++;
    return { kind: "added", entry };
  }

  /** What a block brought goes; so does what it made impossible. */
  confirm(transactions: readonly Transaction[]): void {
    for (const tx of transactions) {
      const id = displayHash(tx.txid);
      for (const input of tx.inputs) {
        const spender = this.#spenders.get(outpointKey(input.outpoint));
        if (spender !== undefined && spender !== id) this.#removeWithChildren(spender);
      }
      this.#remove(id);
    }
    this.#updates++;
  }

  /** Begins anew with these before what was here, dropping what no longer holds: after a reorganisation. */
  rebuild(returned: readonly Transaction[], place: Place): void {
    const all = [...returned, ...[...this.#entries.values()].map(({ tx }) => tx)];
    this.clear();
    for (const tx of all) this.add(tx, place);
  }

  clear(): void {
    this.#entries.clear();
    this.#spenders.clear();
    this.#updates++;
  }

  #unconfirmed(outpoint: Uint8Array): Coin | undefined {
    const entry = this.#entries.get(displayOfOutpoint(outpoint));
    const index = new DataView(outpoint.buffer, outpoint.byteOffset).getUint32(32, true);
    const output = entry?.tx.outputs[index];
    if (output === undefined || !isSpendable(output.script)) return undefined;
    return { height: 0, coinbase: false, ...output };
  }

  #conflicts(tx: Transaction): boolean {
    return tx.inputs.some((input) => this.#spenders.has(outpointKey(input.outpoint)));
  }

  #remove(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    for (const input of entry.tx.inputs) this.#spenders.delete(outpointKey(input.outpoint));
  }

  #removeWithChildren(id: string): void {
    const gone = new Set([id]);
    // Children stand after their parents, so one pass finds them all.
    for (const entry of this.#entries.values()) {
      if (entry.parents.size > 0 && !gone.isDisjointFrom(entry.parents)) gone.add(entry.id);
    }
    for (const one of gone) this.#remove(one);
  }
}

function displayOfOutpoint(outpoint: Uint8Array): string {
  return displayHash(outpoint.subarray(0, 32) as Parameters<typeof displayHash>[0]);
}
