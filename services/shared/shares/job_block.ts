/**
 * A job and a coinbase suffix as the hash modules read them: everything that does not change from share to share
 * is brought into its final form once.
 *
 * @module
 */
import { EXTRANONCE1_BYTES, EXTRANONCE2_BYTES, midstate } from "@gopool/chain";
import { COINBASE_MAX_BYTES, type PreparedJob } from "./job.ts";
import { CONSTANT_BLOCK_BYTES, expandConstant } from "./wasm/sha256.ts";
import { JOB } from "./wasm/share.ts";

const BLOCK_BYTES = 64;
const BLOCK_WORDS = 16;
const EXTRANONCE_BYTES = EXTRANONCE1_BYTES + EXTRANONCE2_BYTES;
/** 0x80 and eight bytes of length end every hashed message. */
const PADDING_BYTES = 9;

/** How a coinbase falls into the hash's blocks. */
export interface Shape {
  /** Bytes of the coinbase's whole blocks before the extranonce's first one. */
  readonly prefixBytes: number;
  /** Where in that first block the extranonce begins, 0 to 63. */
  readonly offset: number;
  /** Blocks that hold extranonce bytes: 1 or 2. */
  readonly variableBlocks: number;
  /** Blocks behind them, with the padding. */
  readonly constantBlocks: number;
  /** Of the whole job block. */
  readonly bytes: number;
}

/** @throws {RangeError} The coinbase is longer than any block could hold. */
export function shapeOf({ job }: PreparedJob, suffix: Uint8Array): Shape {
  const length = job.coinbasePrefix.length + EXTRANONCE_BYTES + suffix.length;
  if (length > COINBASE_MAX_BYTES) {
    throw new RangeError(`Cannot use a coinbase of ${length} bytes: at most ${COINBASE_MAX_BYTES}`);
  }
  const offset = job.coinbasePrefix.length % BLOCK_BYTES;
  const prefixBytes = job.coinbasePrefix.length - offset;
  const blocks = Math.ceil((length - prefixBytes + PADDING_BYTES) / BLOCK_BYTES);
  const variableBlocks = offset + EXTRANONCE_BYTES > BLOCK_BYTES ? 2 : 1;
  const constantBlocks = blocks - variableBlocks;
  const bytes = JOB.branch + 32 * job.merkleBranch.length + CONSTANT_BLOCK_BYTES * constantBlocks;
  return { prefixBytes, offset, variableBlocks, constantBlocks, bytes };
}

/** Writes the job block at `address`; `words` is the whole memory. */
export function writeJobBlock(
  words: Int32Array,
  address: number,
  prepared: PreparedJob,
  suffix: Uint8Array,
  shape: Shape,
): void {
  const { job } = prepared;
  const { prefixBytes, offset, variableBlocks, constantBlocks } = shape;
  const at = (byte: number) => (address + byte) >> 2;
  const prefix = job.coinbasePrefix;
  words.set(midstate(prefix.subarray(0, prefixBytes)), at(JOB.midstate));

  const tail = new Uint8Array((variableBlocks + constantBlocks) * BLOCK_BYTES);
  tail.set(prefix.subarray(prefixBytes));
  const end = offset + EXTRANONCE_BYTES + suffix.length;
  tail.set(suffix, offset + EXTRANONCE_BYTES);
  tail[end] = 0x80;
  const view = new DataView(tail.buffer);
  view.setUint32(tail.length - 4, (prefixBytes + end) * 8); // bits, below 2^32 by COINBASE_MAX_BYTES
  const tailWords = new Int32Array(tail.length / 4);
  for (let i = 0; i < tailWords.length; i++) tailWords[i] = view.getInt32(4 * i);

  const variableWords = variableBlocks * BLOCK_WORDS;
  words.fill(0, at(JOB.template), at(JOB.branch));
  words.set(tailWords.subarray(0, variableWords), at(JOB.template));
  words[at(JOB.variableBlocks)] = variableBlocks;
  words[at(JOB.extranonceWord)] = offset >> 2;

  const constantAddress = address + JOB.branch + 32 * job.merkleBranch.length;
  words[at(JOB.constantBlocks)] = constantBlocks;
  words[at(JOB.constantAddress)] = constantAddress;
  for (let i = 0; i < constantBlocks; i++) {
    const block = (constantAddress + i * CONSTANT_BLOCK_BYTES) >> 2;
    expandConstant(tailWords, variableWords + i * BLOCK_WORDS, words, block);
  }

  words[at(JOB.branchDepth)] = job.merkleBranch.length;
  job.merkleBranch.forEach((hash, i) => writeWords(words, at(JOB.branch + 32 * i), hash));
  writeWords(words, at(JOB.previousHash), prepared.previousHash);
  writeWords(words, at(JOB.networkTarget), prepared.target32);
  words[at(JOB.nbits)] = swap32(job.nbits);
}

/** 32 bytes as eight hash words (big-endian). */
export function writeWords(words: Int32Array, at: number, bytes: Uint8Array): void {
  for (let i = 0; i < 8; i++) words[at + i] = wordAt(bytes, 4 * i);
}

/** The hash word (big-endian) at a byte offset. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!;
}

/** A header's little-endian number as the hash word of its bytes. */
export function swap32(value: number): number {
  return value << 24 | (value & 0xff00) << 8 | value >>> 8 & 0xff00 | value >>> 24;
}
