/** Bytes that may stand in a JSON string as they are and mean themselves: printable ASCII but `"` and `\`. */
export const PLAIN: Uint8Array = new Uint8Array(256).fill(1, 0x20, 0x7f);
PLAIN[0x22] = 0;
PLAIN[0x5c] = 0;

interface Entry {
  readonly bytes: Uint8Array;
  readonly text: string;
}

const NOTHING: Entry = { bytes: new Uint8Array(0), text: "" };

/**
 * Strings for byte ranges that come again and again: a miner sends the same worker name and one of a few job
 * ids on every line. A fixed table, newest wins its slot, so it never grows and a flood of made-up names
 * costs only misses.
 */
export class Interner {
  readonly #mask: number;
  readonly #entries: Entry[];

  /** @param slots A power of two. */
  constructor(slots: number) {
    if (slots < 1 || (slots & (slots - 1)) !== 0) {
      throw new RangeError(`Cannot make a table of ${slots} slots: must be a power of two`);
    }
    this.#mask = slots - 1;
    this.#entries = new Array<Entry>(slots).fill(NOTHING);
  }

  /**
   * The bytes [start, end), at most a few hundred, as a string.
   *
   * @returns undefined if a byte is not printable ASCII, or is one that JSON would escape.
   */
  get(buf: Uint8Array, start: number, end: number): string | undefined {
    const slot = hashOf(buf, start, end) & this.#mask;
    const { bytes, text } = this.#entries[slot]!;
    if (bytes.length === end - start) {
      let k = 0;
      while (k < bytes.length && bytes[k] === buf[start + k]) k++;
      // Equal to bytes that were checked when they came in: nothing more to check.
      if (k === bytes.length) return text;
    }
    // A copy by constructor: slice() of a node Buffer would be a window on memory that is soon another line's.
    return this.#enter(slot, new Uint8Array(buf.subarray(start, end)));
  }

  #enter(slot: number, bytes: Uint8Array): string | undefined {
    for (let i = 0; i < bytes.length; i++) if (PLAIN[bytes[i]!] === 0) return undefined;
    const text = String.fromCharCode(...bytes);
    this.#entries[slot] = { bytes, text };
    return text;
  }
}

/**
 * Looks at the last 8 bytes, where workers of one account differ, and at every fourth before them, where
 * accounts do. Names that are equal there share a slot and take turns in it.
 */
function hashOf(buf: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  let i = end - 1;
  for (const near = Math.max(start, end - 8); i >= near; i--) {
    hash = Math.imul(hash, 31) + buf[i]! | 0;
  }
  for (; i >= start; i -= 4) hash = Math.imul(hash, 31) + buf[i]! | 0;
  hash = Math.imul(hash, 0x9e3779b1);
  return hash ^ (hash >>> 15);
}
