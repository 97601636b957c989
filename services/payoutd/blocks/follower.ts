/**
 * Follows the best chain block by block: every block is read once, in order, and taken back when it leaves. What was
 * missed while nobody followed is read afterwards, up to a bound.
 *
 * @module
 */
import { type Block as ChainBlock, displayHash, equalBytes, type Hash } from "@gopool/chain";
import {
  chainBlocks,
  connectLink,
  disconnectLink,
  type Link,
  nextAfterGaps,
  noteGap,
} from "@gopool/ledger/blocks";
import { type BestTip, firstAnswer, type Node, NodeRefused } from "@gopool/node";
import { runTogether, type Service } from "@gopool/runtime";
import { coinbaseOfBlock, readBlock } from "./coinbase.ts";
import type { BlocksDeps } from "./deps.ts";
import { CATCH_UP_MAX, FOLLOW_EVERY_MS, FOLLOW_RETRY_MS } from "./limits.ts";

type FollowerDeps = Omit<BlocksDeps, "bus" | "random" | "pool" | "maturity">;

export interface ChainFollower extends Service {
  /** Goes to that tip, as far as its node can show the way. @returns Whether it is there. */
  follow(best: BestTip, signal: AbortSignal): Promise<boolean>;
}

const PART = "payoutd/chain";

export function createChainFollower(deps: FollowerDeps): ChainFollower {
  const { nodes, clock, board, log } = deps;
  const follower = new Follower(deps);
  return {
    name: PART,
    follow: (best, signal) => follower.follow(best, signal),
    run: (signal) => {
      let best: BestTip | null = null;
      let news = Promise.withResolvers<void>();
      return runTogether(
        signal,
        async (stop) => {
          for await (const one of nodes.watch(stop)) {
            best = one;
            news.resolve();
          }
        },
        async (stop) => {
          while (!stop.aborted) {
            const turn = new AbortController();
            const until = AbortSignal.any([stop, turn.signal]);
            await Promise.race([news.promise, clock.sleep(FOLLOW_EVERY_MS, until)]);
            turn.abort();
            news = Promise.withResolvers();
            if (stop.aborted || best === null) continue;
            try {
              while (!stop.aborted && !(await follower.follow(best, stop))) { /* step by step */ }
              board.clear(PART_BEHIND);
            } catch (error) {
              stop.throwIfAborted();
              if (!isNodeTrouble(error)) throw error;
              log.warn("the chain cannot be followed now", { reason: error.message });
              board.set(PART_BEHIND, "degraded", `Cannot follow the chain: ${error.message}`);
              await clock.sleep(FOLLOW_RETRY_MS, stop);
            }
          }
        },
      );
    },
  };
}

const PART_BEHIND = "payoutd/chain behind";

function isNodeTrouble(error: unknown): error is Error {
  return error instanceof Error &&
    ["NodeUnavailable", "NodeRefused", "NodeMalformed", "NotThatBlock"].includes(error.name);
}

class Follower {
  constructor(private readonly deps: FollowerDeps) {}

  /** Some steps towards the tip; false: call again. */
  async follow({ tip, node }: BestTip, signal: AbortSignal): Promise<boolean> {
    const { ledger, board } = this.deps;
    const [last, before] = await ledger.transaction((tx) => chainBlocks(tx, 2));
    if (last === undefined) return await this.#begin(tip, node, signal);
    const there = await node.hashAt(last.height, signal);
    if (there === null) {
      // Its chain ends below: only when that is the chosen tip does the block go.
      if (tip.height >= last.height) return true;
      await this.#disconnect(last, before);
      return false;
    }
    if (!equalBytes(there, last.hash)) {
      await this.#disconnect(last, before);
      return false;
    }
    const behind = tip.height - last.height;
    if (behind > CATCH_UP_MAX) {
      const toHeight = tip.height - CATCH_UP_MAX;
      await this.#skip(last, last.height + 1, toHeight, "it was read by nobody for too long");
      return false;
    }
    const next = await node.hashAt(last.height + 1, signal);
    if (next === null) return true;
    if (behind > 1) {
      board.set(PART_BEHIND, "degraded", `Reads the chain: ${behind} blocks to go`);
    }
    await this.#connect(next, last.height + 1, last, node, signal);
    return false;
  }

  /** At the tip, or behind what could not be read. */
  async #begin(tip: Link, node: Node, signal: AbortSignal): Promise<boolean> {
    const after = await this.deps.ledger.transaction(nextAfterGaps);
    const height = after === null ? tip.height : Math.max(0, Math.min(after, tip.height));
    const hash = await node.hashAt(height, signal);
    if (hash === null) return true;
    await this.#connect(hash, height, null, node, signal);
    return false;
  }

  async #connect(
    hash: Hash,
    height: number,
    follows: Link | null,
    node: Node,
    signal: AbortSignal,
  ): Promise<void> {
    const { ledger, scripts, clock, listeners } = this.deps;
    const block = await this.#read(hash, node, signal);
    if (block === null) {
      await this.#skip(follows, height, height, "no node has the block any more");
      return;
    }
    const { header, transactions } = block;
    // The chain moved between two questions: asked again.
    if (follows !== null && !equalBytes(header.previousHash, follows.hash)) return;
    const atMs = clock.now();
    const link = {
      height,
      hash,
      previousHash: header.previousHash,
      nbits: header.nbits,
      timeMs: header.time * 1_000,
      coinbase: coinbaseOfBlock(block, scripts),
    };
    await ledger.transaction(async (tx) => {
      if (!await connectLink(tx, link, follows, atMs)) return;
      for (const listener of listeners) {
        await listener.onBlock(tx, { height, hash, atMs, transactions });
      }
    }, { money: true });
  }

  /** From the node at hand, else from any; null where all have thrown it away. */
  async #read(hash: Hash, node: Node, signal: AbortSignal): Promise<ChainBlock | null> {
    const { nodes } = this.deps;
    const list = [node, ...nodes.list.filter((one) => one !== node)];
    try {
      const raw = await firstAnswer({ list }, (one) => one.block(hash, signal), signal);
      return raw === null ? null : readBlock(raw, hash);
    } catch (error) {
      if (error instanceof NodeRefused) return null;
      throw error;
    }
  }

  async #disconnect(last: Link, before: Link | undefined): Promise<void> {
    const { ledger, clock, listeners, log } = this.deps;
    const { height, hash } = last;
    const atMs = clock.now();
    const gone = await ledger.transaction(async (tx) => {
      if (!await disconnectLink(tx, last)) return false;
      for (const listener of listeners) await listener.onBlockGone(tx, { height, hash, atMs });
      if (before === undefined) {
        // The follower goes on at this height; what else was replaced below is not known any more.
        const gap = { fromHeight: height - 1, toHeight: height - 1, reason: DEEP };
        await noteGap(tx, gap, null, atMs);
      }
      return true;
    }, { money: true });
    if (!gone) return;
    log.warn("a block left the best chain", { height, hash: displayHash(hash as Hash) });
    if (before === undefined) log.error(DEEP, { height });
  }

  async #skip(follows: Link | null, fromHeight: number, toHeight: number, reason: string) {
    const { ledger, clock, log } = this.deps;
    log.error("blocks of the chain are passed over unread", { fromHeight, toHeight, reason });
    const gap = { fromHeight, toHeight, reason };
    await ledger.transaction((tx) => noteGap(tx, gap, follows, clock.now()), { money: true });
  }
}

const DEEP = "a reorganisation went deeper than the blocks that are remembered";
