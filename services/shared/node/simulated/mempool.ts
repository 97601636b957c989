/**
 * Transactions waiting for a block. Parents always stand before their children, so that taking them in order gives
 * a valid block.
 *
 * @module
 */
import { displayHash, equalBytes } from "@gopool/chain";
import { checkTransaction } from "./check.ts";
import { type Coin, type Coins, isSpendable, outpointKey, outpointOf } from "./coins.ts";
import { checkInputs, sequenceLocksPassed } from "./connect.ts";
import { isFinal, type Place } from "./context.ts";
import { isCoinbase, type Transaction } from "./decode.ts";
import { chainLength, type Refusal, relayFee, replacement, standardness } from "./policy.ts";
import { mempoolReason, type ScriptChecker, type ScriptFault } from "./scripts.ts";
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

export type Judged =
  /** `replaces`: ids of what goes in its favour, children included. */
  | { readonly kind: "good"; readonly entry: MempoolEntry; readonly replaces: readonly string[] }
  /** In Bitcoin Core's words: the reason, and what follows it in the answer to sendrawtransaction. */
  | ({ readonly kind: "refused" } & Refusal);

export type Added = { readonly kind: "added"; readonly entry: MempoolEntry } | Refused;
type Refused = Extract<Judged, { kind: "refused" }>;

/**
 * "relay" is what is asked of a stranger's transaction: policy.ts, and replacement where it spends what others spend.
 * "block" is only what makes it fit for the next block: for the node's own, and for those that a block gave back.
 */
export type Rules = "relay" | "block";

export class Mempool {
  readonly #entries = new Map<string, MempoolEntry>();
  /** Outpoint spent by an entry, and that entry's id. */
  readonly #spenders = new Map<string, string>();
  #updates = 0;

  readonly #scripts: ScriptChecker;

  /** @param confirmed Coins of the best chain. */
  constructor(readonly confirmed: Coins, scripts: ScriptChecker) {
    this.#scripts = scripts;
  }

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

  /** Id of the waiting transaction that spends a coin. */
  spender(outpoint: Uint8Array): string | undefined {
    return this.#spenders.get(outpointKey(outpoint));
  }

  get(id: string): MempoolEntry | undefined {
    return this.#entries.get(id);
  }

  /** A coin a new transaction could spend, confirmed or not; undefined where it is spent here. */
  coin(outpoint: Uint8Array): Coin | undefined {
    if (this.#spenders.has(outpointKey(outpoint))) return undefined;
    return this.#unconfirmed(outpoint) ?? this.confirmed.get(outpoint);
  }

  /** Takes a transaction that the next block could hold, in the place of those that it replaces. */
  add(tx: Transaction, place: Place, rules: Rules): Added {
    const judged = this.judge(tx, place, rules);
    if (judged.kind === "refused") return judged;
    const { entry, replaces } = judged;
    for (const id of replaces) this.#remove(id);
    this.#entries.set(entry.id, entry);
    for (const input of tx.inputs) this.#spenders.set(outpointKey(input.outpoint), entry.id);
    this.#updates++;
    return { kind: "added", entry };
  }

  /** What `add` would say. In the order of Bitcoin Core's MemPoolAccept (validation.cpp): signatures last. */
  judge(tx: Transaction, place: Place, rules: Rules): Judged {
    const id = displayHash(tx.txid);
    const alone = checkTransaction(tx) ?? (isCoinbase(tx) ? "coinbase" : null);
    if (alone !== null) return refused(alone);
    const unfit = rules === "relay" ? standardness(tx) : null;
    if (unfit !== null) return { kind: "refused", ...unfit };
    if (!isFinal(tx, place.height, place.medianTimePast)) return refused("non-final");
    const same = this.#entries.get(id);
    if (same !== undefined) {
      return refused(
        equalBytes(same.tx.wtxid, tx.wtxid)
          ? "txn-already-in-mempool"
          : "txn-same-nonwitness-data-in-mempool",
      );
    }
    const direct = this.#conflicts(tx);
    if (direct.length > 0 && rules === "block") return refused("txn-mempool-conflict");
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
    if (inputs.kind === "refused") {
      const isThere = inputs.reason === MISSING &&
        tx.outputs.some((_, i) => this.confirmed.get(outpointOf(tx.txid, i)) !== undefined);
      return refused(isThere ? "txn-already-known" : inputs.reason);
    }
    const { coins, fee } = inputs;
    if (!sequenceLocksPassed(tx, coins, place)) return refused("non-BIP68-final");
    const entry: MempoolEntry = { tx, id, fee, sigops: sigopCost(tx, coins), parents };
    const replaced = this.#withChildren(direct.map((one) => one.id));
    if (rules === "relay") {
      const ancestors = this.#ancestors(entry);
      const why = relayFee(entry) ?? chainLength(ancestors.size) ??
        (direct.length > 0 ? replacement({ entry, direct, all: replaced, ancestors }) : null);
      if (why !== null) return { kind: "refused", ...why };
    }
    if (this.#entries.size - replaced.length >= MEMPOOL_MAX) return refused("mempool full");
    const fault = this.#scripts.check(tx, coins);
    if (fault !== null) return refusedScript(fault, tx);
    return { kind: "good", entry, replaces: replaced.map((one) => one.id) };
  }

  /** What a block brought goes; so does what it made impossible. */
  confirm(transactions: readonly Transaction[]): void {
    for (const tx of transactions) {
      const id = displayHash(tx.txid);
      for (const input of tx.inputs) {
        const spender = this.#spenders.get(outpointKey(input.outpoint));
        if (spender === undefined || spender === id) continue;
        for (const one of this.#withChildren([spender])) this.#remove(one.id);
      }
      this.#remove(id);
    }
    this.#updates++;
  }

  /** Begins anew with these before what was here, dropping what no longer holds: after a reorganisation. */
  rebuild(returned: readonly Transaction[], place: Place): void {
    const all = [...returned, ...[...this.#entries.values()].map(({ tx }) => tx)];
    this.clear();
    for (const tx of all) this.add(tx, place, "block");
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

  /** Those that spend a coin it spends, each once. */
  #conflicts(tx: Transaction): MempoolEntry[] {
    const ids = tx.inputs.map((input) => this.#spenders.get(outpointKey(input.outpoint)));
    return [...new Set(ids)].flatMap((id) => id === undefined ? [] : [this.#entries.get(id)!]);
  }

  /** Ids of all that it hangs on, near and far. */
  #ancestors({ parents }: MempoolEntry): ReadonlySet<string> {
    const found = new Set(parents);
    // What is added on the way is visited as well.
    for (const id of found) {
      for (const parent of this.#entries.get(id)!.parents) found.add(parent);
    }
    return found;
  }

  /** These and all that hang on them, parents first. */
  #withChildren(ids: readonly string[]): MempoolEntry[] {
    if (ids.length === 0) return [];
    const found = new Set(ids);
    // Children stand after their parents, so one pass finds them all.
    return [...this.#entries.values()].filter(({ id, parents }) => {
      const isChild = parents.size > 0 && !found.isDisjointFrom(parents);
      if (isChild) found.add(id);
      return found.has(id);
    });
  }

  #remove(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    for (const input of entry.tx.inputs) this.#spenders.delete(outpointKey(input.outpoint));
  }
}

/** What Bitcoin Core says where a coin is spent or never was. */
export const MISSING = "bad-txns-inputs-missingorspent";

function refused(reason: string): Refused {
  return { kind: "refused", reason };
}

function refusedScript(fault: ScriptFault, tx: Transaction): Refused {
  const { outpoint } = tx.inputs[fault.input]!;
  const index = new DataView(outpoint.buffer, outpoint.byteOffset).getUint32(32, true);
  return {
    kind: "refused",
    reason: mempoolReason(fault),
    details: `input ${fault.input} of ${displayHash(tx.txid)} (wtxid ${displayHash(tx.wtxid)}), ` +
      `spending ${displayOfOutpoint(outpoint)}:${index}`,
  };
}

function displayOfOutpoint(outpoint: Uint8Array): string {
  return displayHash(outpoint.subarray(0, 32) as Parameters<typeof displayHash>[0]);
}
