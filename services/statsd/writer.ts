/**
 * What was folded, into the store: every second what changed, whole minutes replacing what stood there, and beside them
 * how far the reading is. One write at a time.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { type Fold, type RawShare, type Series, SeriesUnavailable } from "@gopool/series";
import type { Clock, Logger, StatusBoard } from "@gopool/runtime";
import type { Claims } from "./claims.ts";
import {
  HOLD_MS,
  HOUR_MS,
  WRITE_EVERY_MS,
  WRITE_LONG_MS,
  WRITE_MAX,
  WRITE_RETRY,
} from "./limits.ts";
import type { Taken } from "./minutes.ts";
import type { Part } from "./part.ts";
import { Pauses } from "./pauses.ts";
import { pointOf, poolPointOf } from "./points.ts";

export interface WriterDeps {
  readonly series: Pick<Series, "write" | "rolledUntil">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly board: StatusBoard;
  /** Null: the store keeps the positions, so nobody else writes. */
  readonly claims: Claims | null;
  /** The log that positions belong to. */
  readonly logId: string;
  /** Where it counts: of the process, not of one run. */
  readonly counts: WriteCounts;
  /** Told of a part that another claims by now: it has to be begun anew, by whoever the group gives it to. */
  readonly onLost: (part: Part) => void;
}

/** What the store has taken and refused since the process began. */
export interface WriteCounts {
  writes: number;
  points: number;
  raw: number;
  refused: number;
  lastRefusal: { readonly atMs: number; readonly why: string } | null;
  lastWriteAtMs: number | null;
}

export function noWrites(): WriteCounts {
  return { writes: 0, points: 0, raw: 0, refused: 0, lastRefusal: null, lastWriteAtMs: null };
}

export const STORE_PART = "statsd/series";

/** One part's share of a write. */
interface Take {
  readonly part: Part;
  readonly taken: readonly Taken[];
  readonly position: number | undefined;
  /** What `writtenNext` is when the store has it; undefined: as before. */
  readonly next: number | undefined;
}

export class Writer {
  readonly parts = new Map<string, Part>();
  readonly raw: RawShare[] = [];
  /**
   * The end of the newest hour that is rolled up, as the store last said; what is written before it is dirty. Null: not
   * asked yet, and nothing is written before it is.
   */
  rolledUntilMs: number | null = null;
  readonly #stored = new Map<string, number>();
  #turn: Promise<unknown> = Promise.resolve();
  #wanted = new AbortController();
  #done = Promise.withResolvers<void>();
  /** Whether this process may have been taken for dead. */
  #isInDoubt = false;
  readonly #pauses: Pauses;

  constructor(private readonly deps: WriterDeps) {
    this.#pauses = new Pauses(deps.clock, deps.log, () => this.doubt());
  }

  /** Writes until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#writing(signal), this.#pauses.run(signal)]);
  }

  async #writing(signal: AbortSignal): Promise<void> {
    const { clock } = this.deps;
    let pauseMs: number = WRITE_RETRY.firstMs;
    while (!signal.aborted) {
      await clock.sleep(WRITE_EVERY_MS, AbortSignal.any([signal, this.#wanted.signal]));
      if (signal.aborted) return;
      this.#wanted = new AbortController();
      try {
        await this.write();
        pauseMs = WRITE_RETRY.firstMs;
      } catch (thrown) {
        this.#refused(thrown instanceof Error ? thrown : new Error(String(thrown)));
        await clock.sleep(pauseMs, signal);
        pauseMs = Math.min(pauseMs * 2, WRITE_RETRY.lastMs);
      }
    }
  }

  /** Others may read what this process reads: it is looked at before the next write. */
  doubt(): void {
    this.#isInDoubt = true;
  }

  /** Whether the process was stopped a moment ago: who reads what is not known yet. */
  get isShaken(): boolean {
    return this.#pauses.isShaken;
  }

  /** Resolves after the next write that ends well, which is made at once; or when `signal` aborts. */
  async relief(signal: AbortSignal): Promise<void> {
    this.#wanted.abort();
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => resolve(), { once: true });
    await Promise.race([this.#done.promise, promise]);
  }

  /**
   * Writes what there is, after what is being written.
   *
   * @throws {SeriesUnavailable} And what the state throws where this process has to ask whether it may: nothing counts as
   * written.
   */
  write(): Promise<void> {
    const mine = this.#turn.then(() => this.#writeAll());
    this.#turn = mine.catch(() => {});
    return mine;
  }

  async #writeAll(): Promise<void> {
    for (;;) {
      await this.#settleDoubt();
      this.rolledUntilMs ??= await this.deps.series.rolledUntil();
      const isMore = await this.#writeSome();
      this.#done.resolve();
      this.#done = Promise.withResolvers();
      if (!isMore) return;
      await nextTurn();
    }
  }

  /** @returns Whether more is there to be written at once. */
  async #writeSome(): Promise<boolean> {
    const { series, clock, claims, counts } = this.deps;
    const most = claims === null ? WRITE_MAX.embedded : WRITE_MAX.server;
    const { takes, isMore } = this.#take(most);
    const raw = this.raw.splice(0, most);
    const fold = this.#foldOf(takes, raw);
    if (fold !== null) {
      using _ = this.#tellLong();
      try {
        await series.write(fold);
      } catch (error) {
        for (const { part, taken } of takes) part.minutes.giveBack(taken);
        this.raw.unshift(...raw);
        // A write that was lost on its way may come late: by then others may have written.
        this.doubt();
        throw error;
      }
      counts.writes++;
      counts.points += fold.minutes.length + fold.pool.length;
      counts.raw += raw.length;
      counts.lastWriteAtMs = clock.now();
      this.deps.board.clear(STORE_PART);
    }
    for (const { part, taken, position, next } of takes) {
      // Once more: an hour that was rolled up while this was on its way was rolled up without it.
      this.#markDirty(part, taken);
      part.minutes.written();
      if (next !== undefined) part.writtenNext = next;
      if (position !== undefined) this.#stored.set(part.name, position);
    }
    return isMore || this.raw.length > 0;
  }

  #take(most: number): { takes: Take[]; isMore: boolean } {
    const nowMs = this.deps.clock.monotonic();
    const takes: Take[] = [];
    let left = most;
    for (const part of this.parts.values()) {
      if (part.isLost) continue;
      const { minutes } = part;
      if (minutes.beginning.hold && nowMs - part.begunAtMs >= HOLD_MS) minutes.release();
      const taken = left > 0 ? minutes.take(left) : [];
      // Before it is asked where it begins again: the position that is written beside them stays before a dirty hour.
      this.#markDirty(part, taken);
      for (const { cells } of taken) left -= cells.length + 1;
      const isWhole = minutes.isCaughtUp && !minutes.hasChanged;
      takes.push({
        part,
        taken,
        position: minutes.keepFromOnceWritten,
        next: isWhole ? minutes.next : undefined,
      });
    }
    const isMore = left <= 0 && takes.some(({ part: { minutes } }) => minutes.mayWrite);
    return { takes, isMore };
  }

  /** Null: nothing has changed. */
  #foldOf(takes: readonly Take[], raw: readonly RawShare[]): Fold | null {
    const isKept = this.deps.claims === null;
    const fold = {
      minutes: takes.flatMap(({ part: { source: { status }, partition }, taken }) =>
        taken.flatMap(({ minute, cells }) =>
          cells.map((cell) => pointOf(status, partition, minute, cell))
        )
      ),
      pool: takes.flatMap(({ part: { source: { status }, partition }, taken }) =>
        taken.map(({ minute }) => poolPointOf(status, partition, minute))
      ),
      raw,
      positions: takes.flatMap(({ part: { name, source: { topic }, partition }, position }) =>
        !isKept || position === undefined || this.#stored.get(name) === position ? [] : [{
          topic: topic.name,
          partition,
          logId: this.deps.logId,
          offset: position,
        }]
      ),
    };
    const isEmpty = fold.minutes.length === 0 && fold.pool.length === 0 && raw.length === 0 &&
      fold.positions.length === 0;
    return isEmpty ? null : fold;
  }

  #markDirty({ minutes }: Part, taken: readonly Taken[]): void {
    for (const { minute: { minuteMs, firstOffset } } of taken) {
      if (minuteMs < this.rolledUntilMs!) {
        minutes.dirty.mark(minuteMs - minuteMs % HOUR_MS, firstOffset);
      }
    }
  }

  /** Finds out which parts others have claimed by now. */
  async #settleDoubt(): Promise<void> {
    const { claims, onLost } = this.deps;
    if (claims === null) return;
    await this.#pauses.calm();
    if (!this.#isInDoubt) return;
    this.#isInDoubt = false;
    try {
      for (const part of this.parts.values()) {
        if (part.isLost || part.claim === null) continue;
        if (await claims.isMine(part.name, part.claim)) continue;
        part.isLost = true;
        onLost(part);
      }
    } catch (error) {
      this.doubt();
      throw error;
    }
  }

  /** Says so of a write that is not answered for long; it is waited for all the same, since it may still be done. */
  #tellLong(): Disposable {
    const { clock, board } = this.deps;
    const done = new AbortController();
    clock.sleep(WRITE_LONG_MS, done.signal).then(() => {
      if (done.signal.aborted) return;
      const seconds = WRITE_LONG_MS / 1_000;
      board.set(STORE_PART, "down", `A write is not answered for more than ${seconds} s`);
    });
    return { [Symbol.dispose]: () => done.abort() };
  }

  #refused(error: Error): void {
    const { board, log, clock, counts } = this.deps;
    counts.refused++;
    counts.lastRefusal = { atMs: clock.now(), why: error.message };
    board.set(STORE_PART, "down", `Nothing is written: ${error.message}`);
    log.warn("statistics were not written, will be again", { error });
    if (!(error instanceof SeriesUnavailable)) log.error("a write failed unexpectedly", { error });
  }
}

/** Between two writes of a store in this process sockets and timers have their go. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
