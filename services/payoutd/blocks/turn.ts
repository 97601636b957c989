/**
 * What follows from one look at the nodes' chains: blocks change their states, and money moves with them.
 *
 * @module
 */
import { displayHash, type Hash } from "@gopool/chain";
import { LedgerUnavailable } from "@gopool/ledger";
import {
  addRemark,
  type Block,
  confirmBlock,
  matureBlock,
  noteLooks,
  noteWaiting,
  orphanBlock,
  restBlock,
  type Seen,
} from "@gopool/ledger/blocks";
import type { Node } from "@gopool/node";
import { BlockFactsSchema, fromBinary } from "@gopool/proto";
import type { Look } from "./ask.ts";
import { coinbaseOfBlock, differenceTo, isOfHeight, NotThatBlock, readBlock } from "./coinbase.ts";
import type { BlocksDeps } from "./deps.ts";
import { DISAGREE_DEPTH, UNKNOWN_REST_MS, WATCH_BEYOND_MATURITY } from "./limits.ts";
import type { OrphanWatch, Sight } from "./sight.ts";
import { tellTroubles } from "./tell.ts";

export type WatcherDeps = Omit<BlocksDeps, "bus" | "random" | "pool" | "listeners">;

/** What follows from one look. */
export class Turn {
  readonly #looks: { hash: Uint8Array; confirmations: number }[] = [];
  readonly #doubts: string[] = [];
  #isQuiet = true;

  constructor(
    private readonly deps: WatcherDeps,
    private readonly orphans: OrphanWatch,
    private readonly seen: Look,
    private readonly nowMs: number,
  ) {}

  /** One block's trouble is told and stops no other's. */
  async take(block: Block, i: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#decide(block, i, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Error) || error instanceof LedgerUnavailable) throw error;
      this.#isQuiet = false;
      this.deps.log.error("a block's state cannot change", { hash: keyOf(block), error });
      this.#doubts.push(`Block ${keyOf(block)} at height ${block.height}: ${error.message}`);
    }
  }

  async #decide(block: Block, i: number, signal: AbortSignal): Promise<void> {
    const sight = this.seen.sights[i]!;
    const orphaned = this.orphans.look(keyOf(block), sight, this.deps.clock.monotonic());
    this.#isQuiet &&= isSettled(block, sight);
    this.#looks.push({ hash: block.hash, confirmations: countOf(sight) });
    switch (sight.kind) {
      case "best":
        return await this.#onBest(block, sight, this.seen.holders[i]!, signal);
      case "replaced":
        return await this.#replaced(block, sight, orphaned);
      case "unsure":
        return await this.#unsure(block, sight.why);
    }
  }

  /**
   * Writes what was seen, and says what is in doubt.
   *
   * @returns Whether another look at the same tips would see and do nothing else.
   */
  async end(): Promise<boolean> {
    const { ledger, board } = this.deps;
    await ledger.transaction((tx) => noteLooks(tx, this.#looks, this.nowMs));
    tellTroubles(board, PART_DOUBTS, this.#doubts);
    return this.#isQuiet;
  }

  async #onBest(
    block: Block,
    { confirmations, agreed }: Sight & { kind: "best" },
    holders: readonly Node[],
    signal: AbortSignal,
  ): Promise<void> {
    const { ledger, maturity, log } = this.deps;
    const { hash, state } = block;
    const seen: Seen = { confirmations, atMs: this.nowMs };
    const money = { money: true };
    if (state === "found" || state === "orphaned") {
      const coinbase = await this.#coinbase(block, holders, signal);
      if (coinbase === null) return;
      const odd = block.facts === null || block.value !== null
        ? null
        : differenceTo(coinbase, fromBinary(BlockFactsSchema, block.facts).outputs);
      const confirmed = await ledger.transaction(async (tx) => {
        if (!await confirmBlock(tx, hash, coinbase, seen)) return false;
        if (odd !== null) await addRemark(tx, hash, odd);
        return true;
      }, money);
      if (confirmed) {
        if (odd !== null) log.error(odd, { hash: keyOf(block) });
        const what = state === "found"
          ? "a block of ours is on the chain"
          : "a block of ours is back";
        log.info(what, { hash: keyOf(block), height: block.height });
      }
      return;
    }
    if (!agreed && confirmations >= DISAGREE_DEPTH) {
      this.#doubts.push(
        `Block ${keyOf(block)} at height ${block.height} is not on every node's best chain`,
      );
    }
    if (!agreed || confirmations < maturity) return;
    if (state === "confirmed") {
      this.#isQuiet = false;
      if (await ledger.transaction((tx) => matureBlock(tx, hash, seen), money)) {
        log.info("a block of ours is mature", { hash: keyOf(block), height: block.height });
      }
    } else if (block.matured && confirmations >= maturity + WATCH_BEYOND_MATURITY) {
      await ledger.transaction((tx) => restBlock(tx, hash, this.nowMs), money);
    }
  }

  /** The coinbase from a node that has the block; null where none can show it now. */
  async #coinbase(block: Block, holders: readonly Node[], signal: AbortSignal) {
    const { scripts, log, ledger } = this.deps;
    let why = "no node shows it";
    for (const node of holders) {
      try {
        const raw = await node.block(block.hash as Hash, signal);
        if (raw === null) continue;
        const read = readBlock(raw, block.hash);
        if (isOfHeight(read, block.height)) return coinbaseOfBlock(read, scripts);
        why = `it is of another height than ${block.height}, as which it was announced`;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof Error)) throw error;
        why = `${node.name}: ${error.message}`;
        if (error instanceof NotThatBlock) log.error(why, { hash: keyOf(block) });
      }
    }
    await ledger.transaction((tx) => noteWaiting(tx, block.hash, `its coinbase: ${why}`));
    return null;
  }

  async #replaced(
    block: Block,
    { depth, known }: Sight & { kind: "replaced" },
    isOrphan: boolean,
  ): Promise<void> {
    const { ledger, maturity, log } = this.deps;
    const { hash, height, state } = block;
    const buried = depth >= maturity + WATCH_BEYOND_MATURITY;
    if (state === "orphaned" || (state === "found" && !known)) {
      // Nothing was credited for it. It stays as it is, for people to see.
      if (buried) await this.#rest(block);
      else if (state === "found") await this.#unsure(block, "no node knows it");
      return;
    }
    if (!isOrphan) {
      this.#doubts.push(`Block ${keyOf(block)} at height ${height}: another stands in its place`);
      return;
    }
    const seen: Seen = { confirmations: -1, atMs: this.nowMs };
    const spent = await ledger.transaction((tx) => orphanBlock(tx, hash, seen), { money: true });
    if (spent === null) return;
    const facts = { hash: keyOf(block), height, was: state };
    log.warn("a block of ours is orphaned", facts);
    for (const { payoutId, sats } of spent) {
      log.error("a coin of an orphaned block is spent by a payout", { ...facts, payoutId, sats });
    }
  }

  async #unsure(block: Block, why: string): Promise<void> {
    const { state, foundAtMs, hash } = block;
    const { ledger } = this.deps;
    if (state === "confirmed" || state === "mature") {
      this.#doubts.push(`Block ${keyOf(block)} is on no best chain: ${why}`);
      return;
    }
    if (this.nowMs - foundAtMs > UNKNOWN_REST_MS) return await this.#rest(block);
    if (state === "found" && block.waitsFor !== why) {
      await ledger.transaction((tx) => noteWaiting(tx, hash, why));
    }
  }

  async #rest({ hash }: Block): Promise<void> {
    await this.deps.ledger.transaction((tx) => restBlock(tx, hash, this.nowMs), { money: true });
  }
}

/** On the board: blocks of which the nodes say what cannot be acted on. */
export const PART_DOUBTS = "payoutd/blocks in doubt";

/** As stored: -1 beside the best chain, 0 where no node knows it. */
function countOf(sight: Sight): number {
  if (sight.kind === "best") return sight.confirmations;
  return sight.kind === "replaced" && sight.known ? -1 : 0;
}

export function keyOf({ hash }: { hash: Uint8Array }): string {
  return displayHash(hash as Hash);
}

/** Whether nothing but another tip can change what is to be done about it. */
function isSettled({ state }: Block, sight: Sight): boolean {
  if (sight.kind === "best") return state === "confirmed" || state === "mature";
  return sight.kind === "replaced" && state === "orphaned";
}
