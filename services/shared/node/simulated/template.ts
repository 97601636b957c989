/**
 * getblocktemplate's answer (BIP 22, 23, 145) as Bitcoin Core gives it (rpc/mining.cpp).
 *
 * @module
 */
import {
  commitmentScript,
  displayHash,
  type Hash,
  subsidyAt,
  targetFromBits,
  targetToBytes,
  toHex,
  witnessCommitment,
} from "@gopool/chain";
import type { ChainState } from "./chain_state.ts";
import type { Mempool, MempoolEntry } from "./mempool.ts";
import { BLOCK_VERSION, MAX_BLOCK_SIGOPS_COST, MAX_BLOCK_WEIGHT } from "./rules.ts";

/** Left free for header, transaction count and coinbase (policy/policy.h DEFAULT_BLOCK_RESERVED_WEIGHT). */
const RESERVED_WEIGHT = 8000;
/** Sigop cost left free for the coinbase (interfaces/mining.h coinbase_output_max_additional_sigops). */
const RESERVED_SIGOPS = 400;

/** The transactions the next block takes, in block order: as they came, while they fit. */
export function selectTransactions(mempool: Mempool): MempoolEntry[] {
  const chosen: MempoolEntry[] = [];
  const skipped = new Set<string>();
  let weight = RESERVED_WEIGHT, sigops = RESERVED_SIGOPS;
  for (const entry of mempool.entries()) {
    const fits = weight + entry.tx.weight <= MAX_BLOCK_WEIGHT &&
      sigops + entry.sigops <= MAX_BLOCK_SIGOPS_COST;
    // A child of one that did not fit would have nothing to spend.
    if (!fits || !skipped.isDisjointFrom(entry.parents)) {
      skipped.add(entry.id);
      continue;
    }
    weight += entry.tx.weight;
    sigops += entry.sigops;
    chosen.push(entry);
  }
  return chosen;
}

/** The commitment of a block of these transactions, over a reserved value of zeros (BIP 141). */
export function commitmentFor(entries: readonly Pick<MempoolEntry, "tx">[]): Hash {
  return witnessCommitment(entries.map(({ tx }) => tx.wtxid));
}

/** Template by template: what stays the same for one tip and mempool is made once. */
export class TemplateMaker {
  #made: { tip: string; updates: number; parts: ReturnType<TemplateMaker["parts"]> } | null = null;

  constructor(readonly chain: ChainState, readonly mempool: Mempool) {}

  longPollId(): string {
    return this.chain.tip.id + this.mempool.updates;
  }

  template(): Record<string, unknown> {
    const { tip } = this.chain;
    const { updates } = this.mempool;
    if (this.#made?.tip !== tip.id || this.#made.updates !== updates) {
      this.#made = { tip: tip.id, updates, parts: this.parts() };
    }
    const { transactions, value, commitment } = this.#made.parts;
    const place = this.chain.placeAfter(tip);
    const mintime = tip.medianTime + 1;
    return {
      capabilities: ["proposal"],
      version: BLOCK_VERSION,
      rules: ["csv", "!segwit", "taproot"],
      vbavailable: {},
      vbrequired: 0,
      previousblockhash: tip.id,
      transactions,
      coinbaseaux: {},
      coinbasevalue: Number(value),
      longpollid: this.longPollId(),
      target: toHex(targetToBytes(targetFromBits(place.nbits))),
      mintime,
      mutable: ["time", "transactions", "prevblock"],
      noncerange: "00000000ffffffff",
      sigoplimit: MAX_BLOCK_SIGOPS_COST,
      sizelimit: MAX_BLOCK_WEIGHT,
      weightlimit: MAX_BLOCK_WEIGHT,
      curtime: Math.max(this.chain.nowSeconds(), mintime),
      bits: bitsHex(place.nbits),
      height: place.height,
      default_witness_commitment: commitment,
    };
  }

  private parts() {
    const entries = selectTransactions(this.mempool);
    const position = new Map(entries.map(({ id }, i) => [id, i + 1]));
    const fees = entries.reduce((sum, { fee }) => sum + fee, 0n);
    return {
      transactions: entries.map(({ tx, id, fee, sigops, parents }) => ({
        data: toHex(tx.raw),
        txid: id,
        hash: displayHash(tx.wtxid),
        depends: [...parents].map((parent) => position.get(parent)!).sort((a, b) => a - b),
        fee: Number(fee),
        sigops,
        weight: tx.weight,
      })),
      value: fees + subsidyAt("regtest", this.chain.tip.height + 1),
      commitment: toHex(commitmentScript(commitmentFor(entries))),
    };
  }
}

export function bitsHex(nbits: number): string {
  return nbits.toString(16).padStart(8, "0");
}
