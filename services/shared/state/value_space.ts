/** Values of one gateway prefix: the two low bytes of an extranonce1. */
export const VALUES = 0x1_0000;

/** Values taken from the store at a time: one write for a thousand sessions. */
export const BLOCK = 1_024;

/** The right to one value; only its latest holder can give it back. */
interface Holding {
  readonly session: string;
}

/**
 * The values of one prefix: which are in use, and when each may be given to another session.
 *
 * Values are counted on without end (`start` ≤ `next` ≤ `taken`) and used modulo 2^16. `taken` is the
 * high-water mark that the store knows: what lies below it may have been given, by this process or by one
 * before it; what lies above was never given, or long enough ago. A value is given to another session only
 * `restMs` after it was given back: work made with it may live that long.
 *
 * Pure: time comes in with every call, monotonic milliseconds.
 */
export class ValueSpace {
  #next: number;
  #taken: number;
  readonly #restMs: number;
  /** Per value, when it may be given to anybody: Infinity while in use. */
  readonly #readyMs = new Float64Array(VALUES).fill(-Infinity);
  /** Latest holder of each value that this process has given. */
  readonly #holdings = new Map<number, Holding>();
  /** Values that a process before this one may have given: their sessions may come back for them. */
  readonly #inherited: Uint8Array = new Uint8Array(VALUES);

  /**
   * @param start First count ever given under this prefix.
   * @param taken The store's high-water mark: counts below may have been given before this process.
   * @param inheritedUntilMs When those may be given to others.
   */
  constructor(options: { start: number; taken: number; restMs: number; inheritedUntilMs: number }) {
    const { start, taken, restMs, inheritedUntilMs } = options;
    this.#restMs = restMs;
    this.#next = taken;
    this.#taken = taken;
    for (let count = Math.max(start, taken - VALUES); count < taken; count++) {
      this.#readyMs[count % VALUES] = inheritedUntilMs;
      this.#inherited[count % VALUES] = 1;
    }
  }

  /** The high-water mark that this process has reached. */
  get taken(): number {
    return this.#taken;
  }

  /** Values that may still be tried before the store is needed again. */
  get ahead(): number {
    return this.#taken - this.#next;
  }

  /** Sessions that hold a value now. */
  get inUse(): number {
    let count = 0;
    for (const readyMs of this.#readyMs) if (readyMs === Infinity) count++;
    return count;
  }

  /**
   * The mark to write to the store next: the end of the first block from here on that has a value to give;
   * null when every value is in use or at rest.
   */
  wanted(nowMs: number): number | null {
    for (let count = this.#taken; count < this.#taken + VALUES; count++) {
      if (this.#readyMs[count % VALUES]! <= nowMs) {
        return count - count % BLOCK + BLOCK;
      }
    }
    return null;
  }

  /** The store has this mark now, written by this process; values up to it may be given. */
  grew(taken: number): void {
    this.#taken = Math.max(this.#taken, taken);
  }

  /** A value for a session; null when the block is used up (then ask `wanted`). */
  give(
    session: string,
    nowMs: number,
  ): { value: number; giveBack: (nowMs: number) => void } | null {
    while (this.#next < this.#taken) {
      const value = this.#next++ % VALUES;
      if (this.#readyMs[value]! <= nowMs) return this.#hold(value, session);
    }
    return null;
  }

  /**
   * Gives a session the value that it had. Null where another has it or may have mined with it since. A value
   * that the session still holds (its old connection is not known to be dead) passes to the new holding.
   */
  reclaim(
    session: string,
    value: number,
  ): { value: number; giveBack: (nowMs: number) => void } | null {
    const holding = this.#holdings.get(value);
    const may = holding === undefined ? this.#inherited[value] === 1 : holding.session === session;
    return may ? this.#hold(value, session) : null;
  }

  #hold(value: number, session: string) {
    const holding: Holding = { session };
    this.#holdings.set(value, holding);
    this.#readyMs[value] = Infinity;
    return {
      value,
      giveBack: (nowMs: number) => {
        if (this.#holdings.get(value) !== holding) return;
        // Giving back twice must not prolong the rest, nor take the value from a later use.
        if (this.#readyMs[value] === Infinity) this.#readyMs[value] = nowMs + this.#restMs;
      },
    };
  }
}
