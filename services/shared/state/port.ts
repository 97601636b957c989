/**
 * Small shared memory of the pool: leases, sessions, caches, counters. Never the only copy of anything that
 * matters: the log and the ledger are. Every operation is atomic and settles within STATE_ANSWER_MS, also while the
 * store hangs; keys are plain text with `:` between parts. A TTL is more than 0 ms (else RangeError).
 *
 * @module
 */

/** Every operation has settled after this: leases, handshakes and the 2 s of a leader lease count on it. */
export const STATE_ANSWER_MS = 1_000;

/** The right to a name until `validUntilMs`, unless renewed. Of use only to the process that was given it. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  /**
   * Higher at each new grant of a name, also after the store has lost everything: whoever shows a lower number
   * is out. Whole, at most 2^53. Gaps mean nothing.
   */
  readonly fence: number;
  /**
   * The holder may act on it before this, by the monotonic clock that the state was opened with. Counted from
   * before the store was asked, so the holder's time always ends before the store's does.
   */
  readonly validUntilMs: number;
  /** The store's own note about the grant. A renewal shows it, so that a lease outlives a store that forgot it. */
  readonly proof: string;
}

/** How much a member has of something that all members count together. */
export interface Level {
  readonly key: string;
  /** Whole, not negative. */
  readonly level: number;
}

/** Most keys of one `tally`: a few milliseconds of the store's time, which leases wait for, too. */
export const TALLY_KEYS_MAX = 500;

/** A bucket of tokens: full at first, filled evenly, never above its capacity. */
export interface Bucket {
  /** More than 0. */
  readonly capacity: number;
  /** Tokens that come back in a second; so many that it is full within 100 days. */
  readonly perSecond: number;
}

/** What came of taking tokens. */
export interface Draw {
  readonly granted: boolean;
  /** What the bucket holds now; with a fraction. */
  readonly left: number;
  /** How long until as many are there as were asked for, if nobody else takes any; 0 where granted. */
  readonly waitMs: number;
}

export interface State extends AsyncDisposable {
  /** For people and logs: adapter and place, never credentials. */
  readonly name: string;

  /**
   * Takes the lease if it is free, expired, or already this holder's (then with the same fence, for `ttlMs` more).
   * Null when another holds it, or while the store is in quarantine: a store that has or may have lost leases
   * (emptied, restarted, another took its place; new, which looks the same) grants no free name for `ttlMs`,
   * because holders of lost leases may still be at work. So everybody asks for one name with the same TTL: a
   * shorter one would not wait for the holder of a longer one. (The memory adapter is exempt: its holders
   * died with it.)
   *
   * @throws {StateUnavailable} The store is away: nothing is known.
   */
  acquire(name: string, holder: string, ttlMs: number): Promise<Lease | null>;
  /**
   * Prolongs by compare-and-set on holder and fence; null when it is no longer this holder's. A store that has
   * lost the lease takes the holder's word for it while the lease would still be valid: the holder goes on,
   * with the same fence, as if nothing had been lost.
   */
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

  /**
   * Sets how much `member` has of each key, for `ttlMs` from now, and gives in the same order what all members
   * together have of it at that moment, this one included. A member that says no more is out of the sums after
   * its time, a level of 0 takes it out at once; a key without members is gone. A level replaces the one before,
   * so a call whose answer was lost is simply made again. Atomic for each key, not over all. The keys are a
   * space of their own beside those of `get` and `set`.
   *
   * @param levels At most TALLY_KEYS_MAX, keys all different.
   */
  tally(member: string, levels: readonly Level[], ttlMs: number): Promise<readonly number[]>;

  /**
   * Takes `cost` tokens from the bucket of that key if it holds as many, else none. A key that is not known is a full
   * bucket, and one that is full again is forgotten. Who asks of one key with another bucket than before gets by the
   * new one: what is held stays, up to its capacity. The keys are a space of their own.
   *
   * @param cost More than 0, at most the capacity.
   */
  take(key: string, bucket: Bucket, cost: number): Promise<Draw>;
}

/**
 * The store cannot be reached, or cannot do it now. An operation that was under way may still have been done, or
 * be done a moment later, once: who cannot bear that uses `compareAndSet`. The caller goes on without the store
 * where the port's user says so.
 */
export class StateUnavailable extends Error {
  override name = "StateUnavailable";
}
