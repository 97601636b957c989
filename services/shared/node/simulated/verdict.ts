/**
 * What the simulated node says of a block: values in Bitcoin Core's words.
 *
 * @module
 */

/** Bitcoin Core's BlockValidationResult (consensus/validation.h), which decides what is remembered. */
export type Fault =
  /** Wrong for good: the hash is marked failed. */
  | "consensus"
  | "header"
  /** The body may have been changed under a good header: never remembered. */
  | "mutated"
  | "time-future"
  | "missing-previous"
  | "invalid-previous"
  /** Known to be bad from before. */
  | "cached";

export interface Invalid {
  readonly kind: "invalid";
  /** The reject reason, e.g. "bad-cb-amount": what submitblock answers. */
  readonly reason: string;
  readonly fault: Fault;
}

export interface Valid {
  readonly kind: "valid";
}

export type Verdict = Valid | Invalid;

export const VALID: Valid = { kind: "valid" };

export function invalid(fault: Fault, reason: string): Invalid {
  return { kind: "invalid", fault, reason };
}
