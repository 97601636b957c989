/**
 * Which difficulty a share is held against: the one in force when its job was sent to the session. After a raise,
 * shares for work sent before it count at their own difficulty; after a lowering the lower one applies at once.
 *
 * @module
 */
import { type Difficulty, targetFromDifficulty, targetToBytes } from "@gopool/chain";
import { TARGETS_CACHED_MAX } from "./limits.ts";

/** A difficulty and its target as a share check wants it. One object per difficulty, shared by sessions. */
export interface Rung {
  readonly difficulty: number;
  /** 32 bytes, big-endian. */
  readonly target: Uint8Array;
}

const rungs = new Map<number, Rung>();

/** The rung of a difficulty; made once. */
export function rungOf(difficulty: number): Rung {
  let rung = rungs.get(difficulty);
  if (rung === undefined) {
    // Forgetting all at once keeps the bound simple; what sessions hold stays valid.
    if (rungs.size >= TARGETS_CACHED_MAX) rungs.clear();
    rung = { difficulty, target: targetToBytes(targetFromDifficulty(difficulty as Difficulty)) };
    rungs.set(difficulty, rung);
  }
  return rung;
}

/**
 * Rounds to what is sent: three significant digits, and from 100 on a whole number: off by less than half a per cent.
 *
 * @param whole From 1 on always a whole number: firmware of ASICs is at home with integers (stratum-wire 2.5), and only
 *   USB sticks are ever below 10 there, where that may be a third off.
 */
export function rounded(difficulty: number, whole = false): number {
  if (difficulty >= 1000) return Number(difficulty.toPrecision(3));
  return difficulty >= (whole ? 1 : 100)
    ? Math.round(difficulty)
    : Number(difficulty.toPrecision(3));
}

/** Difficulties of one session by job, as ranges of the jobs' sequence numbers. */
export class DifficultyHistory {
  /** From which sequence number on which rung: rising, alternating with #rungs. */
  #from: number[] = [];
  #rungs: Rung[] = [];
  /** Jobs that were sent out of their row (older ones, to set a difficulty early). */
  #extras: Map<number, Rung> | null = null;

  /** The rung in force now; null before the first job. */
  get current(): Rung | null {
    return this.#rungs.at(-1) ?? null;
  }

  /** From this job on, in order, `rung` is in force. */
  begin(sequence: number, rung: Rung, oldestSequence: number): void {
    if (this.#rungs.at(-1) === rung) return;
    if (this.#from.length === 0) {
      // A list that begins with a push is given room for 17 at once: most sessions never need a second place.
      this.#from = [sequence];
      this.#rungs = [rung];
    } else {
      this.#from.push(sequence);
      this.#rungs.push(rung);
    }
    // The range that the oldest job still held lies in stays.
    while (this.#from.length > 1 && this.#from[1]! <= oldestSequence) {
      this.#from.shift();
      this.#rungs.shift();
    }
    if (this.#extras === null) return;
    for (const extra of this.#extras.keys()) if (extra < oldestSequence) this.#extras.delete(extra);
    if (this.#extras.size === 0) this.#extras = null;
  }

  /** An older job was sent under `rung`, which is in force for later ones, too. */
  beginOutOfRow(sequence: number, rung: Rung, nextSequence: number, oldestSequence: number): void {
    (this.#extras ??= new Map()).set(sequence, rung);
    this.begin(nextSequence, rung, oldestSequence);
  }

  /** A job that was sent out of its row, by a connection before this one. */
  addExtra(sequence: number, rung: Rung): void {
    (this.#extras ??= new Map()).set(sequence, rung);
  }

  /** A connection that takes up another's session: work that was sent there counts here. */
  inherit(past: DifficultyHistory): void {
    this.#from.push(...past.#from);
    this.#rungs.push(...past.#rungs);
    if (past.#extras !== null) this.#extras = new Map(past.#extras);
  }

  /** Which rung from which sequence number on, oldest first; what ended before `oldestSequence` is left out. */
  rows(oldestSequence: number): (readonly [sequence: number, rung: Rung])[] {
    return this.#from.flatMap((from, i) =>
      this.#from[i + 1]! <= oldestSequence
        ? []
        : [[Math.max(from, oldestSequence), this.#rungs[i]!] as const]
    );
  }

  /** Jobs sent out of their row. */
  get extras(): (readonly [sequence: number, rung: Rung])[] {
    return this.#extras === null ? [] : [...this.#extras];
  }

  /** Nothing was ever sent: the session has another extranonce1. */
  forget(): void {
    this.#from.length = 0;
    this.#rungs.length = 0;
    this.#extras = null;
  }

  /** Whether the job was sent to this session. */
  has(sequence: number): boolean {
    return sequence >= (this.#from[0] ?? Infinity) || this.#extras?.has(sequence) === true;
  }

  /** What a share for this job must meet and is credited; null if the job was never sent here. */
  rung(sequence: number): Rung | null {
    const own = this.#extras?.get(sequence) ?? this.#inRow(sequence);
    if (own === null) return null;
    const current = this.#rungs[this.#rungs.length - 1];
    // None, where a record tells only of jobs out of their row.
    return current !== undefined && current.difficulty < own.difficulty ? current : own;
  }

  #inRow(sequence: number): Rung | null {
    for (let i = this.#from.length - 1; i >= 0; i--) {
      if (sequence >= this.#from[i]!) return this.#rungs[i]!;
    }
    return null;
  }
}
