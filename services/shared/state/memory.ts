import { MemoryBuckets } from "./memory_buckets.ts";
import { MemoryTally } from "./memory_tally.ts";
import {
  type Bucket,
  type Draw,
  type Lease,
  type Level,
  type State,
  StateUnavailable,
} from "./port.ts";

/** What the adapters ask of a clock: spans only, so a step of the wall clock ends no lease. */
export interface StateClock {
  monotonic(): number;
}

interface Entry {
  readonly value: Uint8Array;
  /** On the monotonic clock; Infinity where it is kept until deleted. */
  readonly endsMs: number;
}

interface Grant {
  readonly holder: string;
  readonly fence: number;
  readonly endsMs: number;
}

/**
 * Most bytes of keys and values kept. The pool's own records are a few megabytes; the rest is cached templates,
 * which others can live without, so a full store refuses rather than grows.
 */
export const MEMORY_MAX_BYTES = 256 * 1024 * 1024;

/** What an entry costs beside its bytes: map slot, objects, key string. An estimate from heap snapshots' usual sizes. */
const ENTRY_BYTES = 200;

/** Expired entries are swept when as many writes have happened as there are entries, and at least this many. */
const SWEEP_AFTER_WRITES = 1024;

/** State inside one process. Everything is gone when the process ends, and so are all holders of its leases. */
export class MemoryState implements State {
  readonly name = "memory";
  readonly #clock: StateClock;
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Entry>();
  readonly #grants = new Map<string, Grant>();
  readonly #tally: MemoryTally;
  readonly #buckets: MemoryBuckets;
  #bytes = 0;
  #writes = 0;
  #closed = false;

  constructor(clock: StateClock, options: { maxBytes?: number } = {}) {
    this.#clock = clock;
    this.#tally = new MemoryTally(clock);
    this.#buckets = new MemoryBuckets(clock);
    this.#maxBytes = options.maxBytes ?? MEMORY_MAX_BYTES;
  }

  acquire(name: string, holder: string, ttlMs: number): Promise<Lease | null> {
    return this.#act(() => {
      const old = this.#grants.get(name);
      const live = old !== undefined && old.endsMs > this.#clock.monotonic();
      if (live && old.holder !== holder) return null;
      const fence = live ? old.fence : (old?.fence ?? 0) + 1;
      return this.#grant(name, holder, fence, ttlMs);
    });
  }

  renew(lease: Lease, ttlMs: number): Promise<Lease | null> {
    return this.#act(() =>
      this.#holds(lease) ? this.#grant(lease.name, lease.holder, lease.fence, ttlMs) : null
    );
  }

  release(lease: Lease): Promise<void> {
    return this.#act(() => {
      if (!this.#holds(lease)) return;
      // The record stays for its fence; only its time ends.
      this.#grants.set(lease.name, { ...this.#grants.get(lease.name)!, endsMs: -Infinity });
    });
  }

  get(key: string): Promise<Uint8Array | null> {
    return this.#act(() => this.#live(key)?.value.slice() ?? null);
  }

  set(key: string, value: Uint8Array, ttlMs?: number): Promise<void> {
    return this.#act(() => this.#put(key, value.slice(), this.#endOf(ttlMs)));
  }

  delete(key: string): Promise<void> {
    return this.#act(() => this.#drop(key));
  }

  compareAndSet(
    key: string,
    expected: Uint8Array | null,
    value: Uint8Array,
    ttlMs?: number,
  ): Promise<boolean> {
    return this.#act(() => {
      const present = this.#live(key)?.value ?? null;
      if (!same(present, expected)) return false;
      this.#put(key, value.slice(), this.#endOf(ttlMs));
      return true;
    });
  }

  increment(key: string, by: number, ttlMs?: number): Promise<number> {
    return this.#act(() => {
      if (!Number.isSafeInteger(by)) throw new RangeError(`Cannot add ${by}: not a whole number`);
      const entry = this.#live(key);
      const sum = (entry === null ? 0 : counted(key, entry.value)) + by;
      if (!Number.isSafeInteger(sum)) throw new RangeError(`Cannot count ${key} past 2^53`);
      // Kept as decimal text, as Redis keeps it: a counter can be read with get().
      this.#put(key, encoder.encode(String(sum)), entry?.endsMs ?? this.#endOf(ttlMs));
      return sum;
    });
  }

  tally(member: string, levels: readonly Level[], ttlMs: number): Promise<readonly number[]> {
    return this.#act(() => this.#tally.tell(member, levels, ttlMs));
  }

  take(key: string, bucket: Bucket, cost: number): Promise<Draw> {
    return this.#act(() => this.#buckets.take(key, bucket, cost));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#tally.clear();
    this.#buckets.clear();
    this.#entries.clear();
    this.#grants.clear();
    this.#bytes = 0;
    return Promise.resolve();
  }

  /** One operation, whole: nothing awaits inside, so nobody sees half of it. */
  #act<T>(operation: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new StateUnavailable("State is closed"));
    try {
      return Promise.resolve(operation());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #grant(name: string, holder: string, fence: number, ttlMs: number): Lease {
    const endsMs = this.#endOf(ttlMs);
    this.#grants.set(name, { holder, fence, endsMs });
    return { name, holder, fence, validUntilMs: endsMs, proof: "" };
  }

  #holds(lease: Lease): boolean {
    const grant = this.#grants.get(lease.name);
    return grant !== undefined && grant.holder === lease.holder && grant.fence === lease.fence &&
      grant.endsMs > this.#clock.monotonic();
  }

  #endOf(ttlMs: number | undefined): number {
    if (ttlMs === undefined) return Infinity;
    if (!(ttlMs > 0)) throw new RangeError(`Cannot keep anything for ${ttlMs} ms`);
    return this.#clock.monotonic() + ttlMs;
  }

  #live(key: string): Entry | null {
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    if (entry.endsMs > this.#clock.monotonic()) return entry;
    this.#drop(key);
    return null;
  }

  #put(key: string, value: Uint8Array, endsMs: number): void {
    if (++this.#writes >= Math.max(SWEEP_AFTER_WRITES, this.#entries.size)) this.#sweep();
    const grown = this.#bytes + cost(key, value) - this.#costOf(key);
    if (grown > this.#maxBytes) {
      // Entries whose time has passed still count until they are swept: look again before refusing.
      this.#sweep();
      if (this.#bytes + cost(key, value) - this.#costOf(key) > this.#maxBytes) {
        throw new StateUnavailable(`State is full: ${key} does not fit in ${this.#maxBytes} bytes`);
      }
    }
    this.#drop(key);
    this.#entries.set(key, { value, endsMs });
    this.#bytes += cost(key, value);
  }

  #costOf(key: string): number {
    const entry = this.#entries.get(key);
    return entry === undefined ? 0 : cost(key, entry.value);
  }

  #drop(key: string): void {
    this.#bytes -= this.#costOf(key);
    this.#entries.delete(key);
  }

  #sweep(): void {
    this.#writes = 0;
    const now = this.#clock.monotonic();
    for (const [key, entry] of this.#entries) if (entry.endsMs <= now) this.#drop(key);
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function counted(key: string, value: Uint8Array): number {
  const text = decoder.decode(value);
  if (!/^-?\d+$/.test(text)) throw new TypeError(`Cannot count ${key}: it holds no number`);
  return Number(text);
}

function cost(key: string, value: Uint8Array): number {
  return ENTRY_BYTES + key.length + value.length;
}

function same(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
