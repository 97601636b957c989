/**
 * Small shared memory of the pool: leases, sessions, caches, counters. Never the only copy of anything that
 * matters: the log and the ledger are. Every operation is atomic; keys are plain text with `:` between parts.
 *
 * @module
 */

/** The right to a name until `expiresAtMs`, unless renewed. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  /** Rises by at least one each time the name passes to another grant: whoever shows a lower number is out. */
  readonly fence: number;
  /** By the store's clock as the holder sees it, already shortened by the round trip. */
  readonly expiresAtMs: number;
}

export interface State extends AsyncDisposable {
  /** For people and logs: adapter and place, never credentials. */
  readonly name: string;

  /**
   * Takes the lease if it is free, expired, or already this holder's (then with the same fence, for `ttlMs` more).
   * Null when another holds it, or while the store is in quarantine: a store that has lost its lease table
   * grants nothing for one TTL, because holders of the lost leases may still be at work. (The memory adapter is
   * exempt: its holders died with it.)
   *
   * @throws {StateUnavailable} The store is away: nothing is known.
   */
  acquire(name: string, holder: string, ttlMs: number): Promise<Lease | null>;
  /** Prolongs by compare-and-set on holder and fence; null when it is no longer this holder's. */
  renew(lease: Lease, ttlMs: number): Promise<Lease | null>;
  /** Gives it up early; does nothing if it is no longer this holder's. The fence stays counted. */
  release(lease: Lease): Promise<void>;

  get(key: string): Promise<Uint8Array | null>;
  /** `ttlMs` absent: kept until deleted. */
  set(key: string, value: Uint8Array, ttlMs?: number): Promise<void>;
  delete(key: string): Promise<void>;
  /** Sets `value` only if the present one equals `expected` byte for byte (null: only if there is none). */
  compareAndSet(
    key: string,
    expected: Uint8Array | null,
    value: Uint8Array,
    ttlMs?: number,
  ): Promise<boolean>;
  /** Adds `by` and gives the sum; a new counter starts at 0 and lives for `ttlMs` from its creation. */
  increment(key: string, by: number, ttlMs?: number): Promise<number>;
}

/** The store cannot be reached. Safe to retry; the caller goes on without it where the port's user says so. */
export class StateUnavailable extends Error {
  override name = "StateUnavailable";
}
