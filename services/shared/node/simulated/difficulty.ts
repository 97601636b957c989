/**
 * What nBits the next block must carry.
 *
 * `fixedBits` asks the same of every block: 0x207fffff behaves as Bitcoin Core's regtest, a small target keeps
 * blocks away in load tests. `paceSeconds` is NOT Bitcoin's rule: it retargets after every block from the times
 * at which blocks reached this node, so that whatever hashes finds one at a visible pace. The next nBits are then
 * unknown until a block is there: a pool that mines on a paced node must run with early empty jobs off, and two
 * paced nodes do not agree with each other.
 *
 * @module
 */
import { bitsFromTarget, type Target, targetFromBits, workOfTarget } from "@gopool/chain";
import { POW_LIMIT_BITS } from "./rules.ts";

export type Difficulty =
  | { readonly fixedBits: number }
  | { readonly paceSeconds: number };

/** What the rules look at of a block and those before it. */
export interface Ancestor {
  readonly height: number;
  readonly nbits: number;
  /**
   * How long this node waited for the block: from its parent's arrival, or the node's start if that was later. Null
   * for blocks the node made itself, which say nothing of the miners' hash rate.
   */
  readonly spanMs: number | null;
  readonly previous: Ancestor | null;
}

/** The nBits of the block after `parent`. */
export function nextBits(difficulty: Difficulty, parent: Ancestor): number {
  return "fixedBits" in difficulty
    ? difficulty.fixedBits
    : bitsOfWork(pacedWork(difficulty.paceSeconds, recentBlocks(parent)));
}

/** Expected hashes of the first paced block, and the fewest of any: 42 s of a 100 kH/s miner. */
export const EASIEST_WORK = 2 ** 22;
/** A block this many back counts 1/e as much after eight: a luck of ±30 % at rest, and a change followed in minutes. */
const DECAY = 0.88;
/** Blocks looked at; the 41st would weigh less than 1 %. */
const WINDOW = 40;
/**
 * Part of the aim that is added to the time measured. One lucky block must not make the next one take an hour: with
 * half an aim no step up exceeds three, and five blocks, quickly found, still bring 100 kH/s to 10 MH/s.
 */
const PRIOR_AIMS = 0.5;
/** Too hard is found out only by waiting, which says much of one block: the way down is taken in steps. */
const STEP_DOWN = 2;

export interface Paced {
  /** Expected hashes. */
  readonly work: number;
  readonly spanMs: number;
}

/**
 * Expected hashes of the next block given the latest ones, newest first: the hash rate measured (work done per time
 * waited, the newest counting most) times the aim, at most a step easier than the last block and never below the easiest.
 */
export function pacedWork(aimSeconds: number, blocks: readonly Paced[]): number {
  const last = blocks[0];
  if (last === undefined) return EASIEST_WORK;
  let work = 0, seconds = PRIOR_AIMS * aimSeconds, weight = 1;
  for (const block of blocks.slice(0, WINDOW)) {
    work += weight * block.work;
    seconds += weight * block.spanMs / 1000;
    weight *= DECAY;
  }
  const wanted = work / seconds * aimSeconds;
  return Math.max(wanted, last.work / STEP_DOWN, EASIEST_WORK);
}

function recentBlocks(parent: Ancestor): Paced[] {
  const blocks: Paced[] = [];
  for (let at: Ancestor | null = parent; at !== null && blocks.length < WINDOW; at = at.previous) {
    // Premined and self-made stretches carry no span; before the first paced block there is nothing to find.
    if (at.spanMs !== null) {
      blocks.push({ work: expectedHashes(at.nbits), spanMs: at.spanMs });
    } else if (at.nbits === POW_LIMIT_BITS) {
      break;
    }
  }
  return blocks;
}

/** How many hashes a block with these bits takes on average. */
export function expectedHashes(nbits: number): number {
  return Number(workOfTarget(targetFromBits(nbits)));
}

export function bitsOfWork(work: number): number {
  return bitsFromTarget((2n ** 256n / BigInt(Math.round(work)) - 1n) as Target);
}
