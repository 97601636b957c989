/**
 * What the pool does now, as `stats.live` tells it: the newest record, and streams for those who watch.
 *
 * @module
 */
import { type Bus, decode, statsLive } from "@gopool/bus";
import type { AccountLive, StatsLive } from "@gopool/proto";
import type { Clock, Follow, Logger } from "@gopool/runtime";
import { LIVE_BACK_MS, LIVE_BATCH_MAX, LIVE_STALE_MS, STREAMS_MAX } from "./limits.ts";

export interface LiveDeps {
  readonly bus: Pick<Bus, "follow">;
  readonly clock: Pick<Clock, "now" | "monotonic">;
  readonly log: Logger;
  /** Records of other pools on the same log are passed over. */
  readonly pool: string;
}

/** What one account did, with when. */
export interface AccountTick extends Omit<AccountLive, "$typeName" | "$unknown"> {
  /** Clock of the statsd that wrote it, ms since the Unix epoch. */
  readonly atMs: number;
}

/** As many watch as may. */
export class TooManyWatch extends Error {
  override name = "TooManyWatch";
}

/** A watcher's queue holds one thing: what comes while it is full is joined with what is there. */
interface Watcher<T> {
  push(value: T): void;
  end(): void;
}

/**
 * The newest record, and streams of what follows. A watcher that reads slowly holds nobody up and costs no memory: of
 * the pool it gets the newest record, of an account the sum of what it missed.
 */
export class Live {
  readonly #deps: LiveDeps;
  readonly #pool = new Set<Watcher<StatsLive>>();
  readonly #accounts = new Map<string, Set<Watcher<AccountTick>>>();
  #latest: StatsLive | null = null;
  #heardMs = -Infinity;
  #watchers = 0;

  constructor(deps: LiveDeps) {
    this.#deps = deps;
  }

  /** The newest record that is known, whatever its age; null before the first. */
  latest(): StatsLive | null {
    return this.#latest;
  }

  /** Whether nothing has come for LIVE_STALE_MS, or nothing yet. */
  isStale(): boolean {
    return this.#deps.clock.monotonic() - this.#heardMs > LIVE_STALE_MS;
  }

  /** Of the newest record, by when it was logged; null before the first. */
  ageMs(): number | null {
    return this.#latest === null ? null : this.#deps.clock.monotonic() - this.#heardMs;
  }

  /** Streams that are open. */
  get watchers(): number {
    return this.#watchers;
  }

  /**
   * The newest record at once where there is one that is not stale, then each that comes. Ends when `signal` aborts or
   * the service does.
   *
   * @throws {TooManyWatch} At the call.
   */
  watchPool(signal: AbortSignal): AsyncIterable<StatsLive> {
    const queue = this.#queue<StatsLive>(signal, (_, newer) => newer, (watcher) => {
      this.#pool.add(watcher);
      return () => this.#pool.delete(watcher);
    });
    if (this.#latest !== null && !this.isStale()) queue.watcher.push(this.#latest);
    return queue.values;
  }

  /**
   * Each record in which the account stands: it sent something in that second. Ends as `watchPool`.
   *
   * @param account Canonical address.
   * @throws {TooManyWatch} At the call.
   */
  watchAccount(account: string, signal: AbortSignal): AsyncIterable<AccountTick> {
    return this.#queue<AccountTick>(signal, joined, (watcher) => {
      const watchers = this.#accounts.get(account) ?? new Set();
      this.#accounts.set(account, watchers.add(watcher));
      return () => {
        watchers.delete(watcher);
        if (watchers.size === 0) this.#accounts.delete(account);
      };
    }).values;
  }

  /** Reads the topic until the lane's signal aborts. For `keepFollowing`. */
  async follow({ signal, caughtUp, onTrouble }: Follow): Promise<void> {
    const { bus, clock } = this.#deps;
    const from = { kind: "time", ms: clock.now() - LIVE_BACK_MS } as const;
    const options = { from, batchMax: LIVE_BATCH_MAX, signal, caughtUp, onTrouble };
    await bus.follow(statsLive, options, ({ messages }) => {
      for (const message of messages) this.#read(message);
      return Promise.resolve();
    });
  }

  /** Ends every stream. Those who come later are served as before. */
  endAll(): void {
    const all = [...this.#pool, ...[...this.#accounts.values()].flatMap((some) => [...some])];
    for (const watcher of all) watcher.end();
  }

  #read(
    message: { readonly value: Uint8Array; readonly offset: number; loggedAtMs: number },
  ): void {
    let record: StatsLive;
    try {
      record = decode(statsLive, message.value);
    } catch (error) {
      // One that cannot be read says nothing; the next comes in a second.
      this.#deps.log.warn("a record of stats.live cannot be read", {
        offset: message.offset,
        error,
      });
      return;
    }
    if (record.pool !== this.#deps.pool) return;
    this.#latest = record;
    const { clock } = this.#deps;
    // What was logged a while ago is as old as it is, whenever it is read.
    this.#heardMs = clock.monotonic() - Math.max(0, clock.now() - message.loggedAtMs);
    if (this.isStale()) return;
    for (const watcher of this.#pool) watcher.push(record);
    if (this.#accounts.size === 0) return;
    for (const { $typeName: _, $unknown: __, ...one } of record.active) {
      const watchers = this.#accounts.get(one.account);
      if (watchers === undefined) continue;
      for (const watcher of watchers) watcher.push({ ...one, atMs: Number(record.atMs) });
    }
  }

  /** A queue of one place, registered until its reader goes, `signal` aborts or it is ended. */
  #queue<T>(
    signal: AbortSignal,
    join: (older: T, newer: T) => T,
    register: (watcher: Watcher<T>) => () => void,
  ): { readonly watcher: Watcher<T>; readonly values: AsyncIterable<T> } {
    if (this.#watchers >= STREAMS_MAX) {
      throw new TooManyWatch(`${STREAMS_MAX} streams are open already: ask again later`);
    }
    let held: { value: T } | null = null;
    let wake: (() => void) | null = null;
    let isOver = false;
    const woken = () => {
      wake?.();
      wake = null;
    };
    const watcher: Watcher<T> = {
      push(value) {
        held = { value: held === null ? value : join(held.value, value) };
        woken();
      },
      end: () => {
        if (isOver) return;
        isOver = true;
        this.#watchers--;
        leave();
        signal.removeEventListener("abort", watcher.end);
        woken();
      },
    };
    const leave = register(watcher);
    this.#watchers++;
    // Also where nobody reads: an aborted watcher is gone at once.
    signal.addEventListener("abort", watcher.end);
    if (signal.aborted) watcher.end();
    const iterator: AsyncIterator<T> = {
      async next() {
        while (!isOver) {
          if (held !== null) {
            const { value } = held;
            held = null;
            return { value, done: false };
          }
          await new Promise<void>((resolve) => wake = resolve);
        }
        return { value: undefined, done: true };
      },
      return() {
        watcher.end();
        return Promise.resolve({ value: undefined, done: true });
      },
    };
    return { watcher, values: { [Symbol.asyncIterator]: () => iterator } };
  }
}

/** What an account did in both, the rest as it is now. */
function joined(older: AccountTick, newer: AccountTick): AccountTick {
  return {
    ...newer,
    shares: older.shares + newer.shares,
    rejects: older.rejects + newer.rejects,
    difficulty: newer.difficulty || older.difficulty,
  };
}
