/**
 * SHA-256's compression (FIPS 180-4) as WebAssembly functions, for one lane or four.
 *
 * Sixteen rounds unrolled in a loop, the message in locals: all 64 unrolled would outgrow the instruction cache
 * and lose a tenth; the message in memory loses 6 %. A block that never changes needs no message schedule at all:
 * its 64 words, with the round constants added, are computed once and only read.
 *
 * @module
 */
import { Code, I32, type Local } from "./assembler.ts";
import type { Lanes } from "./lanes.ts";

/** The first `count` primes. */
function primes(count: number): bigint[] {
  const found: bigint[] = [];
  for (let n = 2n; found.length < count; n++) if (found.every((p) => n % p !== 0n)) found.push(n);
  return found;
}

/** The first 32 bits behind the point of the `power`-th root of `n`. */
function rootFraction(n: bigint, power: bigint): number {
  const scaled = n << (32n * power);
  let low = 0n;
  for (let bit = 1n << 40n; bit > 0n; bit >>= 1n) if ((low + bit) ** power <= scaled) low += bit;
  return Number(BigInt.asIntN(32, low));
}

/** The state that hashing begins with (5.3.3): fractions of the square roots of the first eight primes. */
export const INITIAL: readonly number[] = primes(8).map((p) => rootFraction(p, 2n));
/** The round constants (4.2.2): fractions of the cube roots of the first 64 primes. */
export const K: readonly number[] = primes(64).map((p) => rootFraction(p, 3n));

/** Bytes of a constant block as `emitCompressConstant` reads it. */
export const CONSTANT_BLOCK_BYTES = 256;

/**
 * Message words plus round constants of a block that never changes.
 *
 * @param block 16 big-endian words at `at`.
 * @param out Gets 64 words at `outAt`.
 */
export function expandConstant(
  block: ArrayLike<number>,
  at: number,
  out: Int32Array,
  outAt: number,
): void {
  const w = schedule;
  for (let i = 0; i < 16; i++) w[i] = block[at + i]!;
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!;
    const y = w[i - 2]!;
    const s0 = (x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3;
    const s1 = (y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10;
    w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
  }
  for (let i = 0; i < 64; i++) out[outAt + i] = w[i]! + K[i]!;
}
const schedule = new Int32Array(64);

interface Registers {
  /** a to h as they are called in round 0; each round moves the names by one. */
  readonly state: readonly Local[];
  /** a xor b of this round and of the one before, which is this one's b xor c: Maj needs both. */
  readonly ab: readonly [Local, Local];
  readonly sum: Local;
}

/** One round; `word` pushes the message word with the round constant. */
function emitRound(c: Code, lanes: Lanes, r: Registers, round: number, word: () => void): void {
  const name = (i: number) => r.state[(i - round) & 7]!;
  const [a, b, d, e, f, g, h] = [0, 1, 3, 4, 5, 6, 7].map(name) as [
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
  ];
  const ab = r.ab[round & 1]!;
  const bc = r.ab[(round + 1) & 1]!;
  // t1 = h + word + Ch(e, f, g) + S1(e), Ch = g ^ (e & (f ^ g))
  c.get(h);
  word();
  lanes.add(c);
  c.get(f).get(g);
  lanes.xor(c);
  c.get(e);
  lanes.and(c);
  c.get(g);
  lanes.xor(c);
  lanes.add(c);
  lanes.sigma(c, e, [6, 11, 25]);
  lanes.add(c);
  c.tee(r.sum).get(d);
  lanes.add(c);
  c.set(d);
  // h = t1 + S0(a) + Maj(a, b, c), Maj = b ^ ((a ^ b) & (b ^ c))
  c.get(a).get(b);
  lanes.xor(c);
  c.tee(ab).get(bc);
  lanes.and(c);
  c.get(b);
  lanes.xor(c);
  c.get(r.sum);
  lanes.add(c);
  lanes.sigma(c, a, [2, 13, 22]);
  lanes.add(c);
  c.set(h);
}

/** Params: in (state), the block or its constant words, out (may be in). States and blocks hold all lanes. */
function begin(lanes: Lanes): { c: Code; r: Registers; from: Local; words: Local; to: Local } {
  const c = new Code(3);
  const [from, words, to] = [0, 1, 2].map((i) => c.param(i)) as [Local, Local, Local];
  const state = c.locals(lanes.type, 8);
  const ab = c.locals(lanes.type, 2) as [Local, Local];
  const r = { state, ab, sum: c.local(lanes.type) };
  state.forEach((local, i) => {
    c.get(from);
    lanes.load(c, i * lanes.bytes);
    c.set(local);
  });
  c.get(state[1]!).get(state[2]!);
  lanes.xor(c);
  c.set(ab[1]);
  return { c, r, from, words, to };
}

function finish(c: Code, lanes: Lanes, r: Registers, from: Local, to: Local): Code {
  r.state.forEach((local, i) => {
    c.get(to).get(from);
    lanes.load(c, i * lanes.bytes);
    c.get(local);
    lanes.add(c);
    lanes.store(c, i * lanes.bytes);
  });
  return c;
}

/** `compress(in, block, out)`. @param constants Address of K as 64 numbers. */
export function emitCompress(lanes: Lanes, constants: number): Code {
  const { c, r, from, words, to } = begin(lanes);
  const w = c.locals(lanes.type, 16);
  const k = c.local(I32);
  w.forEach((local, i) => {
    c.get(words);
    lanes.load(c, i * lanes.bytes);
    c.set(local);
  });
  const round = (i: number) =>
    emitRound(c, lanes, r, i, () => {
      c.get(w[i]!).get(k);
      lanes.spread(c, 4 * i);
      lanes.add(c);
    });
  c.const(constants).set(k);
  c.loopWhile(() => {
    for (let i = 0; i < 16; i++) {
      round(i);
      // w[i] += s0(w[i+1]) + w[i+9] + s1(w[i+14]): the word that is due 16 rounds on.
      c.get(w[i]!);
      lanes.sigma(c, w[(i + 1) & 15]!, [7, 18], 3);
      lanes.add(c);
      c.get(w[(i + 9) & 15]!);
      lanes.add(c);
      lanes.sigma(c, w[(i + 14) & 15]!, [17, 19], 10);
      lanes.add(c);
      c.set(w[i]!);
    }
    c.get(k).const(64).add().tee(k).const(constants + 192).op(0x47);
  });
  for (let i = 0; i < 16; i++) round(i);
  return finish(c, lanes, r, from, to);
}

/** `compressConstant(in, words, out)`: the block is 64 numbers made by `expandConstant`. */
export function emitCompressConstant(lanes: Lanes): Code {
  const { c, r, from, words, to } = begin(lanes);
  const end = c.local(I32);
  c.get(words).const(CONSTANT_BLOCK_BYTES).add().set(end);
  c.loopWhile(() => {
    for (let i = 0; i < 16; i++) {
      emitRound(c, lanes, r, i, () => {
        c.get(words);
        lanes.spread(c, 4 * i);
      });
    }
    c.get(words).const(64).add().tee(words).get(end).op(0x47);
  });
  return finish(c, lanes, r, from, to);
}

/**
 * `met` becomes: this word is below the target's, or equal to it and `met`. Done from the least significant word
 * up, with all ones to begin with, it says whether the whole number is at most the target.
 */
export function emitAtMost(
  c: Code,
  lanes: Lanes,
  met: Local,
  word: Local,
  target: () => void,
): void {
  c.get(word);
  target();
  lanes.below(c);
  c.get(word);
  target();
  lanes.equal(c);
  c.get(met);
  lanes.and(c);
  lanes.or(c);
  c.set(met);
}

/** Numbers as they stand in memory for all lanes. */
export function spread(lanes: Lanes, words: readonly number[]): number[] {
  return words.flatMap((word) => new Array<number>(lanes.count).fill(word));
}
