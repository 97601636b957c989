/**
 * SHA-256 (FIPS 180-4) in plain JavaScript with reused buffers: a call into the runtime's native hash costs more
 * than the few blocks of a header, a merkle pair or a coinbase. Long one-shot inputs do go to the native one.
 * Not re-entrant across threads by design: each worker has its own module and so its own buffers.
 *
 * @module
 */
import { hash as nativeHash } from "node:crypto";
import type { Hash } from "./units.ts";

const BLOCK_BYTES = 64;
/** From here the native hash is faster in spite of the cost of its call; measured by sha256_bench.ts. */
const NATIVE_FROM_BYTES = 512;

/** Fractional parts of the square roots of the first eight primes (FIPS 180-4, 5.3.3). */
// deno-fmt-ignore
const START = Uint32Array.of(
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
);
/** Fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2). */
// deno-fmt-ignore
const K = Int32Array.of(
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
);

/** The message schedule; its first 16 words are the block to compress. */
const w = new Int32Array(64);
const state = new Int32Array(8);

/** Compresses the block in `w[0..16]` into `state`. */
function compress(): void {
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!, y = w[i - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0;
  }
  let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!;
  let e = state[4]!, f = state[5]!, g = state[6]!, h = state[7]!;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + (g ^ (e & (f ^ g))) + K[i]! + w[i]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) | (c & (a | b)))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = (state[0]! + a) | 0;
  state[1] = (state[1]! + b) | 0;
  state[2] = (state[2]! + c) | 0;
  state[3] = (state[3]! + d) | 0;
  state[4] = (state[4]! + e) | 0;
  state[5] = (state[5]! + f) | 0;
  state[6] = (state[6]! + g) | 0;
  state[7] = (state[7]! + h) | 0;
}

/** Loads 16 big-endian words of `bytes` from `at` into the schedule. */
function load(bytes: Uint8Array, at: number): void {
  for (let i = 0; i < 16; i++, at += 4) {
    w[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }
}

/** The last, padded bytes of a message: at most two blocks. */
const last = new Uint8Array(2 * BLOCK_BYTES);

/** Absorbs `bytes` and the padding of a message of `messageBytes` bytes into `state`. */
function finish(bytes: Uint8Array, messageBytes: number): void {
  const whole = bytes.length - bytes.length % BLOCK_BYTES;
  for (let at = 0; at < whole; at += BLOCK_BYTES) {
    load(bytes, at);
    compress();
  }
  const rest = bytes.length - whole;
  // 0x80 and the 8 bytes of length must fit behind the rest, else a second block follows.
  const end = rest + 9 <= BLOCK_BYTES ? BLOCK_BYTES : 2 * BLOCK_BYTES;
  last.fill(0, rest, end);
  for (let i = 0; i < rest; i++) last[i] = bytes[whole + i]!;
  last[rest] = 0x80;
  for (let at = 0; at < end; at += BLOCK_BYTES) {
    load(last, at);
    if (at + BLOCK_BYTES === end) {
      w[14] = Math.floor(messageBytes / 0x2000_0000);
      w[15] = messageBytes << 3;
    }
    compress();
  }
}

/** Replaces `state` with the state after hashing its own 32 bytes: the second round of SHA-256d. */
function again(): void {
  w.set(state);
  w[8] = 0x8000_0000 | 0;
  w.fill(0, 9, 15);
  w[15] = 256;
  state.set(START);
  compress();
}

function digest(): Uint8Array {
  const out = new Uint8Array(32);
  for (let i = 0, at = 0; i < 8; i++, at += 4) {
    const word = state[i]!;
    out[at] = word >>> 24;
    out[at + 1] = word >>> 16;
    out[at + 2] = word >>> 8;
    out[at + 3] = word;
  }
  return out;
}

/** SHA-256 of `bytes`: 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  if (bytes.length >= NATIVE_FROM_BYTES) return native(bytes);
  state.set(START);
  finish(bytes, bytes.length);
  return digest();
}

/** SHA-256 of the SHA-256 of `bytes`: what Bitcoin calls the hash of a header, a transaction, a merkle node. */
export function sha256d(bytes: Uint8Array): Hash {
  if (bytes.length >= NATIVE_FROM_BYTES) return sha256(native(bytes)) as Hash;
  state.set(START);
  finish(bytes, bytes.length);
  again();
  return digest() as Hash;
}

/** `sha256d(left || right)` for two 32-byte values, without joining them first: one node of a merkle tree. */
export function sha256dPair(left: Uint8Array, right: Uint8Array): Hash {
  if (left.length !== 32 || right.length !== 32) {
    throw new RangeError(`Cannot pair hashes of ${left.length} and ${right.length} bytes`);
  }
  for (let i = 0, at = 0; i < 8; i++, at += 4) {
    w[i] = (left[at]! << 24) | (left[at + 1]! << 16) | (left[at + 2]! << 8) | left[at + 3]!;
    w[i + 8] = (right[at]! << 24) | (right[at + 1]! << 16) | (right[at + 2]! << 8) | right[at + 3]!;
  }
  state.set(START);
  compress();
  w.fill(0, 0, 15);
  w[0] = 0x8000_0000 | 0;
  w[15] = 512;
  compress();
  again();
  return digest() as Hash;
}

/**
 * The hash function's inner state after `bytes`, 8 words: where many messages share their beginning, this part
 * of the work is done once.
 *
 * @throws {RangeError} `bytes` is not a whole number of 64-byte blocks.
 */
export function midstate(bytes: Uint8Array): Uint32Array {
  if (bytes.length % BLOCK_BYTES !== 0) {
    throw new RangeError(`Cannot take the midstate of ${bytes.length} bytes: must be blocks of 64`);
  }
  state.set(START);
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    load(bytes, at);
    compress();
  }
  return Uint32Array.from(state);
}

/**
 * `sha256d(prefix || tail)` from the prefix's midstate.
 *
 * @param prefixLength Bytes of the prefix: a multiple of 64.
 * @throws {RangeError} `prefixLength` is not a multiple of 64, or the midstate is not 8 words.
 */
export function sha256dFrom(
  midstate: Uint32Array,
  prefixLength: number,
  tail: Uint8Array,
): Hash {
  if (midstate.length !== 8 || prefixLength % BLOCK_BYTES !== 0 || prefixLength < 0) {
    throw new RangeError(
      `Cannot go on from a midstate of ${midstate.length} words after ${prefixLength} bytes: ` +
        "must be 8 words after a multiple of 64",
    );
  }
  state.set(midstate);
  finish(tail, prefixLength + tail.length);
  again();
  return digest() as Hash;
}

function native(bytes: Uint8Array): Uint8Array {
  // A copy: what node:crypto returns is a Buffer, whose slice() and toString() are not those of a Uint8Array.
  return new Uint8Array(nativeHash("sha256", bytes, "buffer"));
}
