/**
 * The reward splits that a job may pay by.
 *
 * @module
 */
import { fromBinary, type RewardSplit, RewardSplitSchema } from "@gopool/proto";
import type { Clock, Logger } from "@gopool/runtime";

/** The latest record of reward.split wins, as long as it has not expired. */
export class Splits {
  #latest: RewardSplit | undefined;
  /** The last one whose coinbases a node has approved. */
  #good: RewardSplit | undefined;

  constructor(
    private readonly pool: string,
    private readonly clock: Pick<Clock, "now">,
    private readonly log: Logger,
  ) {}

  /** Takes a record of the topic. One that cannot be read changes nothing: the one before it goes on. */
  take(value: Uint8Array): void {
    let split: RewardSplit;
    try {
      split = fromBinary(RewardSplitSchema, value);
    } catch (error) {
      this.log.error("a reward split cannot be read: the one before it goes on", { error });
      return;
    }
    if (split.pool === this.pool) this.#latest = split;
  }

  /** The latest, while it is fresh. */
  latest(): RewardSplit | undefined {
    return this.#isFresh(this.#latest) ? this.#latest : undefined;
  }

  /** What to pay by, best first: the latest, then the last approved one. None without a fresh latest. */
  usable(): RewardSplit[] {
    const latest = this.latest();
    if (latest === undefined) return [];
    const good = this.#good;
    return good === undefined || good === latest || !this.#isFresh(good)
      ? [latest]
      : [latest, good];
  }

  /** A job has been made by it. */
  approve(split: RewardSplit): void {
    this.#good = split;
  }

  #isFresh(split: RewardSplit | undefined): boolean {
    return split !== undefined && split.expiresAtMs > this.clock.now();
  }
}
