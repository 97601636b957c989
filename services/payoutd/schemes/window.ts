/**
 * The window that a block is split over: closed slices counted back from the minute of T until Σ work / W(nbits) reaches
 * X ("unit PPLNS": each share is held against the difficulty of its own time).
 *
 * @module
 */
import { compareText } from "./split.ts";
import { type AccountWork, type Fraction, type MinuteTotal, ONE } from "./types.ts";
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

/** The accounts' work and the window's totals tell different things: they were not read at one moment, or a sum is wrong. */
export class WindowMismatch extends Error {
  override name = "WindowMismatch";
}

/**
 * Counts back until the window is full. Reads no further than it must: `newestFirst` may be lazy.
 *
 * @param newestFirst Slices of one scheme, the newest first, none reaching past `untilMinute`, none overlapping another.
 * @param thousandths X, in thousandths of a unit; above 0.
 * @throws {RangeError} The slices are not in that order, or X is not above 0.
 */
export function findWindow(
  newestFirst: Iterable<MinuteTotal>,
  thousandths: bigint,
  untilMinute: number,
): Window {
  const search = new WindowSearch(thousandths, untilMinute);
  for (const total of newestFirst) if (search.add(total)) break;
  return search.window();
}

/** {@link findWindow} for who gets the slices page by page. */
export class WindowSearch {
  readonly #thousandths: bigint;
  readonly #untilMinute: number;
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
  constructor(thousandths: bigint, untilMinute: number) {
    if (thousandths <= 0n) {
      throw new RangeError(`Cannot use a window of ${thousandths} thousandths`);
    }
    this.#thousandths = thousandths;
    this.#untilMinute = untilMinute;
    this.#minute = untilMinute;
  }

  /**
   * @returns Whether the window is full: nothing more is looked at.
   * @throws {RangeError} Out of order, see {@link findWindow}.
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
      if (this.#fill()) return true;
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
    return this.#fill() ? this.#found! : this.#make(ONE, false);
  }

  /** Whether the slice being read, now complete, fills the window. */
  #fill(): boolean {
    if (this.#found !== undefined) return true;
    const missing = this.#thousandths * this.#units.one - 1000n * this.#haveUnits;
    const more = 1000n * this.#sliceUnits;
    if (more < missing) return false;
    this.#found = this.#make(reduced(missing, more), true);
    return true;
  }

  #takeWhole(): void {
    for (const [nbits, work] of this.#slice) addTo(this.#whole, nbits, work);
    this.#haveUnits += this.#sliceUnits;
    this.#slice = new Map();
    this.#sliceUnits = 0n;
  }

  #make(fraction: Fraction, full: boolean): Window {
    return {
      fromMinute: this.#minute,
      edgeMinutes: this.#span,
      untilMinute: this.#untilMinute,
      fraction,
      full,
      totals: totalsOf(this.#whole, this.#slice),
    };
  }
}

/**
 * What each account's work in a window weighs: whole numbers over one common denominator, which is the same for all.
 *
 * @param sums Work of every account in the window, each account and nBits once; in any order.
 * @returns By address ascending, without accounts that weigh nothing.
 * @throws {WindowMismatch} The sums do not add up to the window's totals.
 */
export function weightsOf(
  { fraction: { numerator, denominator }, totals }: Window,
  sums: readonly AccountWork[],
): { account: string; weight: bigint }[] {
  const whole = new Map<number, bigint>();
  const edge = new Map<number, bigint>();
  const units = new Units(totals.map(({ nbits }) => nbits));
  const weights = new Map<string, bigint>();
  for (const sum of sums) {
    if (sum.whole === 0n && sum.edge === 0n) continue;
    addTo(whole, sum.nbits, sum.whole);
    addTo(edge, sum.nbits, sum.edge);
    if (!totals.some(({ nbits }) => nbits === sum.nbits)) continue;
    const parts = (sum.whole * denominator + sum.edge * numerator) * units.factor(sum.nbits);
    addTo(weights, sum.account, parts);
  }
  const found = totalsOf(whole, edge);
  if (!sameTotals(found, totals)) {
    throw new WindowMismatch(
      `The accounts' work adds up to ${sayTotals(found)}, the window has ${sayTotals(totals)}`,
    );
  }
  return [...weights].filter(([, weight]) => weight !== 0n)
    .map(([account, weight]) => ({ account, weight }))
    .sort((a, b) => compareText(a.account, b.account));
}

function totalsOf(
  whole: ReadonlyMap<number, bigint>,
  edge: ReadonlyMap<number, bigint>,
): WindowTotal[] {
  return [...new Set([...whole.keys(), ...edge.keys()])].sort((a, b) => a - b)
    .map((nbits) => ({ nbits, whole: whole.get(nbits) ?? 0n, edge: edge.get(nbits) ?? 0n }));
}

function sameTotals(a: readonly WindowTotal[], b: readonly WindowTotal[]): boolean {
  return a.length === b.length && a.every((total, at) => {
    const other = b[at]!;
    return total.nbits === other.nbits && total.whole === other.whole && total.edge === other.edge;
  });
}

function sayTotals(totals: readonly WindowTotal[]): string {
  const said = totals.map(({ nbits, whole, edge }) => `${nbits.toString(16)}: ${whole} + ${edge}`);
  return said.length === 0 ? "nothing" : said.join(", ");
}

function reduced(numerator: bigint, denominator: bigint): Fraction {
  const divisor = greatestCommonDivisor(numerator, denominator);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

function addTo<K>(sums: Map<K, bigint>, key: K, more: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + more);
}
