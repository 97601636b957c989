/**
 * Watches our blocks on the nodes' chains: see turn.ts for what follows from a look.
 *
 * @module
 */
import { displayHash } from "@gopool/chain";
import { type Block, watchedBlocks } from "@gopool/ledger/blocks";
import type { Nodes } from "@gopool/node";
import type { Service } from "@gopool/runtime";
import { lookAt } from "./ask.ts";
import { LOOK_EVERY_MS, LOOK_MAX } from "./limits.ts";
import { OrphanWatch } from "./sight.ts";
import { keyOf, PART_DOUBTS, Turn, type WatcherDeps } from "./turn.ts";

export interface BlockWatcher extends Service {
  /** One look at every watched block. */
  look(signal: AbortSignal): Promise<void>;
}

const PART = "payoutd/watch";

export function createBlockWatcher(deps: WatcherDeps): BlockWatcher {
  const { ledger, nodes, network, clock, board } = deps;
  const orphans = new OrphanWatch();
  /** Blocks and tips at which nothing is left to be done. */
  let quiet = "";

  const look = async (signal: AbortSignal) => {
    const blocks = await ledger.transaction((tx) => watchedBlocks(tx, LOOK_MAX));
    orphans.keepOnly(new Set(blocks.map(keyOf)));
    if (blocks.length === 0) return board.clear(PART_DOUBTS);
    const key = `${blocksKey(blocks)} ${await tipsKey(nodes, signal)}`;
    // Nodes need not be asked about hundreds of blocks again before one of them has a new tip.
    if (key === quiet && blocks.length < LOOK_MAX) return;
    const seen = await lookAt(nodes, network, blocks, signal);
    const turn = new Turn(deps, orphans, seen, clock.now());
    for (const [i, block] of blocks.entries()) await turn.take(block, i, signal);
    quiet = await turn.end() ? key : "";
  };
  return {
    name: PART,
    look,
    run: async (signal) => {
      while (!signal.aborted) {
        await look(signal);
        await clock.sleep(LOOK_EVERY_MS, signal);
      }
    },
  };
}

function blocksKey(blocks: readonly Block[]): string {
  return blocks.map((block) => `${keyOf(block)} ${block.state} ${block.matured}`).sort().join();
}

async function tipsKey({ list }: Pick<Nodes, "list">, signal: AbortSignal): Promise<string> {
  const tips = await Promise.all(list.map(async (node) => {
    try {
      const { bestHash, syncing, network } = await node.chain(signal);
      return `${displayHash(bestHash)} ${syncing} ${network}`;
    } catch {
      signal.throwIfAborted();
      return "away";
    }
  }));
  return tips.join();
}
