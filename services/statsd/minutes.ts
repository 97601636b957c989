/**
 * The open minutes of one status and partition: which records count, where a reader would have to begin again to see all
 * that is not written for good, and what may be written now. Pure.
 *
 * Why every record counts once, and why no written minute is ever replaced by less than it was:
 *
 * - A minute's points are its whole, written over and over; nothing is ever added to what is written.
 * - Records come in the topic's order. One whose source offset is not above all before it was published again, and is
 *   passed. The judge never lets `logged_at_ms` fall within a partition; should it fall all the same, the record counts
 *   in the newest minute. So minutes come one after another, and one that another has followed is over.
 * - `keepFrom` is the offset of the first record of the oldest minute that is not written for good, and the newest one
 *   never is. A reader that begins there sees that minute and all later ones from their first record on, in the same
 *   order, and comes to the same totals, to the bit; of earlier minutes it writes nothing.
 * - The newest minute is written only once the reader is past everything that stood in the topic when it was given the
 *   partition (`catchUpTo`): whoever had it before cannot have counted more. Minutes that are over are whole anyway.
 *
 * @module
 */
import type { Status } from "@gopool/series";
import type { StatisticsShare } from "@gopool/shares";
import { DirtyHours } from "./dirty_hours.ts";
import { type Drops, noDrops } from "./drops.ts";
import { type Cell, MinuteFold, type NameBounds } from "./fold.ts";
import { HOUR_MS, MINUTE_MS, OPEN_MINUTES_MAX } from "./limits.ts";

/** Where a reader was told to begin. */
export interface Beginning {
  readonly offset: number;
  /** Where the topic ended then. */
  readonly catchUpTo: number;
  /**
   * What came before is gone, so the first minute cannot be seen whole: it is passed. Until then the position stays what
   * it was, out of the log, and a restart finds it so again.
   */
  readonly lost: { readonly keepFrom: number } | null;
  /** Minutes that another process may still be writing are kept for {@link PartitionMinutes.release}. */
  readonly hold: boolean;
}

/** Some of what a partition has to be written: `minute` as it is, or the cells of it that changed. */
export interface Taken {
  readonly minute: MinuteFold;
  readonly cells: readonly Cell[];
}

export class PartitionMinutes {
  /** Oldest first; the last one is the newest, and open. */
  readonly #minutes: MinuteFold[] = [];
  readonly dirty = new DirtyHours();
  readonly drops = noDrops();
  /** Records whose log time fell behind the newest minute: counted there. */
  late = 0;
  #next: number;
  #newestMs = -1;
  #logId = "";
  #highest = -1;
  /** While the first minute is passed: which it is, once a record has told. */
  #passing: number | null = null;
  #isPassing: boolean;
  /** How many of the first minutes are still kept for `release`. */
  #held: MinuteFold[] = [];
  #mayHold: boolean;
  #folded = 0;

  constructor(
    readonly status: Status,
    readonly partition: number,
    readonly beginning: Beginning,
    readonly bounds?: NameBounds,
  ) {
    this.#next = beginning.offset;
    this.#isPassing = beginning.lost !== null;
    this.#mayHold = beginning.hold;
  }

  /** Offset after the last record that was folded. */
  get next(): number {
    return this.#next;
  }

  get isCaughtUp(): boolean {
    return this.#next >= this.beginning.catchUpTo;
  }

  /** Highest source offset counted; -1: none. */
  get highest(): number {
    return this.#highest;
  }

  get newestMs(): number | null {
    return this.#newestMs < 0 ? null : this.#newestMs;
  }

  /** Minutes in memory. */
  get open(): number {
    return this.#minutes.length;
  }

  get oldestMs(): number | null {
    return this.#minutes[0]?.minuteMs ?? null;
  }

  /** Totals in memory. */
  get size(): number {
    return this.#minutes.reduce((sum, { size }) => sum + size, 0);
  }

  /** Whether anything is not in the store as it is. */
  get hasChanged(): boolean {
    return this.#minutes.some((minute) => minute.hasChanged);
  }

  /** Whether any of that may be written now. */
  get mayWrite(): boolean {
    return this.#minutes.some((minute) => minute.hasChanged && this.#isWhole(minute));
  }

  /** Totals of minutes that are over: a write lets go of them. */
  get waitingTotals(): number {
    return this.size - (this.#minutes.at(-1)?.size ?? 0);
  }

  /** Whether too many minutes wait to be written. */
  get isFull(): boolean {
    return this.#minutes.length > OPEN_MINUTES_MAX + this.#held.length;
  }

  /** Shares counted without their names, because a minute had too many. */
  get folded(): number {
    return this.#minutes.reduce((sum, { folded }) => sum + folded, this.#folded);
  }

  /**
   * Where to begin again to see all that is not written for good; undefined: at the next record. While a beginning that
   * was lost is passed, it is the position that was lost: so that a restart passes the same minute.
   */
  get keepFrom(): number | undefined {
    if (this.#isPassing) return this.beginning.lost!.keepFrom;
    return this.#least(this.#minutes[0]);
  }

  /** A record that is no share of this pool's: `next` moves on. */
  pass(offset: number, why?: keyof Drops): void {
    this.#next = offset + 1;
    if (why !== undefined) this.drops[why]++;
  }

  /**
   * A share of this pool's.
   *
   * @param shares How many it stands for; 0: it moves the positions, and counts for nothing.
   * @returns Whether it counts.
   */
  add(offset: number, share: StatisticsShare, shares: number): boolean {
    this.#next = offset + 1;
    if (share.logId !== this.#logId) {
      // Another log's offsets begin anew.
      this.#logId = share.logId;
      this.#highest = -1;
    }
    if (share.sourceOffset <= this.#highest) {
      this.drops.repeated++;
      return false;
    }
    this.#highest = share.sourceOffset;
    const minuteMs = share.loggedAtMs - share.loggedAtMs % MINUTE_MS;
    if (this.#isPassing && !this.#hasPassed(minuteMs)) {
      this.drops.headless++;
      return false;
    }
    if (shares === 0) {
      this.drops.republished++;
      return false;
    }
    if (minuteMs > this.#newestMs) this.#open(minuteMs, offset);
    else if (minuteMs < this.#newestMs) this.late++;
    this.#minutes.at(-1)!.add(share, shares);
    return true;
  }

  /** What can be written now, `most` cells of it: it counts as written unless it is given back. */
  take(most: number): Taken[] {
    const taken: Taken[] = [];
    let left = most;
    for (const minute of this.#minutes) {
      if (left <= 0) break;
      if (!minute.hasChanged || !this.#isWhole(minute)) continue;
      const cells = minute.take(left);
      taken.push({ minute, cells });
      left -= cells.length + 1;
    }
    return taken;
  }

  giveBack(taken: readonly Taken[]): void {
    for (const { minute, cells } of taken) minute.giveBack(cells);
  }

  /** Everything taken is in the store: minutes that are over and hold nothing new are let go. */
  written(): void {
    for (let i = this.#minutes.length - 2; i >= 0; i--) {
      const minute = this.#minutes[i]!;
      if (minute.hasChanged || this.#held.includes(minute)) continue;
      this.#folded += minute.folded;
      this.#minutes.splice(i, 1);
    }
  }

  /**
   * What `keepFrom` will be once everything taken is in the store: what is stored beside it. Undefined: nothing that is
   * known, so nothing is stored.
   */
  get keepFromOnceWritten(): number | undefined {
    if (this.#isPassing) return undefined;
    const stays = (minute: MinuteFold, i: number) =>
      i === this.#minutes.length - 1 || minute.hasChanged || this.#held.includes(minute);
    return this.#least(this.#minutes.find(stays));
  }

  /** Nobody else writes this partition's minutes any more: those that were held are written once more, and let go. */
  release(): void {
    this.#mayHold = false;
    for (const minute of this.#held) minute.again();
    this.#held = [];
  }

  /** Whether a minute of the hour may still be written. */
  isIn(hourMs: number): boolean {
    return this.#minutes.some(({ minuteMs, hasChanged }) =>
      hasChanged && minuteMs - minuteMs % HOUR_MS === hourMs
    );
  }

  /** Whether its total is no less than anybody before can have written. */
  #isWhole({ minuteMs }: MinuteFold): boolean {
    return minuteMs < this.#newestMs || this.isCaughtUp;
  }

  #least(minute: MinuteFold | undefined): number | undefined {
    const least = Math.min(minute?.firstOffset ?? Infinity, this.dirty.leastOffset);
    return least === Infinity ? undefined : least;
  }

  #hasPassed(minuteMs: number): boolean {
    this.#passing ??= minuteMs;
    if (minuteMs <= this.#passing) return false;
    this.#isPassing = false;
    return true;
  }

  #open(minuteMs: number, offset: number): void {
    this.#newestMs = minuteMs;
    const minute = new MinuteFold(minuteMs, offset, this.status === "valid", this.bounds);
    this.#minutes.push(minute);
    // As many as a process that was taken for dead may have had open, and the newest.
    if (this.#mayHold && this.#held.length <= OPEN_MINUTES_MAX) this.#held.push(minute);
  }
}
