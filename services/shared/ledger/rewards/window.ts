/**
 * The window that a block is split over: closed slices counted back from the minute of T until Σ work / W(nbits) reaches
 * X ("unit PPLNS": each share is held against the difficulty of its own time).
 *
 * @module
 */
import { type Fraction, type MinuteTotal, ONE } from "./types.ts";
import { greatestCommonDivisor, Units } from "./units.ts";

export interface WindowTotal {
  readonly nbits: number;
  /** Work of all accounts in the slices that count whole. */
  readonly whole: bigint;
  /** Work of all accounts in the straddling slice, all of it. */
  readonly edge: bigint;
}

export interface Window {
  /** First minute of the straddling slice, which is the oldest that counts; `untilMinute` where nothing counts. */
  readonly fromMinute: number;
  /** How many minutes the straddling slice lasts: 1 or 60; 0 where nothing counts. */
  readonly edgeMinutes: number;
  /** The minute of T: only what is before it counts. */
  readonly untilMinute: number;
  /** How much of the straddling slice counts, the same for all its accounts. Above 0. */
  readonly fraction: Fraction;
  /** Whether X was reached. A young pool's window is all it has. */
  readonly full: boolean;
  /** By nBits ascending; none where nobody worked. */
  readonly totals: readonly WindowTotal[];
}

/** How far back a block's split goes, over closed slices of its own scheme. */
export interface Reach {
  /** The minute of T: slices before it. */
  readonly untilMinute: number;
  /** Until so many thousandths of a unit are reached; or to the beginning of a minute, null: as far as there is work. */
  readonly back: { readonly thousandths: bigint } | { readonly toMinute: number | null };
}

/**
 * The window of X units before a minute.
 *
 * @param newestFirst As {@link findReach}.
 * @param thousandths X, in thousandths of a unit; above 0.
 */
export function findWindow(
  newestFirst: Iterable<MinuteTotal>,
  thousandths: bigint,
  untilMinute: number,
): Window {
  return findReach(newestFirst, { untilMinute, back: { thousandths } });
}

/**
 * Counts back as far as told. Reads no further than it must: `newestFirst` may be lazy.
 *
 * @param newestFirst Slices of one scheme, the newest first, none reaching past `untilMinute`, none overlapping another.
 * @throws {RangeError} The slices are not in that order, or X is not above 0.
 */
export function findReach(newestFirst: Iterable<MinuteTotal>, reach: Reach): Window {
  const search = new ReachSearch(reach);
  for (const total of newestFirst) if (search.add(total)) break;
  return search.window();
}

/** {@link findReach} for who gets the slices page by page. */
export class ReachSearch {
  readonly #reach: Reach;
  readonly #units = new Units();
  /** Work by nBits in the slices taken whole, and in the one being read; and both as parts of `#units.one`. */
  readonly #whole = new Map<number, bigint>();
  #slice = new Map<number, bigint>();
  #haveUnits = 0n;
  #sliceUnits = 0n;
  #minute: number;
  #span = 0;
  #found: Window | undefined;

  /** @throws {RangeError} X is not above 0. */
  constructor(reach: Reach) {
    if ("thousandths" in reach.back && reach.back.thousandths <= 0n) {
      throw new RangeError(`Cannot use a window of ${reach.back.thousandths} thousandths`);
    }
    this.#reach = reach;
    this.#minute = reach.untilMinute;
  }

  /**
   * @returns Whether the end is reached: nothing more is looked at.
   * @throws {RangeError} Out of order, see {@link findReach}.
   */
  add({ minute, span = 1, nbits, work }: MinuteTotal): boolean {
    if (this.#found !== undefined) return true;
    if (work <= 0n) return false;
    if (this.#span === 0 || minute !== this.#minute) {
      if (minute + span > this.#minute) {
        throw new RangeError(
          `Cannot count back: the slice of minute ${minute} comes after minute ${this.#minute}`,
        );
      }
      if (this.#fills() || this.#isBefore(minute + span)) {
        this.#found = this.window();
        return true;
      }
      this.#takeWhole();
      this.#minute = minute;
      this.#span = span;
    }
    const growth = this.#units.know(nbits);
    if (growth !== 1n) {
      this.#haveUnits *= growth;
      this.#sliceUnits *= growth;
    }
    addTo(this.#slice, nbits, work);
    this.#sliceUnits += work * this.#units.factor(nbits);
    return false;
  }

  /** The window that all that was added makes. */
  window(): Window {
    if (this.#found !== undefined) return this.#found;
    const filled = this.#fills();
    return {
      fromMinute: this.#minute,
      edgeMinutes: this.#span,
      untilMinute: this.#reach.untilMinute,
      fraction: filled ?? ONE,
      full: filled !== null || !("thousandths" in this.#reach.back),
      totals: totalsOf(this.#whole, this.#slice),
    };
  }

  /** How much of the slice being read, now complete, counts as the last; null: all of it, and what is older too. */
  #fills(): Fraction | null {
    const { back } = this.#reach;
    if (!("thousandths" in back)) {
      // An hour that the round began in, where its minutes are no longer kept: by time.
      const cut = back.toMinute === null ? 0 : back.toMinute - this.#minute;
      return cut > 0 && this.#span > 0
        ? reduced(BigInt(this.#span - cut), BigInt(this.#span))
        : null;
    }
    const missing = back.thousandths * this.#units.one - 1000n * this.#haveUnits;
    const more = 1000n * this.#sliceUnits;
    return more < missing ? null : reduced(missing, more);
  }

  /** Whether a slice that ends there is before all that counts. */
  #isBefore(endMinute: number): boolean {
    const { back } = this.#reach;
    return "toMinute" in back && back.toMinute !== null && endMinute <= back.toMinute;
  }

  #takeWhole(): void {
    for (const [nbits, work] of this.#slice) addTo(this.#whole, nbits, work);
    this.#haveUnits += this.#sliceUnits;
    this.#slice = new Map();
    this.#sliceUnits = 0n;
  }
}

/** By nBits ascending. */
export function totalsOf(
  whole: ReadonlyMap<number, bigint>,
  edge: ReadonlyMap<number, bigint>,
): WindowTotal[] {
  return [...new Set([...whole.keys(), ...edge.keys()])].sort((a, b) => a - b)
    .map((nbits) => ({ nbits, whole: whole.get(nbits) ?? 0n, edge: edge.get(nbits) ?? 0n }));
}

function reduced(numerator: bigint, denominator: bigint): Fraction {
  const divisor = greatestCommonDivisor(numerator, denominator);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

/** Adds to a sum of a map of sums. */
export function addTo<K>(sums: Map<K, bigint>, key: K, more: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + more);
}
