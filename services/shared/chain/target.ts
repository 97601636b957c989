/**
 * Targets, difficulties, nBits and work. A target is exact; a difficulty is a double. Between them stands exact
 * integer arithmetic alone, so that pool and miner agree on the last hash.
 *
 * @module
 */
import { HASH_BYTES } from "./bytes.ts";
import type { Difficulty, Hash, Target } from "./units.ts";

/** The target of difficulty 1: 0x00000000ffff0000…00 ("bdiff", the scale of Stratum and of Bitcoin Core). */
export const DIFFICULTY_1_TARGET = (0xffffn << 208n) as Target;
/** The easiest target there is: every hash meets it. */
export const MAX_TARGET = ((1n << 256n) - 1n) as Target;

/**
 * The share target of a difficulty: floor of the exact quotient of the difficulty-1 target by the number as
 * `mining.set_difficulty` writes it, at most 2^256 - 1. JSON writes a double as the shortest decimal that reads
 * back as it, and that decimal is what pool and miner both see: 0.001 means one thousandth, not the nearest
 * binary fraction to it. Beyond 2^224 the target is 0: no hash will do.
 *
 * @throws {RangeError} Not a finite number above 0.
 */
export function targetFromDifficulty(difficulty: number): Target {
  if (!Number.isFinite(difficulty) || difficulty <= 0) {
    throw new RangeError(`Cannot make a target of difficulty ${difficulty}: must be above 0`);
  }
  // difficulty = digits * 10^exponent, from a text such as "9427.960695338843" or "3.725290298461914e-8".
  const [decimal, power] = String(difficulty).split("e") as [string, string?];
  const [whole, fraction = ""] = decimal.split(".") as [string, string?];
  const digits = BigInt(whole + fraction);
  const exponent = Number(power ?? 0) - fraction.length;
  const target = exponent >= 0
    ? DIFFICULTY_1_TARGET / (digits * 10n ** BigInt(exponent))
    : DIFFICULTY_1_TARGET * 10n ** BigInt(-exponent) / digits;
  return (target > MAX_TARGET ? MAX_TARGET : target) as Target;
}

/** How many times harder than difficulty 1 a target is, correctly rounded; Infinity for target 0. */
export function difficultyOfTarget(target: Target): Difficulty {
  if (target <= 0n) return Infinity as Difficulty;
  // 64 bits of quotient or more, the last made sticky: Number() then rounds as if it saw the exact quotient.
  const shift = BigInt(Math.max(0, 65 + bitLength(target) - bitLength(DIFFICULTY_1_TARGET)));
  const dividend = DIFFICULTY_1_TARGET << shift;
  const quotient = dividend / target;
  const sticky = quotient * target === dividend ? quotient : quotient | 1n;
  return Number(sticky) * 2 ** -Number(shift) as Difficulty;
}

/** The difficulty a hash was good for: that of the target it only just meets. */
export function difficultyOfHash(hash: Hash): Difficulty {
  return difficultyOfTarget(hashValue(hash));
}

/** A hash as the number that is held against a target: little-endian. */
export function hashValue(hash: Hash): Target {
  if (hash.length !== HASH_BYTES) {
    throw new RangeError(`Cannot read a hash: must be 32 bytes, is ${hash.length}`);
  }
  const view = new DataView(hash.buffer, hash.byteOffset, HASH_BYTES);
  return (view.getBigUint64(24, true) << 192n |
    view.getBigUint64(16, true) << 128n |
    view.getBigUint64(8, true) << 64n |
    view.getBigUint64(0, true)) as Target;
}

/** Whether a hash is good enough: not above the target. */
export function meetsTarget(hash: Hash, target: Target): boolean {
  return hashValue(hash) <= target;
}

/**
 * The target that a header's nBits stand for, or 0 where they are negative, overflow 256 bits or say nothing:
 * Bitcoin Core refuses a block with such bits (arith_uint256::SetCompact, CheckProofOfWork).
 */
export function targetFromBits(nbits: number): Target {
  const size = nbits >>> 24;
  const mantissa = nbits & 0x7f_ffff;
  const word = size <= 3 ? mantissa >>> (8 * (3 - size)) : mantissa;
  if (word === 0 || (nbits & 0x80_0000) !== 0) return 0n as Target;
  if (size > 34 || (word > 0xff && size > 33) || (word > 0xffff && size > 32)) return 0n as Target;
  return (size <= 3 ? BigInt(word) : BigInt(word) << BigInt(8 * (size - 3))) as Target;
}

/**
 * nBits of a target, its low bits cut off where 24 cannot hold them (arith_uint256::GetCompact).
 *
 * @throws {RangeError} Not from 0 to 2^256 - 1.
 */
export function bitsFromTarget(target: Target): number {
  assertTarget(target);
  let size = Math.ceil(bitLength(target) / 8);
  let word = size <= 3
    ? Number(target) << (8 * (3 - size))
    : Number(target >> BigInt(8 * (size - 3)));
  // The 24th bit is a sign: a mantissa that would set it moves down a byte.
  if ((word & 0x80_0000) !== 0) {
    word >>>= 8;
    size++;
  }
  return (size << 24 | word) >>> 0;
}

/** The network difficulty that nBits stand for; Infinity where they stand for none. */
export function difficultyFromBits(nbits: number): Difficulty {
  return difficultyOfTarget(targetFromBits(nbits));
}

/** Hashes needed on average to meet a target, as an integer: floor(2^256 / (target + 1)). What shares are paid by. */
export function workOfTarget(target: Target): bigint {
  assertTarget(target);
  return (1n << 256n) / (target + 1n);
}

/** 32 bytes, most significant first. */
export function targetToBytes(target: Target): Uint8Array {
  assertTarget(target);
  const out = new Uint8Array(HASH_BYTES);
  const view = new DataView(out.buffer);
  for (let at = 24, rest: bigint = target; at >= 0; at -= 8, rest >>= 64n) {
    view.setBigUint64(at, BigInt.asUintN(64, rest));
  }
  return out;
}

/**
 * The target that `targetToBytes()` wrote.
 *
 * @throws {RangeError} Not 32 bytes.
 */
export function targetFromBytes(bytes: Uint8Array): Target {
  if (bytes.length !== HASH_BYTES) {
    throw new RangeError(`Cannot read a target: must be 32 bytes, is ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, HASH_BYTES);
  let value = 0n;
  for (let at = 0; at < HASH_BYTES; at += 8) value = value << 64n | view.getBigUint64(at);
  return value as Target;
}

function assertTarget(target: bigint): void {
  if (target < 0n || target > MAX_TARGET) {
    throw new RangeError(`Cannot use ${target} as a target: must be from 0 to 2^256 - 1`);
  }
}

function bitLength(value: bigint): number {
  if (value === 0n) return 0;
  const hex = value.toString(16);
  return hex.length * 4 - (Math.clz32(Number.parseInt(hex[0]!, 16)) - 28);
}
