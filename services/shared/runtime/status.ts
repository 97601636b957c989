/**
 * What each part of a process says of itself: poold prints it, the control plane will serve it.
 *
 * @module
 */

/**
 * `down`: because of this the process cannot do its job now (its health port answers "not ready"). `degraded`: it
 * does its job, and somebody should look.
 */
export type Health = "ok" | "degraded" | "down";

export interface PartStatus {
  readonly part: string;
  readonly health: Health;
  /** One sentence, for people. */
  readonly detail: string;
  /** When it came to be so, ms since the Unix epoch. */
  readonly sinceMs: number;
  /** What it last said while it was not ok, and when; absent where it always was. */
  readonly lastError?: { readonly detail: string; readonly atMs: number };
}

/** A part's health has become another; null: the part came to the board, or went. */
export interface PartChange {
  readonly part: string;
  readonly before: Health | null;
  readonly health: Health | null;
  readonly detail: string;
}

/** The board that parts write on. A part says only changes; the board keeps the latest of each. */
export interface StatusBoard {
  /** `isError`: false where the part is not ok and nothing is wrong, as while it opens. Default: whatever is not ok. */
  set(part: string, health: Health, detail: string, isError?: boolean): void;
  clear(part: string): void;
  all(): readonly PartStatus[];
}
