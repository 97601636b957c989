/**
 * Places for job blocks in the checker's memory. Freed places are used again for blocks of their size; sizes are
 * rounded up, so that there are few of them and a pool that runs for months does not creep.
 *
 * @module
 */

const PAGE_BYTES = 65_536;
/** Small blocks (a coinbase of some hundred bytes) come in steps of this, large ones in powers of two. */
const STEP_BYTES = 256;
const LARGE_BYTES = 8192;
/** 1 GiB: 800,000 usual blocks. More means that works are not released. */
const MEMORY_MAX_PAGES = 16_384;
/** Growing copies nothing but makes every view anew: do it rarely. */
const GROW_PAGES = 64;

/** Hands out parts of a WebAssembly memory from `start` on. */
export class Arena {
  readonly memory: WebAssembly.Memory;
  readonly #free = new Map<number, number[]>();
  #next: number;
  #used = 0;

  /** @param onGrow Called after the memory has grown: views made before are empty now. */
  constructor(start: number, private readonly onGrow: () => void) {
    const initial = Math.ceil(start / PAGE_BYTES) + 1;
    this.memory = new WebAssembly.Memory({ initial, maximum: MEMORY_MAX_PAGES });
    this.#next = start;
  }

  /** Bytes handed out and not given back. */
  get used(): number {
    return this.#used;
  }

  /** An address of `bytes` bytes. What stood there before still does. @throws {RangeError} The memory is full. */
  take(bytes: number): number {
    const size = sizeOf(bytes);
    const freed = this.#free.get(size)?.pop();
    const address = freed ?? this.#next;
    if (freed === undefined) {
      this.#reach(address + size);
      this.#next += size;
    }
    this.#used += size;
    return address;
  }

  give(address: number, bytes: number): void {
    const size = sizeOf(bytes);
    const places = this.#free.get(size);
    if (places === undefined) this.#free.set(size, [address]);
    else places.push(address);
    this.#used -= size;
  }

  #reach(end: number): void {
    const pages = this.memory.buffer.byteLength / PAGE_BYTES;
    const needed = Math.ceil(end / PAGE_BYTES);
    if (needed <= pages) return;
    if (needed > MEMORY_MAX_PAGES) {
      throw new RangeError("Cannot register another work: release those of old jobs first");
    }
    const target = Math.min(MEMORY_MAX_PAGES, Math.max(needed, pages + GROW_PAGES));
    this.memory.grow(target - pages);
    this.onGrow();
  }
}

function sizeOf(bytes: number): number {
  if (bytes <= LARGE_BYTES) return Math.ceil(bytes / STEP_BYTES) * STEP_BYTES;
  return 2 ** Math.ceil(Math.log2(bytes));
}
