/** What a rebuild finds otherwise than the ledger has it. @module */

export interface Difference {
  readonly about: "log" | "slice" | "block" | "minute" | "payout" | "balance" | "chain";
  /** A sentence with its subject: which, what was computed, what the ledger says. */
  readonly says: string;
}

/** Differences told: where there are more, these tell enough. */
export const DIFFERENCES_MAX = 1_000;

/** Collects differences; past the bound they are only counted. */
export class Differences {
  readonly list: Difference[] = [];
  count = 0;

  add(about: Difference["about"], says: string): void {
    this.count++;
    if (this.list.length < DIFFERENCES_MAX) this.list.push({ about, says });
  }
}

export function timeOf(minute: number): string {
  return `minute ${minute} (${new Date(minute * 60_000).toISOString().slice(0, 16)}Z)`;
}
