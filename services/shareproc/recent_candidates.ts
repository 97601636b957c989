/**
 * What became of the last candidates that came here, for people who ask. Nothing is decided by it.
 *
 * @module
 */
import type { BlockFacts } from "@gopool/proto";
import { RECENT_MAX } from "./limits.ts";

export type CandidateState = "waiting" | "built" | "solved" | "refused" | "given-up";

/** One candidate. Times are ms since the Unix epoch, 0 where it did not happen (yet). */
export interface RecentCandidate {
  /** As explorers show it. */
  readonly hash: string;
  readonly facts: BlockFacts;
  /** Gateway's clock. */
  readonly receivedAtMs: number;
  readonly takenAtMs: number;
  readonly bySecondRoad: boolean;
  loggedAtMs: number;
  state: CandidateState;
  /** What it waits for, or why it makes no block. */
  detail: string;
  builtAtMs: number;
  solvedAtMs: number;
  /** Of its block; 0 before it is built. */
  bytes: number;
  /** Rises with each that comes: where a page ends. */
  readonly number: number;
}

/** The last RECENT_MAX of them; one that is dropped here is not dropped from its way. */
export class RecentCandidates {
  readonly #all: RecentCandidate[] = [];
  #number = 0;

  add(
    one: Pick<
      RecentCandidate,
      "hash" | "facts" | "receivedAtMs" | "takenAtMs" | "bySecondRoad" | "loggedAtMs"
    >,
  ): RecentCandidate {
    const recent: RecentCandidate = {
      ...one,
      state: "waiting",
      detail: "",
      builtAtMs: 0,
      solvedAtMs: 0,
      bytes: 0,
      number: ++this.#number,
    };
    if (this.#all.length >= RECENT_MAX) this.#all.shift();
    this.#all.push(recent);
    return recent;
  }

  /** The newest first, of those before `number`. */
  before(number: number, count: number): RecentCandidate[] {
    return this.#all.filter((one) => one.number < number).reverse().slice(0, count);
  }
}
