/**
 * Candidates on their way to a block. Two records of one hash with different facts are two candidates: a wrong one
 * (a gateway's mistake, or worse) must not keep the right one from being built.
 *
 * @module
 */
import type { Message } from "@gopool/bus";
import { displayHash, equalBytes, type Hash, headerHash, sha256, toHex } from "@gopool/chain";
import {
  type BlockCandidate,
  BlockCandidateSchema,
  type BlockFacts,
  BlockFactsSchema,
  fromBinary,
  toBinary,
} from "@gopool/proto";
import {
  REFUSED_MAX,
  ROAD_FACTS_MAX_BYTES,
  ROAD_WAITING_MAX,
  SOLVED_MAX,
  WAITING_MAX,
} from "./limits.ts";
import { type RecentCandidate, RecentCandidates } from "./recent_candidates.ts";

export interface Waiting {
  /** Of the facts as the gateway wrote them. */
  readonly id: string;
  /** As explorers show it. */
  readonly hash: string;
  readonly facts: BlockFacts;
  /** Of the share, for the block's dossier. */
  readonly receivedAtMs: bigint;
  readonly sinceMs: number;
  /** What was last said of it: the same is not said twice. */
  told: string;
  /** Somebody is at it. */
  busy: boolean;
  readonly recent: RecentCandidate;
}

export class Candidates {
  readonly recent = new RecentCandidates();
  /** Hashes that stand on block.solved. */
  readonly #solved = new Set<string>();
  /** Facts that can make no block. */
  readonly #refused = new Set<string>();
  readonly #waiting = new Map<string, Waiting>();

  /**
   * The candidate of a record of block.candidates; undefined where it is solved, refused or waiting already.
   *
   * @throws {Error} It cannot be read, or is not the header that its hash says.
   * @throws {RangeError} Too many wait: the spool will bring it again.
   */
  take({ value, loggedAtMs }: Message, nowMs: number): Waiting | undefined {
    return this.#take(fromBinary(BlockCandidateSchema, value), loggedAtMs, nowMs);
  }

  /**
   * The same for one that came by the second road, whose record is not read yet: its block has no T of its own.
   *
   * @throws {Error} As `take`, or its facts are larger than any are.
   * @throws {RangeError} Too many wait that came so.
   */
  given(candidate: BlockCandidate, nowMs: number): Waiting | undefined {
    return this.#take(candidate, 0, nowMs);
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

  #take(candidate: BlockCandidate, loggedAtMs: number, nowMs: number): Waiting | undefined {
    const { facts, receivedAtMs } = candidate;
    if (facts === undefined) throw new Error("it carries no facts");
    const bytes = toBinary(BlockFactsSchema, facts);
    const id = toHex(sha256(bytes));
    if (this.#refused.has(id)) return undefined;
    const known = this.#waiting.get(id);
    if (known !== undefined) {
      this.#logged(known, loggedAtMs);
      return undefined;
    }
    if (!equalBytes(headerHash(facts.header), facts.hash)) {
      throw new Error("its header has another hash");
    }
    const hash = displayHash(facts.hash as Hash);
    if (this.#solved.has(hash)) return undefined;
    if (loggedAtMs === 0) this.#checkRoad(bytes.length);
    if (this.#waiting.size >= WAITING_MAX) throw new RangeError(`${WAITING_MAX} wait already`);
    // T is the log time of the first record: the spool's repeats come later and change nothing.
    facts.foundAtMs = BigInt(loggedAtMs);
    const recent = this.recent.add({
      hash,
      facts,
      receivedAtMs: Number(receivedAtMs),
      takenAtMs: nowMs,
      bySecondRoad: loggedAtMs === 0,
      loggedAtMs,
    });
    const sinceMs = loggedAtMs === 0 ? nowMs : loggedAtMs;
    const told = "";
    const waiting = { id, hash, facts, receivedAtMs, sinceMs, told, busy: false, recent };
    this.#waiting.set(id, waiting);
    return waiting;
  }

  /** Whoever floods the second road leaves room to those that come from the log. */
  #checkRoad(size: number): void {
    if (size > ROAD_FACTS_MAX_BYTES) {
      throw new Error(`its facts have ${size} bytes, more than ${ROAD_FACTS_MAX_BYTES}`);
    }
    let count = 0;
    for (const { recent } of this.#waiting.values()) if (recent.loggedAtMs === 0) count++;
    if (count >= ROAD_WAITING_MAX) {
      throw new RangeError(`${ROAD_WAITING_MAX} wait already that are not read from the log yet`);
    }
  }

  /** Its record came after it: where its block is not on its way to the log yet, that has a T after all. */
  #logged({ facts, recent }: Waiting, loggedAtMs: number): void {
    if (loggedAtMs === 0 || recent.loggedAtMs !== 0) return;
    recent.loggedAtMs = loggedAtMs;
    if (facts.foundAtMs === 0n) facts.foundAtMs = BigInt(loggedAtMs);
  }
}

function remember(set: Set<string>, one: string, max: number): void {
  if (set.size >= max) set.delete(set.values().next().value!);
  set.add(one);
}
