/**
 * News of sessions for those who watch: each watcher has a bounded queue, and is told how much it missed. Nothing is
 * made where nobody watches.
 *
 * @module
 */
import type { Change } from "./changes.ts";
import { WATCHER_QUEUE, WATCHERS_MAX } from "./limits.ts";
import type { Session } from "./session.ts";

/** What is told of sessions as it happens. */
export interface SessionNews {
  /** It has got its first job. */
  began(session: Session): void;
  ended(session: Session, why: string): void;
  /** @param before Its difficulty until now. */
  retargeted(session: Session, before: number, change: Change): void;
}

/** There are as many watchers as may be. */
export class TooManyWatchers extends Error {
  override name = "TooManyWatchers";
}

/** @typeParam T News as they are shown. */
export class SessionWatch<T> implements SessionNews {
  readonly #watchers = new Set<Watcher<T>>();

  /** @param show How each piece of news is shown, and how a gap of so many is. */
  constructor(
    private readonly show: {
      began(session: Session): T;
      ended(session: Session, why: string): T;
      retargeted(session: Session, before: number, change: Change): T;
      missed(count: number): T;
    },
  ) {}

  get watchers(): number {
    return this.#watchers.size;
  }

  began(session: Session): void {
    this.#tell(session, () => this.show.began(session));
  }

  ended(session: Session, why: string): void {
    // One that never had work never began.
    if (session.changes !== null) this.#tell(session, () => this.show.ended(session, why));
  }

  retargeted(session: Session, before: number, change: Change): void {
    this.#tell(session, () => this.show.retargeted(session, before, change));
  }

  /**
   * `first`, then all news of sessions that are wanted, until `signal` aborts or `close`.
   *
   * @throws {TooManyWatchers} At once, not while reading.
   */
  watch(
    first: T,
    wants: (session: Session) => boolean,
    signal: AbortSignal,
  ): AsyncIterable<T> {
    if (this.#watchers.size >= WATCHERS_MAX) {
      throw new TooManyWatchers(`Sessions are watched by ${WATCHERS_MAX} already: end one of them`);
    }
    const watcher = new Watcher<T>(wants);
    const end = () => {
      this.#watchers.delete(watcher);
      watcher.end();
    };
    // From this call on, and gone also where nobody ever begins to read.
    this.#watchers.add(watcher);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
    return this.#read(watcher, first, end);
  }

  /** The gateway ends: every watching does, with what there was to tell. */
  close(): void {
    for (const watcher of this.#watchers) watcher.end();
    this.#watchers.clear();
  }

  async *#read(watcher: Watcher<T>, first: T, end: () => void): AsyncGenerator<T, void, void> {
    try {
      yield first;
      for (;;) {
        const { missed, value } = watcher.take();
        if (missed > 0) yield this.show.missed(missed);
        if (value !== null) yield value;
        else if (watcher.ended) return;
        else await watcher.waited();
      }
    } finally {
      end();
    }
  }

  #tell(session: Session, make: () => T): void {
    let news: T | null = null;
    for (const watcher of this.#watchers) {
      if (watcher.wants(session)) watcher.offer(news ??= make());
    }
  }
}

class Watcher<T> {
  ended = false;
  #queue: T[] = [];
  #missed = 0;
  #wake: (() => void) | null = null;

  constructor(readonly wants: (session: Session) => boolean) {}

  /** Where it is full the oldest half goes at once: what is told is the newest, after its gap. */
  offer(news: T): void {
    if (this.#queue.length >= WATCHER_QUEUE) {
      this.#missed += this.#queue.splice(0, WATCHER_QUEUE / 2).length;
    }
    this.#queue.push(news);
    this.#wake?.();
  }

  /** What comes next, and how many before it are gone; null where nothing waits. */
  take(): { readonly missed: number; readonly value: T | null } {
    const missed = this.#missed;
    this.#missed = 0;
    return { missed, value: this.#queue.shift() ?? null };
  }

  async waited(): Promise<void> {
    if (!this.ended && this.#queue.length === 0) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    this.#wake = null;
  }

  end(): void {
    this.ended = true;
    this.#wake?.();
  }
}
