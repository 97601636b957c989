import type { Hash } from "./units.ts";

/**
 * Bytes that cannot be read as what they should be: a header, a transaction, a block. A RangeError, so that a
 * caller who only wants to know "malformed or not" needs no import.
 */
export class DecodeError extends RangeError {
  override name = "DecodeError";
}

/** Lower-case hex of `bytes`, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  return bytes.toHex();
}

/**
 * Bytes of `text`, either case, no prefix and no spaces.
 *
 * @throws {SyntaxError} An odd number of digits, or something that is no hex digit: the message names which.
 */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0) {
    throw new SyntaxError(`Cannot read hex: must be an even number of digits, is ${text.length}`);
  }
  try {
    return Uint8Array.fromHex(text);
  } catch {
    const at = text.search(/[^0-9a-fA-F]/);
    throw new SyntaxError(
      `Cannot read hex: ${JSON.stringify(text[at])} at position ${at} is no hex digit`,
    );
  }
}

/** One array holding all parts, in order. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return concatAll(parts);
}

/** `concat()` for lists of any length, such as the transactions of a block: arguments must fit on the stack. */
export function concatAll(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A copy in the opposite order. */
export function reversed(bytes: Uint8Array): Uint8Array {
  return bytes.slice().reverse();
}

/** Bytes of a SHA-256. */
export const HASH_BYTES = 32;

/**
 * Marks 32 bytes in internal order as a hash; no copy is made.
 *
 * @throws {DecodeError} Not 32 bytes.
 */
export function asHash(bytes: Uint8Array): Hash {
  if (bytes.length !== HASH_BYTES) {
    throw new DecodeError(`Cannot read a hash: must be 32 bytes, is ${bytes.length}`);
  }
  return bytes as Hash;
}

/** Hex as explorers and RPC show it: the internal order reversed, so that leading zeros come first. */
export function displayHash(hash: Hash): string {
  return toHex(reversed(hash));
}

/**
 * The hash that `displayHash()` shows as `text`.
 *
 * @throws {SyntaxError} Not exactly 64 hex digits.
 */
export function hashFromDisplay(text: string): Hash {
  const bytes = fromHex(text);
  if (bytes.length !== HASH_BYTES) {
    throw new SyntaxError(`Cannot read a hash: must be 64 hex digits, is ${text.length}`);
  }
  return bytes.reverse() as Hash;
}

/**
 * Bitcoin's length prefix: 1, 3, 5 or 9 bytes, always the shortest (serialize.h, WriteCompactSize).
 *
 * @throws {RangeError} Not a whole number from 0 to 2^53 - 1.
 */
export function compactSize(n: number): Uint8Array {
  if (!Number.isSafeInteger(n) || n < 0) {
    throw new RangeError(`Cannot write ${n} as a length: must be a whole number >= 0`);
  }
  if (n < 0xfd) return Uint8Array.of(n);
  if (n <= 0xffff) return Uint8Array.of(0xfd, n & 0xff, n >>> 8);
  if (n <= 0xffff_ffff) return concat(Uint8Array.of(0xfe), u32le(n));
  return concat(Uint8Array.of(0xff), u64le(BigInt(n)));
}

/**
 * Four bytes, least significant first.
 *
 * @throws {RangeError} Not a whole number from 0 to 2^32 - 1.
 */
export function u32le(n: number): Uint8Array {
  if (!Number.isInteger(n) || n < 0 || n > 0xffff_ffff) {
    throw new RangeError(`Cannot write ${n} in 4 bytes: must be a whole number from 0 to 2^32 - 1`);
  }
  return Uint8Array.of(n & 0xff, (n >>> 8) & 0xff, (n >>> 16) & 0xff, n >>> 24);
}

/**
 * Eight bytes, least significant first.
 *
 * @throws {RangeError} Not from 0 to 2^64 - 1.
 */
export function u64le(n: bigint): Uint8Array {
  if (n < 0n || n > 0xffff_ffff_ffff_ffffn) {
    throw new RangeError(`Cannot write ${n} in 8 bytes: must be from 0 to 2^64 - 1`);
  }
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, n, true);
  return out;
}
