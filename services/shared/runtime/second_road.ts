/**
 * The block's second road: what the bus has not confirmed in time is also given to the next service by a call, again
 * and again until the bus has it. The log stays the record; this only saves the time that a bus is away.
 *
 * @module
 */
import type { Clock } from "./clock.ts";
import type { Logger } from "./log.ts";

/** How long the bus is waited for: it confirms in some 10 ms, and a block that waits may be orphaned by each second. */
export const SECOND_ROAD_AFTER_MS = 250;

/** Before those that have not taken it are asked again. */
const TRY_AGAIN_MS = 500;

/** Before those that have taken it are given it again: one that was started anew meanwhile knows nothing of it. */
const GIVE_AGAIN_MS = 5_000;

/** Given at once: a test network may have a block with every share, and each is given with up to 4 MB. */
const GIVING_MAX = 32;

/** What became of one attempt to give something to one receiver. */
export interface Given {
  /** Who was to take it: host:port, or a name. */
  readonly to: string;
  /** Null: it is in their hands. Else why not, in a sentence. */
  readonly trouble: string | null;
}

/**
 * A way to the next service beside the bus. One attempt to each receiver, all at once; ends within some seconds and
 * never rejects. Giving again what a receiver has is safe.
 */
export interface Road<T> {
  give(what: T, signal: AbortSignal): Promise<readonly Given[]>;
}

export interface SecondRoadDeps<T> {
  /** Null: there is none, and nothing is done here. */
  readonly road: Road<T> | null;
  readonly clock: Clock;
  readonly log: Logger;
  /** For the log: "candidate", "block". */
  readonly noun: string;
}

interface Way {
  readonly stop: AbortController;
  readonly hurry: () => void;
  readonly done: Promise<void>;
}

/** Watches over publishes that must not wait for a bus that is away. */
export class SecondRoad<T> {
  readonly #ways = new Map<string, Way>();
  #giving = 0;
  #taken = 0;

  constructor(private readonly deps: SecondRoadDeps<T>) {}

  /** How many have been in the hands of a receiver before the bus confirmed them. */
  get taken(): number {
    return this.#taken;
  }

  /** Waiting for the bus now. */
  get open(): number {
    return this.#ways.size;
  }

  /**
   * Gives `what` by the second road once `publishing` has not resolved in SECOND_ROAD_AFTER_MS, or has rejected, until
   * one of this id's publishes resolves or `end` is called. Whoever publishes handles the rejection.
   *
   * @param id One way for each, however often it is published.
   */
  watch(id: string, what: () => T, publishing: Promise<unknown>): void {
    const { road } = this.deps;
    if (road === null) return;
    const going = this.#ways.get(id);
    const way = going && !going.stop.signal.aborted ? going : this.#begin(id, what, road);
    publishing.then(() => way.stop.abort(), () => way.hurry());
  }

  /** It need not go on: its end is known. */
  end(id: string): void {
    this.#ways.get(id)?.stop.abort();
  }

  /** Ends all, and resolves when they have. */
  async close(): Promise<void> {
    for (const { stop } of this.#ways.values()) stop.abort();
    await Promise.all([...this.#ways.values()].map(({ done }) => done));
  }

  #begin(id: string, what: () => T, road: Road<T>): Way {
    const stop = new AbortController();
    const failed = Promise.withResolvers<void>();
    const done = this.#go(id, what, road, failed.promise, stop.signal).finally(() => {
      if (this.#ways.get(id) === way) this.#ways.delete(id);
    });
    const way: Way = { stop, hurry: failed.resolve, done };
    this.#ways.set(id, way);
    return way;
  }

  /** Never rejects: the bus's own way goes on whatever happens here. */
  async #go(
    id: string,
    what: () => T,
    road: Road<T>,
    failed: Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, log, noun } = this.deps;
    await Promise.race([clock.sleep(SECOND_ROAD_AFTER_MS, signal), failed]);
    // Where this process itself stood still, the bus's word is here and only not heard yet.
    await clock.sleep(0, signal);
    if (signal.aborted) return;
    const sinceMs = clock.monotonic();
    log.warn(`the bus has not confirmed a ${noun}: it goes by the second road`, { hash: id });
    let told = "";
    let hasIt = false;
    while (!signal.aborted) {
      const answers = await this.#give(what, road, signal);
      if (signal.aborted) break;
      const troubles = answers.filter(({ trouble }) => trouble !== null);
      if (troubles.length < answers.length && !hasIt) {
        hasIt = true;
        this.#taken++;
        const to = answers.filter(({ trouble }) => trouble === null).map(({ to }) => to);
        const tookMs = Math.round(clock.monotonic() - sinceMs);
        log.info(`a ${noun} went by the second road`, { hash: id, to: to.join(", "), tookMs });
      }
      const words = troubles.map(({ to, trouble }) => `${to}: ${trouble}`).join("; ");
      if (words !== told && words !== "") {
        log.warn(`a ${noun} was not taken on the second road`, { hash: id, why: words });
      }
      told = words;
      const isWithAll = answers.length > 0 && troubles.length === 0;
      await clock.sleep(isWithAll ? GIVE_AGAIN_MS : TRY_AGAIN_MS, signal);
    }
    const waitedMs = Math.round(clock.monotonic() - sinceMs) + SECOND_ROAD_AFTER_MS;
    log.info(`a ${noun} needs the second road no longer`, { hash: id, waitedMs });
  }

  async #give(
    what: () => T,
    road: Road<T>,
    signal: AbortSignal,
  ): Promise<readonly Given[]> {
    if (this.#giving >= GIVING_MAX) return [];
    this.#giving++;
    try {
      return await road.give(what(), signal);
    } catch (error) {
      return [{ to: "the road", trouble: (error as Error).message }];
    } finally {
      this.#giving--;
    }
  }
}
