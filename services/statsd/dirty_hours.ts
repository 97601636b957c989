/**
 * Hours that were rolled up before all their minutes were written: they have to be again, and the position stays before
 * them until they are.
 *
 * @module
 */

/** An hour that has to be rolled up again. Each mark is another object. */
export interface DirtyHour {
  /** Of the first record of it that was written late. */
  readonly firstOffset: number;
}

export class DirtyHours {
  readonly #hours = new Map<number, DirtyHour>();

  /** When they begin. */
  get all(): readonly number[] {
    return [...this.#hours.keys()];
  }

  /** The least offset of them all; Infinity: there is none. */
  get leastOffset(): number {
    let least = Infinity;
    for (const { firstOffset } of this.#hours.values()) least = Math.min(least, firstOffset);
    return least;
  }

  mark(hourMs: number, firstOffset: number): void {
    const least = Math.min(firstOffset, this.#hours.get(hourMs)?.firstOffset ?? Infinity);
    this.#hours.set(hourMs, { firstOffset: least });
  }

  /** Tells whether the hour was marked again since. */
  markOf(hourMs: number): DirtyHour | undefined {
    return this.#hours.get(hourMs);
  }

  /** The hour is rolled up again, with everything that was written when it had this mark. */
  cleaned(hourMs: number, mark: DirtyHour | undefined): void {
    if (this.#hours.get(hourMs) === mark) this.#hours.delete(hourMs);
  }
}
