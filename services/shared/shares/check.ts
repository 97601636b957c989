/**
 * The share check: which hash a share has, and whether that meets the share target and the network target.
 * Shares are collected (`add`), hashed together (`run`), asked about, and let go (`clear`).
 *
 * @module
 */
import { EXTRANONCE1_BYTES, EXTRANONCE2_BYTES } from "@gopool/chain";
import { Arena } from "./arena.ts";
import type { PreparedJob } from "./job.ts";
import { shapeOf, swap32, wordAt, writeJobBlock, writeWords } from "./job_block.ts";
import { headerOf } from "./plain.ts";
import { type Check, checkFunction } from "./wasm/instance.ts";
import { FOUR, ONE } from "./wasm/lanes.ts";
import { MEETS_NETWORK, MEETS_TARGET, MODULE_BYTES, SHARE } from "./wasm/share.ts";
import { Work, WorkBook } from "./works.ts";

export type { Work } from "./works.ts";

/**
 * Most shares between two `clear`s: 11 ms of hashing, so that nobody waits longer for a turn of the event loop,
 * and half a megabyte of memory.
 */
const BATCH_MAX = 4096;

/** Addresses in the one memory. */
const ONE_AT = 0;
const FOUR_AT = ONE_AT + MODULE_BYTES;
const SHARES_AT = FOUR_AT + MODULE_BYTES;
const ORDER_AT = SHARES_AT + BATCH_MAX * SHARE.bytes;
/** Up to three addresses are repeated to fill the last group of four. */
const JOBS_AT = ORDER_AT + (BATCH_MAX + 4) * 4;

const TARGET_BYTES = 32;
/** The difficulty-1 target, 0xffff * 2^208, as a double (exact). */
const DIFFICULTY_1 = 65_535 * 2 ** 208;
const TWO_32 = 2 ** 32;

export interface CheckerOptions {
  /** Which code hashes: "auto" takes four lanes for groups and one for singles. The others are for tests. */
  readonly lanes?: "auto" | "one" | "four";
}

export class ShareChecker {
  /** `add` throws beyond this many shares: `run` and `clear` first. */
  static readonly BATCH_MAX: number = BATCH_MAX;

  readonly #arena: Arena;
  readonly #one: Check;
  readonly #four: Check;
  readonly #lanes: "auto" | "one" | "four";
  #words!: Int32Array;
  #bytes!: Uint8Array;
  /** Views of the results, made once each. */
  #hashes: (Uint8Array | undefined)[] = [];

  readonly #works = new WorkBook();
  /** Released while shares of the batch may still need them. */
  #leaving: Work[] = [];

  #size = 0;
  #judged = 0;
  readonly #workOf: (Work | undefined)[] = new Array(BATCH_MAX).fill(undefined);
  /** Per share: the one added before it to the same work. */
  readonly #before = new Int32Array(BATCH_MAX);
  /** Works with shares that are not hashed yet. */
  readonly #waiting: Work[] = [];

  constructor(options: CheckerOptions = {}) {
    this.#lanes = options.lanes ?? "auto";
    this.#arena = new Arena(JOBS_AT, () => this.#look());
    this.#look();
    this.#one = checkFunction(ONE, ONE_AT, this.#arena.memory);
    this.#four = checkFunction(FOUR, FOUR_AT, this.#arena.memory);
  }

  #look(): void {
    this.#words = new Int32Array(this.#arena.memory.buffer);
    this.#bytes = new Uint8Array(this.#arena.memory.buffer);
    this.#hashes = new Array(BATCH_MAX).fill(undefined);
  }

  /** Bytes of memory that registered works take. */
  get workBytes(): number {
    return this.#arena.used;
  }

  /**
   * Registers (job, suffix): 10 to 50 µs, more for a long coinbase. Asked again for the same, it gives the same
   * Work, but keep it rather than ask for every share.
   *
   * @throws {RangeError} The coinbase is too long, or works take a GiB already.
   */
  work(job: PreparedJob, suffix: Uint8Array): Work {
    const known = this.#works.get(job, suffix);
    if (known !== undefined) return known;
    const shape = shapeOf(job, suffix);
    const address = this.#arena.take(shape.bytes);
    writeJobBlock(this.#words, address, job, suffix, shape);
    const work = new Work(this, job, suffix.slice(), address, shape);
    this.#works.put(work);
    return work;
  }

  /** Lets a work's memory go, however often it was asked for. Shares in the batch are still judged. */
  release(work: Work): void {
    if (work.owner !== this || !this.#works.remove(work)) return;
    if (this.#size > 0) this.#leaving.push(work);
    else this.#arena.give(work.address, work.bytes);
  }

  /** Releases every work of a job. */
  releaseJob(job: PreparedJob): void {
    for (const work of this.#works.of(job)) this.release(work);
  }

  /** Shares added since the last `clear`. */
  get size(): number {
    return this.#size;
  }

  /**
   * Takes a share into the batch; copies what it is given. Every share can be hashed, whatever else is wrong with
   * it: a stale one, too, may be a block.
   *
   * @param extranonce1 4 bytes.
   * @param extranonce2 8 bytes.
   * @param version The header's whole version field.
   * @param target The share target, 32 bytes, big-endian.
   * @returns Its index until `clear`.
   * @throws {RangeError} Another length, a full batch, or a released work.
   */
  add(
    work: Work,
    extranonce1: Uint8Array,
    extranonce2: Uint8Array,
    version: number,
    ntime: number,
    nonce: number,
    target: Uint8Array,
  ): number {
    const index = this.#size;
    if (
      extranonce1.length !== EXTRANONCE1_BYTES || extranonce2.length !== EXTRANONCE2_BYTES ||
      target.length !== TARGET_BYTES || index >= BATCH_MAX || work.released || work.owner !== this
    ) refuse(work, extranonce1, extranonce2, target, index);
    const words = this.#words;
    const at = (SHARES_AT + index * SHARE.bytes) >> 2;
    const w0 = wordAt(extranonce1, 0);
    const w1 = wordAt(extranonce2, 0);
    const w2 = wordAt(extranonce2, 4);
    const { shift } = work;
    if (shift === 0) {
      words[at] = w0;
      words[at + 1] = w1;
      words[at + 2] = w2;
      words[at + 3] = 0;
    } else {
      const back = 32 - shift;
      words[at] = w0 >>> shift;
      words[at + 1] = w0 << back | w1 >>> shift;
      words[at + 2] = w1 << back | w2 >>> shift;
      words[at + 3] = w2 << back;
    }
    words[at + SHARE.version / 4] = swap32(version);
    words[at + SHARE.ntime / 4] = swap32(ntime);
    words[at + SHARE.nonce / 4] = swap32(nonce);
    writeWords(words, at + SHARE.target / 4, target);
    if (work.last < 0) this.#waiting.push(work);
    this.#before[index] = work.last;
    work.last = index;
    this.#workOf[index] = work;
    this.#size = index + 1;
    return index;
  }

  /** Hashes every share added since the last `run`. Returns how many those were. */
  run(): number {
    const count = this.#size - this.#judged;
    for (let i = 0; i < this.#waiting.length; i++) this.#runWork(this.#waiting[i]!);
    this.#waiting.length = 0;
    this.#judged = this.#size;
    return count;
  }

  #runWork(work: Work): void {
    const words = this.#words;
    const order = ORDER_AT >> 2;
    let count = 0;
    for (let share = work.last; share >= 0; share = this.#before[share]!) {
      words[order + count++] = SHARES_AT + share * SHARE.bytes;
    }
    work.last = -1;
    const rest = count & 3;
    // A single one is done sooner by itself than with three empty lanes beside it.
    const singles = this.#lanes === "one" ? count : this.#lanes === "auto" && rest === 1 ? 1 : 0;
    let four = count - singles;
    for (; (four & 3) !== 0; four++) words[order + four] = words[order + count - 1]!;
    // Singles stand at the end, and fillers exist only where there are none.
    if (four > 0) this.#four(work.address, ORDER_AT, ORDER_AT + 4 * four);
    if (singles > 0) {
      this.#one(work.address, ORDER_AT + 4 * (count - singles), ORDER_AT + 4 * count);
    }
  }

  /** The hash is at or below the share target. */
  meetsTarget(index: number): boolean {
    return (this.#flags(index) & MEETS_TARGET) !== 0;
  }

  /** The hash is at or below the network target: the share is a block, whatever else is said of it. */
  meetsNetwork(index: number): boolean {
    return (this.#flags(index) & MEETS_NETWORK) !== 0;
  }

  /** The header's hash, internal order: a view that holds until `clear` or the next `work`. */
  hash(index: number): Uint8Array {
    this.#flags(index);
    const at = SHARES_AT + index * SHARE.bytes + SHARE.hash;
    return this.#hashes[index] ??= this.#bytes.subarray(at, at + 32);
  }

  /** Difficulty that the hash would have met, as near as doubles go. For statistics. */
  difficulty(index: number): number {
    this.#flags(index);
    const words = this.#words;
    const at = (SHARES_AT + index * SHARE.bytes + SHARE.hash) >> 2;
    let value = 0;
    for (let i = 7; i >= 0; i--) value = value * TWO_32 + (words[at + i]! >>> 0);
    return DIFFICULTY_1 / value;
  }

  /** The share's 80-byte header, built anew from its job: for the few that are blocks. */
  header(index: number): Uint8Array {
    this.#flags(index);
    const work = this.#workOf[index]!;
    const at = SHARES_AT + index * SHARE.bytes;
    const words = this.#words;
    const word = (offset: number) => words[(at + offset) >> 2]!;
    const extranonce = new Uint8Array(16);
    const view = new DataView(extranonce.buffer);
    for (let i = 0; i < 16; i += 4) view.setInt32(i, word(SHARE.extranonce + i));
    const begin = work.shift / 8;
    return headerOf(work.job, work.suffix, {
      extranonce1: extranonce.subarray(begin, begin + EXTRANONCE1_BYTES),
      extranonce2: extranonce.subarray(
        begin + EXTRANONCE1_BYTES,
        begin + EXTRANONCE1_BYTES + EXTRANONCE2_BYTES,
      ),
      version: swap32(word(SHARE.version)) >>> 0,
      ntime: swap32(word(SHARE.ntime)) >>> 0,
      nonce: swap32(word(SHARE.nonce)) >>> 0,
    });
  }

  /** Empties the batch. Indices and hashes from before mean nothing afterwards. */
  clear(): void {
    for (let i = 0; i < this.#waiting.length; i++) this.#waiting[i]!.last = -1;
    this.#waiting.length = 0;
    this.#workOf.fill(undefined, 0, this.#size);
    this.#size = 0;
    this.#judged = 0;
    for (const work of this.#leaving) this.#arena.give(work.address, work.bytes);
    this.#leaving = [];
  }

  #flags(index: number): number {
    // A result from an earlier batch would be believed: never give one.
    if (!(index >= 0 && index < this.#judged)) {
      throw new RangeError(`Share ${index} is not judged: ${this.#judged} of ${this.#size} are`);
    }
    return this.#words[(SHARES_AT + index * SHARE.bytes + SHARE.flags) >> 2]!;
  }
}

function refuse(
  work: Work,
  extranonce1: Uint8Array,
  extranonce2: Uint8Array,
  target: Uint8Array,
  index: number,
): never {
  const what = extranonce1.length !== EXTRANONCE1_BYTES || extranonce2.length !== EXTRANONCE2_BYTES
    ? `its extranonces have ${extranonce1.length} and ${extranonce2.length} bytes, must have 4 and 8`
    : target.length !== TARGET_BYTES
    ? `its target has ${target.length} bytes, must have ${TARGET_BYTES}`
    : index >= BATCH_MAX
    ? `the batch is full with ${BATCH_MAX}`
    : work.released
    ? `its work (job ${work.job.id}) was released`
    : "its work belongs to another checker";
  throw new RangeError(`Cannot add a share: ${what}`);
}
