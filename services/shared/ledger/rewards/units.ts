import { targetFromBits, workOfTarget } from "@gopool/chain";

/** Work that a block needs at these nBits: one unit. */
export function unitWork(nbits: number): bigint {
  return workOfTarget(targetFromBits(nbits));
}

/**
 * Units of work at several nBits over one common denominator, so that they can be added exactly: `work` at some nBits is
 * work / W(nbits) units, which is `work * factor(nbits)` of `one`.
 */
export class Units {
  /** How many make one unit: the least common multiple of W(nbits) of all nBits known. */
  one = 1n;
  readonly #factors = new Map<number, bigint>();

  constructor(bits: Iterable<number> = []) {
    for (const nbits of bits) this.know(nbits);
  }

  /** Takes in an nBits. @returns What all that was counted so far must be multiplied by; mostly 1. */
  know(nbits: number): bigint {
    if (this.#factors.has(nbits)) return 1n;
    const work = unitWork(nbits);
    const growth = work / greatestCommonDivisor(this.one, work);
    if (growth !== 1n) {
      this.one *= growth;
      for (const [known, factor] of this.#factors) this.#factors.set(known, factor * growth);
    }
    this.#factors.set(nbits, this.one / work);
    return growth;
  }

  /** @throws {RangeError} nBits that it was not told of. */
  factor(nbits: number): bigint {
    const factor = this.#factors.get(nbits);
    if (factor === undefined) {
      throw new RangeError(`nBits ${nbits.toString(16)} are not known here`);
    }
    return factor;
  }
}

/** Of two numbers not negative; that of 0 and n is n. */
export function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}
