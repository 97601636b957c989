/**
 * Rows summed up into one row of a coarser table.
 *
 * @module
 */
import { isBetter } from "../sums.ts";
import { reasonsText, rowOf, type TotalsRow } from "./columns.ts";

/** A row of totals that grows. */
export class Totals {
  readonly #status: number;
  #shares = 0;
  #work = 0;
  #workSquared = 0;
  #expected = 0;
  #best = { difficulty: 0, atMs: 0 };
  #lastMs = 0;
  #latencyMs = 0;
  #latencyShares = 0;
  #reasons: Record<string, number> | null = null;

  /** @param status As it stands in the tables. */
  constructor(status: number) {
    this.#status = status;
  }

  /** Adds the totals that begin at column `at`. */
  add(columns: readonly unknown[], at: number): void {
    const row = rowOf(columns, at);
    this.#shares += row.shares;
    this.#work += row.work;
    this.#workSquared += row.workSquared;
    this.#expected += row.expected;
    const best = { difficulty: row.bestDifficulty, atMs: row.bestAtMs };
    if (isBetter(best, this.#best)) this.#best = best;
    this.#lastMs = Math.max(this.#lastMs, row.lastMs);
    this.#latencyMs += row.latencyMs;
    this.#latencyShares += row.latencyShares;
    if (row.reasons === null) return;
    this.#reasons ??= Object.create(null) as Record<string, number>;
    for (const [reason, shares] of Object.entries(row.reasons)) {
      this.#reasons[reason] = (this.#reasons[reason] ?? 0) + shares;
    }
  }

  row(): TotalsRow {
    return [
      this.#status,
      this.#shares,
      this.#work,
      this.#workSquared,
      this.#expected,
      this.#best.difficulty,
      this.#best.atMs,
      this.#lastMs,
      this.#latencyMs,
      this.#latencyShares,
      this.#reasons === null ? null : reasonsText(this.#reasons),
    ];
  }
}
