/**
 * Ten minutes of shares, account by account, in rings: hashrates and who is there, at any second, from sums that are as
 * many as there are pieces of the window. Pure; a share costs some additions.
 *
 * @module
 */
import {
  LIVE_ACCOUNTS_MAX,
  LIVE_BUCKET_MS,
  LIVE_LEAST_MS,
  LIVE_RATE_SECONDS,
  LIVE_WINDOW_MS,
  LIVE_WORKERS_MAX,
} from "./limits.ts";

/** Pieces of a ring: the window's, and the one that is being filled. */
const BUCKETS = LIVE_WINDOW_MS / LIVE_BUCKET_MS + 1;
const SECOND_MS = 1_000;
/** Seconds of the rates' ring: those that are told, the one that is being filled, and as many for late ones. */
const SECONDS = 2 * LIVE_RATE_SECONDS + 1;

/** Sums by piece of time. A slot that was last filled a round ago counts as empty. */
export class Ring {
  /** The sums, then the piece that each is of. Made with the first sum: most accounts that were made up have none. */
  #cells: Float64Array | null = null;

  constructor(readonly slots: number) {}

  add(piece: number, value: number): void {
    const { slots } = this;
    const cells = this.#cells ??= new Float64Array(2 * slots).fill(-1, slots);
    const slot = piece % slots;
    const known = cells[slots + slot]!;
    if (known > piece) return;
    if (known < piece) {
      cells[slots + slot] = piece;
      cells[slot] = 0;
    }
    cells[slot]! += value;
  }

  /** From `first` to `last`, both among them. */
  sum(first: number, last: number): number {
    const cells = this.#cells;
    if (cells === null) return 0;
    const { slots } = this;
    let sum = 0;
    for (let slot = 0; slot < slots; slot++) {
      const piece = cells[slots + slot]!;
      if (piece >= first && piece <= last) sum += cells[slot]!;
    }
    return sum;
  }
}

/** How many things were last seen in each piece of time: those in the window are there. */
class Presence {
  readonly #ring = new Ring(BUCKETS);

  /** @param before The piece it was last seen in; -1: none. */
  seen(before: number, piece: number): void {
    if (before >= 0) this.#ring.add(before, -1);
    this.#ring.add(piece, 1);
  }

  count(first: number, last: number): number {
    return this.#ring.sum(first, last);
  }
}

interface Window {
  readonly first: number;
  readonly last: number;
  readonly seconds: number;
}

/** Hashes a second, and one standard error of it: shares come by chance (Poisson). */
export interface Speed {
  readonly hashrate: number;
  readonly standardError: number;
}

/** Work in the window. */
class Work {
  readonly #work = new Ring(BUCKETS);
  readonly #squares = new Ring(BUCKETS);
  #firstMs = Infinity;
  #lastPiece = -Infinity;

  add(piece: number, work: number, atMs: number): void {
    this.#work.add(piece, work);
    this.#squares.add(piece, work * work);
    // After a window without any it begins anew.
    if (piece - this.#lastPiece >= BUCKETS) this.#firstMs = atMs;
    this.#firstMs = Math.min(this.#firstMs, atMs);
    this.#lastPiece = Math.max(this.#lastPiece, piece);
  }

  /** Over the window, or since the first share where that is younger. */
  speed({ first, last, seconds: all }: Window, nowMs: number): Speed {
    const seconds = Math.min(all, Math.max(LIVE_LEAST_MS, nowMs - this.#firstMs) / 1_000);
    return {
      hashrate: this.#work.sum(first, last) / seconds,
      standardError: Math.sqrt(this.#squares.sum(first, last)) / seconds,
    };
  }
}

/** One account, and what it did since it was last told. */
export class LiveAccount {
  readonly work = new Work();
  readonly present = new Presence();
  /** Worker → the piece of time in which its newest valid share was logged. */
  readonly workers = new Map<string, number>();
  /** ... of the account's. */
  lastPiece = -1;
  shares = 0;
  rejects = 0;
  workSince = 0;
  /** In force, of its newest share, and when that was logged. */
  difficulty = 0;
  difficultyAtMs = 0;

  constructor(readonly account: string) {}
}

/** One share, as the rings need it. */
export interface LiveShare {
  readonly account: string;
  readonly worker: string;
  readonly isValid: boolean;
  /** How many it stands for. */
  readonly shares: number;
  /** 0 where it is not valid. */
  readonly work: number;
  readonly difficulty: number;
  readonly loggedAtMs: number;
}

export interface LiveBounds {
  readonly accounts: number;
  readonly workers: number;
}

/** What the pool does at one moment. */
export interface LivePool extends Speed {
  readonly accounts: number;
  readonly workers: number;
  readonly sharesPerSecond: number;
  readonly rejectsPerSecond: number;
}

export class LiveRings {
  readonly #accounts = new Map<string, LiveAccount>();
  readonly #work = new Work();
  readonly #presentAccounts = new Presence();
  readonly #presentWorkers = new Presence();
  readonly #shares = new Ring(SECONDS);
  readonly #rejects = new Ring(SECONDS);
  /** Those that sent something since they were last told. */
  #active = new Set<LiveAccount>();
  #workers = 0;
  #sweep: Iterator<LiveAccount> | null = null;

  constructor(
    readonly bounds: LiveBounds = { accounts: LIVE_ACCOUNTS_MAX, workers: LIVE_WORKERS_MAX },
  ) {}

  /** Accounts and workers in memory. */
  get size(): { readonly accounts: number; readonly workers: number } {
    return { accounts: this.#accounts.size, workers: this.#workers };
  }

  /** @param nowMs A share that is older than the window counts for nothing. */
  add(share: LiveShare, nowMs: number): void {
    const { loggedAtMs, isValid, shares, work } = share;
    if (loggedAtMs <= nowMs - LIVE_WINDOW_MS) return;
    const piece = Math.floor(loggedAtMs / LIVE_BUCKET_MS);
    const second = Math.floor(loggedAtMs / SECOND_MS);
    (isValid ? this.#shares : this.#rejects).add(second, shares);
    if (isValid) this.#work.add(piece, work, loggedAtMs);
    const account = this.#account(share.account);
    if (account === null) return;
    this.#active.add(account);
    if (loggedAtMs >= account.difficultyAtMs) {
      account.difficulty = share.difficulty;
      account.difficultyAtMs = loggedAtMs;
    }
    if (!isValid) {
      account.rejects += shares;
      return;
    }
    account.shares += shares;
    account.workSince += work;
    account.work.add(piece, work, loggedAtMs);
    if (piece > account.lastPiece) {
      this.#presentAccounts.seen(account.lastPiece, piece);
      account.lastPiece = piece;
    }
    this.#worker(account, share.worker, piece);
  }

  pool(nowMs: number): LivePool {
    const window = windowAt(nowMs);
    const { first, last } = window;
    const second = Math.floor(nowMs / SECOND_MS);
    const rate = (ring: Ring) =>
      ring.sum(second - LIVE_RATE_SECONDS, second - 1) / LIVE_RATE_SECONDS;
    return {
      ...this.#work.speed(window, nowMs),
      accounts: this.#presentAccounts.count(first, last),
      workers: this.#presentWorkers.count(first, last),
      sharesPerSecond: rate(this.#shares),
      rejectsPerSecond: rate(this.#rejects),
    };
  }

  /** Speed and machines of one account. */
  of(account: LiveAccount, nowMs: number): Speed & { readonly workers: number } {
    const window = windowAt(nowMs);
    return {
      ...account.work.speed(window, nowMs),
      workers: account.present.count(window.first, window.last),
    };
  }

  /** Accounts that sent something since this was last asked. Their counts are set to nothing by `told`. */
  takeActive(): readonly LiveAccount[] {
    const active = [...this.#active];
    this.#active = new Set();
    return active;
  }

  /** Lets go of what nothing in the window is of, looking at so many accounts. */
  sweep(nowMs: number, most: number): void {
    const { first } = windowAt(nowMs);
    for (let left = most; left > 0; left--) {
      this.#sweep ??= this.#accounts.values();
      const { value: account, done } = this.#sweep.next();
      if (done === true) {
        this.#sweep = null;
        return;
      }
      for (const [worker, piece] of account.workers) {
        if (piece >= first) continue;
        account.workers.delete(worker);
        this.#workers--;
      }
      if (account.lastPiece < first && !this.#active.has(account)) {
        this.#accounts.delete(account.account);
      }
    }
  }

  #account(name: string): LiveAccount | null {
    let account = this.#accounts.get(name);
    if (account === undefined) {
      if (this.#accounts.size >= this.bounds.accounts) return null;
      this.#accounts.set(name, account = new LiveAccount(name));
    }
    return account;
  }

  #worker(account: LiveAccount, name: string, piece: number): void {
    const before = account.workers.get(name);
    if (before !== undefined && before >= piece) return;
    if (before === undefined) {
      if (this.#workers >= this.bounds.workers) return;
      this.#workers++;
    }
    account.workers.set(name, piece);
    account.present.seen(before ?? -1, piece);
    this.#presentWorkers.seen(before ?? -1, piece);
  }
}

/** What was told is not told again. */
export function told(account: LiveAccount): void {
  account.shares = account.rejects = account.workSince = 0;
}

/** The pieces of the window that ends now, and how long they are together: the newest one is not over. */
function windowAt(nowMs: number): Window {
  const last = Math.floor(nowMs / LIVE_BUCKET_MS);
  const first = last - (BUCKETS - 1);
  return { first, last, seconds: (nowMs - first * LIVE_BUCKET_MS) / 1_000 };
}
