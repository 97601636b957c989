/**
 * What the hash needs of a machine word, once for one share at a time (i32) and once for four side by side
 * (v128, a share per 32-bit lane). The generator is written against this and makes both modules.
 *
 * @module
 */
import { type Code, I32, type Local, V128, type ValueType } from "./assembler.ts";

export interface Lanes {
  readonly type: ValueType;
  /** Shares side by side. */
  readonly count: 1 | 4;
  /** Bytes of a word in memory, all lanes together. */
  readonly bytes: 4 | 16;
  // Each of these works on the stack: operands off, result on.
  add(c: Code): void;
  and(c: Code): void;
  or(c: Code): void;
  xor(c: Code): void;
  /** All ones where below, unsigned; else 0. */
  below(c: Code): void;
  /** All ones where equal; else 0. */
  equal(c: Code): void;
  /** Reverses the four bytes of each lane's word. */
  swap(c: Code, scratch: Local): void;
  /** Pushes the xor of `x` rotated right by each of `rotations` and, if given, shifted right by `shift`. */
  sigma(c: Code, x: Local, rotations: readonly number[], shift?: number): void;
  /** Loads a word of all lanes. */
  load(c: Code, offset: number): void;
  store(c: Code, offset: number): void;
  /** Loads one 32-bit number into every lane. */
  spread(c: Code, offset: number): void;
  /** The same number in every lane. */
  constant(c: Code, value: number): void;
  /** Loads lane l's number from the address in `pointers[l]` plus `offset`. */
  gather(c: Code, pointers: readonly Local[], offset: number): void;
  /** Stores lane l's number of `value` to the address in `pointers[l]` plus `offset`. */
  scatter(c: Code, value: Local, pointers: readonly Local[], offset: number): void;
}

export const ONE: Lanes = {
  type: I32,
  count: 1,
  bytes: 4,
  add: (c) => void c.op(0x6a),
  and: (c) => void c.op(0x71),
  or: (c) => void c.op(0x72),
  xor: (c) => void c.op(0x73),
  below: (c) => void c.op(0x49).const(-1).op(0x6c),
  equal: (c) => void c.op(0x46).const(-1).op(0x6c),
  swap(c, x) {
    c.set(x);
    c.get(x).const(8).op(0x77).const(0x00ff00ff).op(0x71); // rotl 8, and
    c.get(x).const(8).op(0x78).const(0xff00ff00).op(0x71).op(0x72); // rotr 8, and, or
  },
  sigma(c, x, rotations, shift) {
    rotations.forEach((by, i) => {
      c.get(x).const(by).op(0x78);
      if (i > 0) c.op(0x73);
    });
    if (shift !== undefined) c.get(x).const(shift).op(0x76, 0x73);
  },
  load: (c, offset) => void c.load(offset),
  store: (c, offset) => void c.store(offset),
  spread: (c, offset) => void c.load(offset),
  constant: (c, value) => void c.const(value),
  gather: (c, [pointer], offset) => void c.get(pointer!).load(offset),
  scatter: (c, value, [pointer], offset) => void c.get(pointer!).get(value).store(offset),
};

const SWAP = [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12];

export const FOUR: Lanes = {
  type: V128,
  count: 4,
  bytes: 16,
  add: (c) => void c.simd(0xae),
  and: (c) => void c.simd(0x4e),
  or: (c) => void c.simd(0x50),
  xor: (c) => void c.simd(0x51),
  below: (c) => void c.simd(0x3a),
  equal: (c) => void c.simd(0x37),
  swap: (c, x) => void c.tee(x).get(x).simd(0x0d, ...SWAP),
  sigma(c, x, rotations, shift) {
    // No rotate in WebAssembly's SIMD: two shifts each, all joined by xor (their bits do not overlap).
    rotations.forEach((by, i) => {
      c.get(x).const(by).simd(0xad);
      if (i > 0) c.simd(0x51);
      c.get(x).const(32 - by).simd(0xab).simd(0x51);
    });
    if (shift !== undefined) c.get(x).const(shift).simd(0xad).simd(0x51);
  },
  load: (c, offset) => void c.simdMemory(0x00, offset),
  store: (c, offset) => void c.simdMemory(0x0b, offset),
  spread: (c, offset) => void c.simdMemory(0x09, offset),
  constant: (c, value) => void c.const(value).simd(0x11),
  gather(c, pointers, offset) {
    for (let lane = 3; lane >= 0; lane--) c.get(pointers[lane]!);
    c.simdMemory(0x5c, offset);
    for (let lane = 1; lane < 4; lane++) c.simdMemory(0x56, offset, lane);
  },
  scatter(c, value, pointers, offset) {
    pointers.forEach((p, lane) => c.get(p).get(value).simdMemory(0x5a, offset, lane));
  },
};
