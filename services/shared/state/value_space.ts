/** Values of one gateway prefix: the two low bytes of an extranonce1. */
export const VALUES = 0x1_0000;

/** Values taken from the store at a time: one write for a thousand sessions. */
export const BLOCK = 1_024;

const BLOCKS = VALUES / BLOCK;

/** Blocks of a prefix as a mark in its record: 16 hex digits, a bit for each block. */
export const ALL_BLOCKS = "f".repeat(BLOCKS / 4);
export const NO_BLOCKS = "0".repeat(BLOCKS / 4);

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
   * @param busy Which of those were not free when the mark was written (`busyBlocks`).
   * @param inheritedUntilMs When those may be given to others.
   */
  constructor(options: {
    start: number;
    taken: number;
    busy?: string;
    restMs: number;
    inheritedUntilMs: number;
  }) {
    const { start, taken, busy = ALL_BLOCKS, restMs, inheritedUntilMs } = options;
    this.#restMs = restMs;
    this.#next = taken;
    this.#taken = taken;
    const blocks = BigInt(`0x${busy}`);
    for (let count = Math.max(start, taken - VALUES); count < taken; count++) {
      if ((blocks >> BigInt(blockOf(count)) & 1n) === 0n) continue;
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

  /**
   * Blocks that have a value in use, at rest, or to be given before the store is written to again. The others are free,
   * and stay so until a mark past them is written: a process that comes after this one need not let them rest.
   *
   * @param taken The mark that they are written with.
   */
  busyBlocks(nowMs: number, taken: number): string {
    let blocks = 0n;
    for (let block = 0; block < BLOCKS; block++) {
      const values = this.#readyMs.subarray(block * BLOCK, (block + 1) * BLOCK);
      if (values.some((readyMs) => readyMs > nowMs)) blocks |= 1n << BigInt(block);
    }
    // Steps of a block's length from any place touch every block of a stretch but the last.
    for (let count = this.#next; count < taken; count += BLOCK) {
      blocks |= 1n << BigInt(blockOf(count)) | 1n << BigInt(blockOf(taken - 1));
    }
    return blocks.toString(16).padStart(BLOCKS / 4, "0");
  }

  /** Whether any value may be given, with the store's help or without. */
  hasMore(nowMs: number): boolean {
    return this.ahead > 0 || this.wanted(nowMs) !== null;
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
   * Gives a session the value that it had. Null where another has it or may have mined with it since, or where it has
   * rested to the end. A value that the session still holds (its old connection is not known to be dead) passes to the
   * new holding.
   */
  reclaim(
    session: string,
    value: number,
    nowMs: number,
  ): { value: number; giveBack: (nowMs: number) => void } | null {
    if (this.#readyMs[value]! <= nowMs) return null;
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

function blockOf(count: number): number {
  return Math.floor(count % VALUES / BLOCK);
}
