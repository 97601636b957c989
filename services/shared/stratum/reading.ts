import { MAX_TEXT_LENGTH } from "./limits.ts";

/**
 * What became of reading parameters: a value, or what is wrong with them. A problem is a short phrase fit to
 * be sent back with error code 20; it never repeats what the miner sent.
 */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

export function good<T>(value: T): Reading<T> {
  return { ok: true, value };
}

export function bad(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}

/**
 * True for text that can be stored and shown anywhere: at most 256 characters, no control characters, no
 * half of a surrogate pair (which has no UTF-8 form, so a protobuf string could not carry it).
 */
export function isPlainText(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_TEXT_LENGTH && value.isWellFormed() &&
    !/\p{Cc}/u.test(value);
}
