/**
 * Bounds that hold over all members of the pool together: connections from one network address, whichever
 * gateway they come to. Each member counts by itself, exactly and at once; about once a second it tells the
 * store its levels and hears what the others have. So a flood costs the store one call a second for each
 * member, and nobody waits for the store to be let in.
 *
 * @module
 */
import { type Level, type State, StateUnavailable, TALLY_KEYS_MAX } from "./port.ts";

/** How often a member says what it has. Within that time others do not know of what it let in. */
export const TALLY_EVERY_MS = 1_000;

/**
 * A killed member's levels are out of the sum after this: its miners come to the others at once and must not be
 * counted twice for long. A living one's stay through four reports that fail.
 */
export const TALLY_TTL_MS = 5_000;

/** The part of the port that this needs. */
export type TallyStore = Pick<State, "tally">;

export interface SharedLevelsDeps {
  readonly state: TallyStore;
  readonly clock: {
    monotonic(): number;
    sleep(ms: number, signal?: AbortSignal): Promise<void>;
  };
  /** Stays the same over restarts: a new process's levels replace those of the one before it. */
  readonly member: string;
  /** What this member has now, where it is worth telling: see `others` for what is not. Keys all different. */
  readonly levels: () => Iterable<Level>;
  /** Told when the store cannot be reached, and when all is well again (null). */
  readonly onTrouble?: (why: string | null) => void;
}

interface Told {
  readonly level: number;
  readonly others: number;
  readonly atMs: number;
}

export class SharedLevels {
  readonly #deps: SharedLevelsDeps;
  /** By key, told longest ago first. */
  readonly #told = new Map<string, Told>();
  #trouble: string | null = null;

  constructor(deps: SharedLevelsDeps) {
    this.#deps = deps;
  }

  /** What is wrong, as a sentence; null when all is well. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /**
   * What the other members had of this key when last asked; 0 where that is not known: while the store is away,
   * where this member has told no level of its own, or too long ago. It is behind by TALLY_EVERY_MS and a
   * round trip, and by what the others do not tell.
   */
  others(key: string): number {
    if (this.#trouble !== null) return 0;
    const told = this.#told.get(key);
    if (told === undefined) return 0;
    return this.#deps.clock.monotonic() - told.atMs <= TALLY_TTL_MS ? told.others : 0;
  }

  /** Tells and hears until `signal` aborts; then takes its levels back, as far as one call does. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    while (!signal.aborted) {
      await this.#report(this.#due());
      await clock.sleep(TALLY_EVERY_MS, signal);
    }
    await this.#report([...this.#told.keys()].slice(0, TALLY_KEYS_MAX).map(nothingOf));
  }

  /** What is new first, then what was told longest ago: with too many for one call each has its turn. */
  #due(): Level[] {
    const now = new Map<string, number>();
    for (const { key, level } of this.#deps.levels()) if (level > 0) now.set(key, level);
    const changed: Level[] = [];
    const same: Level[] = [];
    for (const [key, { level }] of this.#told) {
      const present = now.get(key) ?? 0;
      (present === level ? same : changed).push({ key, level: present });
    }
    for (const [key, level] of now) if (!this.#told.has(key)) changed.push({ key, level });
    return [...changed, ...same].slice(0, TALLY_KEYS_MAX);
  }

  async #report(levels: readonly Level[]): Promise<void> {
    // Also with nothing to tell: a store that is away is noticed, and seen to be back.
    const { state, clock, member } = this.#deps;
    const askedMs = clock.monotonic();
    let sums: readonly number[];
    try {
      sums = await state.tally(member, levels, TALLY_TTL_MS);
    } catch (error) {
      if (!(error instanceof StateUnavailable)) throw error;
      this.#say(error.message);
      return;
    }
    for (const [i, { key, level }] of levels.entries()) {
      this.#told.delete(key);
      const others = Math.max(0, sums[i]! - level);
      if (level > 0) this.#told.set(key, { level, others, atMs: askedMs });
    }
    this.#say(null);
  }

  #say(trouble: string | null): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#deps.onTrouble?.(trouble);
  }
}

function nothingOf(key: string): Level {
  return { key, level: 0 };
}
