/** A store that is away, as answers say it. @module */
import { LedgerUnavailable } from "@gopool/ledger";

/** As `gopool.api.v1.MissingPart`. */
export interface Part {
  readonly part: string;
  /** A sentence. */
  readonly why: string;
}

/** What is missing where asking the books threw this; null where it is no matter of waiting: throw it on. */
export function missingOf(error: unknown): Part | null {
  if (!(error instanceof LedgerUnavailable)) return null;
  return {
    part: "ledger",
    why: "The pool's books cannot be read now: blocks, balances and payouts are missing here",
  };
}
