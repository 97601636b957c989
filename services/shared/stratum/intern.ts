/**
 * Strings for byte ranges that come again and again: a miner sends the same worker name and one of a few job
 * ids on every line. A fixed table, newest wins its slot, so it never grows and a flood of made-up names
 * costs only misses.
 */
export class Interner {
  readonly #mask: number;
  readonly #strings: string[];

  /** @param slots A power of two. */
  constructor(slots: number) {
    if (slots < 1 || (slots & (slots - 1)) !== 0) {
      throw new RangeError(`Cannot make a table of ${slots} slots: must be a power of two`);
    }
    this.#mask = slots - 1;
    this.#strings = new Array<string>(slots).fill("");
  }

  /**
   * The ASCII bytes [start, end) as a string.
   *
   * @param hash Any 32-bit hash of these bytes; equal bytes must come with equal hashes to be found again.
   */
  get(buf: Uint8Array, start: number, end: number, hash: number): string {
    const slot = (hash ^ (hash >>> 15)) & this.#mask;
    const known = this.#strings[slot]!;
    if (known.length === end - start) {
      let i = start, k = 0;
      while (i < end && known.charCodeAt(k) === buf[i]) i++, k++;
      if (i === end) return known;
    }
    // From all bytes at once: adding piece by piece would leave a rope, slow to compare later.
    const text = String.fromCharCode(...buf.subarray(start, end));
    this.#strings[slot] = text;
    return text;
  }
}
