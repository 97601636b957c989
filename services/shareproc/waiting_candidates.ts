/**
 * Candidates on their way to a block. Two records of one hash with different facts are two candidates: a wrong one
 * (a gateway's mistake, or worse) must not keep the right one from being built.
 *
 * @module
 */
import type { Message } from "@gopool/bus";
import { displayHash, equalBytes, type Hash, headerHash, sha256, toHex } from "@gopool/chain";
import {
  BlockCandidateSchema,
  type BlockFacts,
  BlockFactsSchema,
  fromBinary,
  toBinary,
} from "@gopool/proto";
import { REFUSED_MAX, SOLVED_MAX, WAITING_MAX } from "./limits.ts";

export interface Waiting {
  /** Of the facts as the gateway wrote them. */
  readonly id: string;
  /** As explorers show it. */
  readonly hash: string;
  readonly facts: BlockFacts;
  readonly sinceMs: number;
  /** What was last said of it: the same is not said twice. */
  told: string;
  /** Somebody is at it. */
  busy: boolean;
}

export class Candidates {
  /** Hashes that stand on block.solved. */
  readonly #solved = new Set<string>();
  /** Facts that can make no block. */
  readonly #refused = new Set<string>();
  readonly #waiting = new Map<string, Waiting>();

  /**
   * The candidate of a record; undefined where it is solved, refused or waiting already.
   *
   * @throws {Error} It cannot be read, or is not the header that its hash says.
   * @throws {RangeError} Too many wait: the spool will bring it again.
   */
  take({ value, loggedAtMs }: Message): Waiting | undefined {
    const { facts } = fromBinary(BlockCandidateSchema, value);
    if (facts === undefined) throw new Error("it carries no facts");
    const id = toHex(sha256(toBinary(BlockFactsSchema, facts)));
    if (this.#refused.has(id) || this.#waiting.has(id)) return undefined;
    if (!equalBytes(headerHash(facts.header), facts.hash)) {
      throw new Error("its header has another hash");
    }
    const hash = displayHash(facts.hash as Hash);
    if (this.#solved.has(hash)) return undefined;
    if (this.#waiting.size >= WAITING_MAX) throw new RangeError(`${WAITING_MAX} wait already`);
    // T is the log time of the first record: the spool's repeats come later and change nothing.
    facts.foundAtMs = BigInt(loggedAtMs);
    const waiting = { id, hash, facts, sinceMs: loggedAtMs, told: "", busy: false };
    this.#waiting.set(id, waiting);
    return waiting;
  }

  waiting(): Waiting[] {
    return [...this.#waiting.values()];
  }

  isSolved(hash: string): boolean {
    return this.#solved.has(hash);
  }

  solved(hash: string): void {
    remember(this.#solved, hash, SOLVED_MAX);
  }

  /** It makes no block, whatever comes. */
  refused(waiting: Waiting): void {
    remember(this.#refused, waiting.id, REFUSED_MAX);
  }

  drop(waiting: Waiting): void {
    this.#waiting.delete(waiting.id);
  }
}

function remember(set: Set<string>, one: string, max: number): void {
  if (set.size >= max) set.delete(set.values().next().value!);
  set.add(one);
}
