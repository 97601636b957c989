/**
 * Blocks that somebody asks the simulated node for: tests, mostly. What each does is said at SimulatedNode.
 *
 * @module
 */
import type { Hash } from "@gopool/chain";
import { ancestorAt, type Entry } from "./block_index.ts";
import { decodeTransaction } from "./decode.ts";
import type { World } from "./world.ts";

/** A branch needs one block more than it replaces; where paced bits fall it may need some beyond. */
const REORGANISE_EXTRA_MAX = 200;

export interface MinedBlock {
  /** Display form. */
  readonly hash: string;
  readonly height: number;
  /** False where the difficulty is too high to prove a block on the spot: only this node takes it. */
  readonly proven: boolean;
  /** What its coinbase pays, in its first output. */
  readonly reward: { readonly txid: Hash; readonly sats: bigint; readonly script: Uint8Array };
}

/** What a block of the node's own is to be like. */
export interface MineBlockOptions {
  /** Whether it takes what waits (default), where it stands on the tip. */
  readonly transactions?: boolean;
  /** Raw transactions that it holds whatever waits; what does not connect is an error. */
  readonly include?: readonly Uint8Array[];
  /** Receives the whole reward; default one of the node's own scripts. */
  readonly script?: Uint8Array;
  /** Display form of the block that it stands on; default the tip. Beside the best chain it is kept, not more. */
  readonly on?: string;
}

export function mineBlock(world: World, options: MineBlockOptions): MinedBlock {
  const { transactions = true, include = [], script, on } = options;
  return minedBlock(world.mine(on === undefined ? world.chain.tip : entryOf(world, on), {
    transactions,
    include: include.map(decodeTransaction),
    ...(script ? { script } : {}),
  }));
}

export function reorganise(world: World, depth: number): MinedBlock {
  const { tip } = world.chain;
  if (!Number.isInteger(depth) || depth < 1 || depth > tip.height) {
    throw new RangeError(`Cannot reorganise ${depth} blocks: must be from 1 to ${tip.height}`);
  }
  return outgrow(world, ancestorAt(tip, tip.height - depth));
}

export function bringBack(world: World, hash: string): MinedBlock {
  return outgrow(world, entryOf(world, hash));
}

/** Mines empty blocks on an entry until they are the best chain. */
function outgrow(world: World, from: Entry): MinedBlock {
  const { tip } = world.chain;
  const most = tip.height - from.height + REORGANISE_EXTRA_MAX;
  let at = from;
  for (let i = 0; i <= most; i++) {
    const mined = world.mine(at, {});
    at = mined.entry;
    if (world.chain.tip === at) return minedBlock(mined);
  }
  throw new Error(`The branch on ${from.id} did not get more work than that of ${tip.id}`);
}

export function mineTo(world: World, script: Uint8Array, count: number): MinedBlock[] {
  const mined: MinedBlock[] = [];
  world.chain.batch(() => {
    for (let i = 0; i < count; i++) {
      mined.push(minedBlock(world.mine(world.chain.tip, { transactions: true, script })));
    }
  });
  return mined;
}

function minedBlock({ entry, block, proven }: ReturnType<World["mine"]>): MinedBlock {
  const coinbase = block.transactions[0]!;
  const { value: sats, script } = coinbase.outputs[0]!;
  return {
    hash: entry.id,
    height: entry.height,
    proven,
    reward: { txid: coinbase.txid, sats, script },
  };
}

function entryOf(world: World, hash: string): Entry {
  const entry = world.chain.index.getById(hash);
  if (entry === undefined) throw new RangeError(`The simulated node has no block ${hash}`);
  return entry;
}
