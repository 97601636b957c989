/**
 * Chance comes in through the door: services take a Random, tests give them one that can be repeated.
 *
 * @module
 */

export interface Random {
  /** A whole number from 0 to 2^32 - 1, evenly. */
  uint32(): number;
  /** A number from 0 (included) to 1 (not), evenly. */
  unit(): number;
}

const TWO_32 = 2 ** 32;

/** Words fetched at a time: one system call per number would cost more than the number is worth. */
const POOL_WORDS = 256;

/** The machine's own randomness, fit for identifiers that must not be guessed. */
export const systemRandom: Random = (() => {
  const pool = new Uint32Array(POOL_WORDS);
  let used = POOL_WORDS;
  const uint32 = () => {
    if (used === POOL_WORDS) {
      crypto.getRandomValues(pool);
      used = 0;
    }
    return pool[used++]!;
  };
  return { uint32, unit: () => uint32() / TWO_32 };
})();

/**
 * The same numbers for the same seed, for ever: a failure is a seed. xoshiro128** (Blackman and Vigna 2018),
 * its state filled by splitmix32. Not for secrets.
 */
export function seededRandom(seed: number): Random {
  let filler = seed | 0;
  const fill = () => {
    filler = (filler + 0x9e3779b9) | 0;
    let z = filler;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return z ^ (z >>> 16);
  };
  let [a, b, c, d] = [fill(), fill(), fill(), fill()];
  const uint32 = () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotate(d, 11);
    return result;
  };
  return { uint32, unit: () => uint32() / TWO_32 };
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}
