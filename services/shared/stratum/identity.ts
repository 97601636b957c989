/**
 * Who a miner says it is: username and password of mining.authorize.
 *
 * @module
 */
import { MAX_DIFFICULTY, MAX_TEXT_LENGTH, MIN_DIFFICULTY } from "./limits.ts";

export interface Username {
  /** In the case it came in: base58 is lost without it. Not checked against any network here. */
  readonly address: string;
  /** What follows the first dot; may be empty, may hold further dots. */
  readonly worker: string;
}

/**
 * Takes `address[.worker]` apart. Some miners and proxies encode the dot as `%2e` or `%2E`; addresses have
 * neither dots nor percent signs, so the first of either form is the border.
 */
export function splitUsername(text: string): Username {
  const plain = text.trim().replaceAll(/%2e/gi, ".");
  const dot = plain.indexOf(".");
  return dot < 0
    ? { address: plain, worker: "" }
    : { address: plain.slice(0, dot), worker: plain.slice(dot + 1) };
}

export interface PasswordOptions {
  /** `d=` or `diff=`: the difficulty the miner wants to start with. */
  readonly difficulty?: number;
  /** `md=`: the lowest difficulty it wants to be given (btcpool). */
  readonly minimumDifficulty?: number;
}

/**
 * Finds options in a password: pieces between commas, semicolons or spaces, `d=`, `diff=` or `md=` in either case.
 * All else is junk that passwords are made of ("x", "123", rental markets' tokens) and is passed over, as
 * is a value that is no difficulty; of repeated options the last counts.
 */
export function passwordOptions(password: string): PasswordOptions {
  const found: { difficulty?: number; minimumDifficulty?: number } = {};
  for (const piece of password.slice(0, MAX_TEXT_LENGTH).split(/[,;\s]+/)) {
    const [, name, text] = /^(d|diff|md)=(.+)$/i.exec(piece) ?? [];
    if (name === undefined) continue;
    const difficulty = readDifficulty(text);
    if (difficulty === undefined) continue;
    if (name.toLowerCase() === "md") found.minimumDifficulty = difficulty;
    else found.difficulty = difficulty;
  }
  return found;
}

/**
 * A difficulty given as a JSON number or, as cpuminer-opt and passwords do, as text.
 *
 * @returns undefined for anything that is none: other types, zero and below, not finite, out of all bounds.
 */
export function readDifficulty(value: unknown): number | undefined {
  const isNumberText = typeof value === "string" && value.length <= 64 &&
    /^\s*\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(value);
  const number = isNumberText ? Number(value) : value;
  return typeof number === "number" && number >= MIN_DIFFICULTY && number <= MAX_DIFFICULTY
    ? number
    : undefined;
}
