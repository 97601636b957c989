/**
 * What happens in a process, for those who watch it: the newest are kept, and each watcher has a bounded queue.
 *
 * @module
 */
import type { Clock } from "./clock.ts";
import type { Phase } from "./health.ts";
import type { LogLevel } from "./log.ts";
import type { Health } from "./status.ts";

/** What stands beside words, as text that may be shown. */
export type TextFacts = Readonly<Record<string, string>>;

/** What has happened. */
export type Happening =
  | {
    readonly kind: "log";
    readonly level: LogLevel;
    readonly message: string;
    readonly facts: TextFacts;
  }
  /** A part's health or sentence; null where it was not, or is no longer, on the board. */
  | {
    readonly kind: "part";
    readonly part: string;
    readonly before: Health | null;
    readonly health: Health | null;
    readonly detail: string;
  }
  /** A call that changes something, by whom, with what it found and left. `error` is empty where it succeeded. */
  | {
    readonly kind: "call";
    readonly method: string;
    readonly caller: string;
    /** What was asked, as JSON. */
    readonly request: string;
    readonly before: string;
    readonly after: string;
    readonly error: string;
  }
  /** A service in the process, or with an empty name the process itself, has entered a phase. */
  | { readonly kind: "phase"; readonly service: string; readonly phase: Phase }
  /** What a service tells its operators beside the log. */
  | {
    readonly kind: "notice";
    readonly service: string;
    readonly message: string;
    readonly facts: TextFacts;
  };

/** Told to one watcher in place of what it was too slow for. */
export interface Missed {
  readonly kind: "missed";
  readonly count: number;
}

/** `number` rises by one with each kept event; 0 for what is not kept: lines of debug, and what was missed. */
export type PoolEvent = (Happening | Missed) & {
  readonly number: number;
  readonly atMs: number;
};

/** There are as many watchers as may be. */
export class TooManyWatching extends Error {
  override name = "TooManyWatching";
}

export interface WatchOptions {
  /** Ends the watching; the iteration then ends without an error. */
  readonly signal: AbortSignal;
  /** Which are told; what was missed is told in any case. */
  readonly wants?: (event: Happening) => boolean;
  /** So many of the newest kept ones that are wanted come first. */
  readonly past?: number;
  /** Lines of debug as well: they are told to watchers and never kept. */
  readonly debug?: boolean;
}

export interface Events {
  /** Costs nothing but a place in the ring where nobody watches. */
  emit(happening: Happening): void;
  /**
   * Each event from now on, in order. A watcher that is slower than what happens is told how many it missed.
   *
   * @throws {TooManyWatching} Out of the first step of the iteration.
   */
  watch(options: WatchOptions): AsyncIterable<PoolEvent>;
  /** Whether somebody wants lines of debug: they need not be made otherwise. */
  readonly wantsDebug: boolean;
  /** Ends every watching: a process that ends keeps no stream open. */
  close(): void;
}

/** Some minutes of a busy process; about a megabyte at worst. */
export const EVENTS_KEPT = 1_000;
/** A watcher's queue: a second's burst. Whoever is further behind is told what it missed. */
export const WATCHER_QUEUE = 256;
/** Operators and their tools; each holds a queue and is asked at every line of the log. */
export const WATCHERS_MAX = 64;

export function createEvents(clock: Pick<Clock, "now">): Events {
  const kept: PoolEvent[] = [];
  const watchers = new Set<Watcher>();
  let number = 0;
  let closed = false;
  return {
    emit(happening) {
      const isDebug = happening.kind === "log" && happening.level === "debug";
      const event = { ...happening, number: isDebug ? 0 : ++number, atMs: clock.now() };
      if (!isDebug) {
        kept.push(event);
        if (kept.length > EVENTS_KEPT) kept.shift();
      }
      for (const watcher of watchers) {
        if (!isDebug || watcher.debug) watcher.offer(event);
      }
    },
    get wantsDebug() {
      for (const watcher of watchers) if (watcher.debug) return true;
      return false;
    },
    async *watch({ signal, wants = () => true, past = 0, debug = false }) {
      if (watchers.size >= WATCHERS_MAX) {
        throw new TooManyWatching(`${WATCHERS_MAX} watch this process already: end one of them`);
      }
      const watcher = new Watcher(clock, wants, debug);
      const wake = () => watcher.wake();
      signal.addEventListener("abort", wake);
      // Before the past is told: nothing may happen between the two.
      watchers.add(watcher);
      const before = past === 0 ? [] : kept.filter((event) => wants(event as Happening));
      try {
        for (const event of before.slice(-past)) {
          if (signal.aborted) return;
          yield event;
        }
        while (!signal.aborted) {
          const event = watcher.take();
          if (event !== null) yield event;
          else if (closed) return;
          else await watcher.waited();
        }
      } finally {
        watchers.delete(watcher);
        signal.removeEventListener("abort", wake);
      }
    },
    close() {
      closed = true;
      for (const watcher of watchers) watcher.wake();
    },
  };
}

/** One watcher's queue. The oldest make place: what is told is the newest, with a count of the gap before it. */
class Watcher {
  readonly #queue: PoolEvent[] = [];
  #missed = 0;
  #wake: (() => void) | null = null;

  constructor(
    readonly clock: Pick<Clock, "now">,
    readonly wants: (event: Happening) => boolean,
    readonly debug: boolean,
  ) {}

  offer(event: PoolEvent): void {
    if (!this.wants(event as Happening)) return;
    if (this.#queue.length >= WATCHER_QUEUE) {
      this.#queue.shift();
      this.#missed++;
    }
    this.#queue.push(event);
    this.wake();
  }

  /** The gap first: what follows it came after. Null where there is nothing to tell. */
  take(): PoolEvent | null {
    if (this.#missed > 0) {
      const count = this.#missed;
      this.#missed = 0;
      return { kind: "missed", count, number: 0, atMs: this.clock.now() };
    }
    return this.#queue.shift() ?? null;
  }

  /** Resolves at the next offer or wake. Called only where the queue is empty. */
  waited(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }

  wake(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
