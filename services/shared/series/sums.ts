/**
 * Adding up rows of any level into what the port answers. Pure; both adapters use it.
 *
 * @module
 */
import type { Best, Range, Status, Sum } from "./port.ts";

/** What a row of any table says, whosoever's it is. */
export interface Row {
  readonly status: Status;
  readonly shares: number;
  readonly work: number;
  readonly workSquared: number;
  readonly expected: number;
  readonly bestDifficulty: number;
  readonly bestAtMs: number;
  readonly lastMs: number;
  /** Null: none. */
  readonly reasons: Readonly<Record<string, number>> | null;
}

/** Whether `a` takes the place of `b`: greater, or as great and earlier. */
export function isBetter(a: Best, b: Best): boolean {
  return a.difficulty > b.difficulty ||
    (a.difficulty === b.difficulty && a.difficulty > 0 && a.atMs < b.atMs);
}

/** A sum that grows. */
export class Adding {
  shares = 0;
  work = 0;
  workSquared = 0;
  expected = 0;
  rejected = 0;
  stale = 0;
  lastMs = 0;
  bestDifficulty = 0;
  bestAtMs = 0;
  /** Without a prototype: a reason is any text. */
  readonly reasons: Record<string, number> = Object.create(null);

  add(row: Row): void {
    if (row.lastMs > this.lastMs) this.lastMs = row.lastMs;
    if (row.reasons !== null) {
      for (const [reason, shares] of Object.entries(row.reasons)) {
        this.reasons[reason] = (this.reasons[reason] ?? 0) + shares;
      }
    }
    if (row.status === "rejected") this.rejected += row.shares;
    else if (row.status === "stale") this.stale += row.shares;
    else this.#addValid(row);
  }

  #addValid(row: Row): void {
    this.shares += row.shares;
    this.work += row.work;
    this.workSquared += row.workSquared;
    this.expected += row.expected;
    const best = { difficulty: row.bestDifficulty, atMs: row.bestAtMs };
    if (!isBetter(best, { difficulty: this.bestDifficulty, atMs: this.bestAtMs })) return;
    this.bestDifficulty = best.difficulty;
    this.bestAtMs = best.atMs;
  }

  sum(range: Range): Sum {
    const { shares, work, workSquared, expected } = this;
    return {
      range: { fromMs: range.fromMs, untilMs: range.untilMs },
      valid: { shares, work, workSquared, expected },
      rejected: this.rejected,
      stale: this.stale,
      reasons: { ...this.reasons },
      best: { difficulty: this.bestDifficulty, atMs: this.bestAtMs },
      lastMs: this.lastMs,
    };
  }
}
