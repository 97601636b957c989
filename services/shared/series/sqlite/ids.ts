/**
 * Collections by the numbers that names have in the file. Those are given one after another from 1 on, so that an array
 * is smaller than a map: 1 bit, or 8 bytes, for each name that the file knows, however many are seen.
 *
 * @module
 */

/** A set of numbers. */
export class Ids {
  #bits = new Uint8Array(1_024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(id: number): void {
    const at = Math.floor(id / 8);
    if (at >= this.#bits.length) {
      const wider = new Uint8Array(Math.max(at + 1, 2 * this.#bits.length));
      wider.set(this.#bits);
      this.#bits = wider;
    }
    const bit = 1 << (id % 8);
    if ((this.#bits[at]! & bit) !== 0) return;
    this.#bits[at]! |= bit;
    this.#size += 1;
  }
}

/** A sum for each number. */
export class SumsById {
  #sums = new Float64Array(1_024);

  add(id: number, value: number): void {
    if (id >= this.#sums.length) {
      const wider = new Float64Array(Math.max(id + 1, 2 * this.#sums.length));
      wider.set(this.#sums);
      this.#sums = wider;
    }
    this.#sums[id]! += value;
  }

  /** By number: 0 where nothing was added. */
  get all(): Float64Array {
    return this.#sums;
  }
}

/** The first ones of many by some order: no more than twice as many as are wanted are kept. */
export class First<T> {
  #kept: T[] = [];
  /** All before this one are enough. */
  #last: T | null = null;

  constructor(readonly limit: number, readonly order: (a: T, b: T) => number) {}

  add(one: T): void {
    if (this.#last !== null && this.order(this.#last, one) < 0) return;
    this.#kept.push(one);
    if (this.#kept.length >= 2 * this.limit) this.#cut();
  }

  inOrder(): readonly T[] {
    this.#cut();
    return this.#kept;
  }

  #cut(): void {
    this.#kept.sort(this.order);
    this.#kept.length = Math.min(this.#kept.length, this.limit);
    if (this.#kept.length === this.limit) this.#last = this.#kept.at(-1)!;
  }
}
