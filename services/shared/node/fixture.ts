/**
 * A chain for a test in few lines: a simulated node, the pool's own adapter on it, and blocks as the test wants them.
 * For tests only.
 *
 * ```ts
 * await using chain = await startTestChain({ maturity: 5 });
 * const [reward] = chain.sim.mineTo(script, 6).map((block) => block.reward);
 * await chain.node.coin(reward.txid, 0, { mempool: false }); // 6 confirmations
 * chain.sim.reorganise(2); // the last two blocks are gone; what they held waits again
 * ```
 *
 * @module
 */
import { type Clock, seededRandom, systemClock } from "@gopool/runtime";
import { joinNodes } from "./nodes.ts";
import { openNode } from "./open.ts";
import type { Node, Nodes } from "./port.ts";
import {
  type SimulatedNode,
  type SimulatedNodeOptions,
  startSimulatedNode,
} from "./simulated/mod.ts";

/** Regtest's easiest target: a block is two hashes away. */
const EASY_BITS = 0x207fffff;

export interface TestChain extends AsyncDisposable {
  /** The node itself: mineTo, mineBlock, reorganise, bringBack, forgetMempool, stall, syncing … */
  readonly sim: SimulatedNode;
  /** The same as the pool sees it. */
  readonly node: Node;
  /** That node as the only one of several. */
  readonly nodes: Nodes;
}

/**
 * In memory, on a free port, with an empty mempool and 100 blocks, unless told otherwise. `clock` is the adapter's (its
 * timeouts); the node itself always lives in real time.
 */
export async function startTestChain(
  { clock = systemClock, ...options }: Partial<SimulatedNodeOptions> & { clock?: Clock } = {},
): Promise<TestChain> {
  const sim = await startSimulatedNode({
    ...("dataDir" in options ? {} : { memory: true }),
    port: 0,
    user: "pool",
    password: "only-on-loopback",
    difficulty: { fixedBits: EASY_BITS },
    transactionsPerBlock: 0,
    random: seededRandom(1),
    ...options,
    clock: systemClock,
  } as SimulatedNodeOptions);
  const node = openNode({ url: new URL(sim.url) }, { clock });
  const nodes = joinNodes([node], { clock });
  return {
    sim,
    node,
    nodes,
    async [Symbol.asyncDispose]() {
      await nodes[Symbol.asyncDispose]();
      await sim[Symbol.asyncDispose]();
    },
  };
}
