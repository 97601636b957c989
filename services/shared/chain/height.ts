import { equalBytes } from "./bytes.ts";

/** Heights travel as unsigned 32-bit integers in the pool's messages, as in Bitcoin Core's block index. */
export const MAX_HEIGHT = 0xffff_ffff;

const OP_1 = 0x51;
/** Bytes of the widest height push: 5 of number, because the top bit is a sign, behind their length. */
const PUSH_MAX_BYTES = 6;

/**
 * The height as it must open a coinbase's scriptSig (BIP 34). Bitcoin Core compares with `CScript() << height`,
 * so heights 0 to 16 are single opcodes and the rest are pushes of the shortest signed little-endian number.
 *
 * @throws {RangeError} Not a whole number from 0 to 2^32 - 1.
 */
export function heightPush(height: number): Uint8Array {
  if (!Number.isInteger(height) || height < 0 || height > MAX_HEIGHT) {
    throw new RangeError(`Cannot push height ${height}: must be a whole number from 0 to 2^32 - 1`);
  }
  if (height === 0) return Uint8Array.of(0x00);
  if (height <= 16) return Uint8Array.of(OP_1 + height - 1);
  const number: number[] = [];
  for (let rest = height; rest > 0; rest = Math.floor(rest / 256)) number.push(rest % 256);
  // The top bit is the sign: a number that has it set takes one more byte to stay positive.
  if (number.at(-1)! >= 0x80) number.push(0);
  return Uint8Array.of(number.length, ...number);
}

/**
 * The height that a coinbase's scriptSig opens with, or null where it opens with anything that `heightPush()`
 * would not have written. Blocks from before BIP 34 can open with a number that is no height.
 */
export function heightFromScriptSig(script: Uint8Array): number | null {
  const first = script[0];
  if (first === undefined) return null;
  if (first === 0) return 0;
  if (first >= OP_1 && first < OP_1 + 16) return first - OP_1 + 1;
  if (first >= PUSH_MAX_BYTES || script.length < 1 + first) return null;
  let height = 0;
  for (let i = first; i >= 1; i--) height = height * 256 + script[i]!;
  if (height > MAX_HEIGHT) return null;
  return equalBytes(heightPush(height), script.subarray(0, 1 + first)) ? height : null;
}
