/**
 * Readers of a node's answers: each gives a typed value or says in a sentence what is wrong.
 *
 * @module
 */
import { fromHex, type Hash, HASH_BYTES, type Sats } from "@gopool/chain";
import { satsOfDecimal } from "./amount.ts";
import { NodeMalformed } from "./port.ts";

/** One JSON object of an answer. */
export class Fields {
  readonly #values: Record<string, unknown>;

  /** @throws {NodeMalformed} `value` is no JSON object. */
  constructor(readonly method: string, value: unknown, readonly what = "it") {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new NodeMalformed(method, `${what} must be an object`);
    }
    this.#values = value as Record<string, unknown>;
  }

  has(key: string): boolean {
    return this.#values[key] !== undefined && this.#values[key] !== null;
  }

  raw(key: string): unknown {
    return this.#values[key];
  }

  text(key: string): string {
    const value = this.#values[key];
    if (typeof value !== "string") throw this.wrong(key, "must be a text");
    return value;
  }

  /** A whole number that a double holds exactly, so that no amount is rounded on its way through JSON. */
  integer(key: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
    const value = this.#values[key];
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min || value > max) {
      throw this.wrong(key, `must be a whole number from ${min} to ${max}`);
    }
    return value;
  }

  boolean(key: string): boolean {
    const value = this.#values[key];
    if (typeof value !== "boolean") throw this.wrong(key, "must be true or false");
    return value;
  }

  /** Bitcoins with a decimal point. The call must have named the key among its `decimals`. */
  decimalSats(key: string): Sats {
    const value = this.#values[key];
    const sats = typeof value === "string" ? satsOfDecimal(value) : null;
    if (sats === null) throw this.wrong(key, "must be an amount in bitcoins");
    return sats;
  }

  list(key: string): readonly unknown[] {
    const value = this.#values[key];
    if (!Array.isArray(value)) throw this.wrong(key, "must be a list");
    return value;
  }

  /** Raw bytes from hex. */
  bytes(key: string): Uint8Array {
    try {
      return fromHex(this.text(key));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw this.wrong(key, "must be hex");
    }
  }

  /** A hash as nodes print it, turned into internal order. */
  hash(key: string): Hash {
    return readHash(this.method, this.#values[key], `${key} of ${this.what}`);
  }

  /** Compact target (nBits): 8 hex digits, most significant first. */
  nbits(key: string): number {
    const text = this.text(key);
    if (!/^[0-9a-f]{8}$/i.test(text)) throw this.wrong(key, "must be 8 hex digits");
    return parseInt(text, 16);
  }

  wrong(key: string, problem: string): NodeMalformed {
    return new NodeMalformed(this.method, `${key} of ${this.what} ${problem}`);
  }
}

/** @throws {NodeMalformed} Not 64 hex digits. */
export function readHash(method: string, value: unknown, what = "it"): Hash {
  if (typeof value !== "string" || !/^[0-9a-f]{64}$/i.test(value)) {
    throw new NodeMalformed(method, `${what} must be a hash of ${HASH_BYTES * 2} hex digits`);
  }
  return fromHex(value).reverse() as Hash;
}
