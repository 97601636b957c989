import { type Level, TALLY_KEYS_MAX } from "./port.ts";

interface Told {
  readonly level: number;
  readonly endsMs: number;
}

/** Levels of members by key, inside one process. */
export class MemoryTally {
  readonly #clock: { monotonic(): number };
  readonly #keys = new Map<string, Map<string, Told>>();

  constructor(clock: { monotonic(): number }) {
    this.#clock = clock;
  }

  /** Sets what a member has of each key; gives the sums over all members. */
  tell(member: string, levels: readonly Level[], ttlMs: number): number[] {
    checkTally(levels, ttlMs);
    const nowMs = this.#clock.monotonic();
    return levels.map(({ key, level }) => {
      const members = this.#keys.get(key) ?? new Map<string, Told>();
      if (level > 0) members.set(member, { level, endsMs: nowMs + ttlMs });
      else members.delete(member);
      let sum = 0;
      for (const [name, told] of members) {
        if (told.endsMs > nowMs) sum += told.level;
        else members.delete(name);
      }
      if (members.size > 0) this.#keys.set(key, members);
      else this.#keys.delete(key);
      return sum;
    });
  }

  clear(): void {
    this.#keys.clear();
  }
}

/** @throws {RangeError} Where the call is not as the port says. */
export function checkTally(levels: readonly Level[], ttlMs: number): void {
  if (!(ttlMs > 0)) throw new RangeError(`Cannot keep anything for ${ttlMs} ms`);
  if (levels.length > TALLY_KEYS_MAX) {
    throw new RangeError(`Cannot tally ${levels.length} keys at once: at most ${TALLY_KEYS_MAX}`);
  }
  if (new Set(levels.map(({ key }) => key)).size < levels.length) {
    throw new RangeError("Cannot tally a key twice in one call");
  }
  for (const { key, level } of levels) {
    if (!Number.isSafeInteger(level) || level < 0) {
      throw new RangeError(`Cannot tally ${level} of ${key}: not a whole number from 0`);
    }
  }
}
