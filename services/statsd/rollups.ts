/**
 * Hours that are over into sums of hours, and those into days: by the leader when every partition is through with them,
 * and again by whoever changed a minute of one afterwards. Both only with the right to roll up, which one has at a time.
 *
 * @module
 */
import type { Clock, Logger } from "@gopool/runtime";
import type { Range, Series } from "@gopool/series";
import type { State } from "@gopool/state";
import { HOUR_MS, ROLL_LEASE_MS, ROLL_WAIT } from "./limits.ts";
import type { Part } from "./part.ts";
import type { Writer } from "./writer.ts";

export interface RollingDeps {
  readonly series: Pick<Series, "rollUp" | "rolledUntil" | "firstMinute">;
  readonly state: Pick<State, "acquire" | "release">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly pool: string;
  /** This process, told apart from every other. */
  readonly holder: string;
}

export interface Rolled {
  readonly hours: number;
  readonly days: number;
}

/** The right to roll up was somebody else's all the time. */
export class RollingElsewhere extends Error {
  override name = "RollingElsewhere";
  constructor() {
    super("Another statsd is rolling up: ask again in a moment");
  }
}

export class Rolling {
  constructor(private readonly deps: RollingDeps) {}

  /**
   * The leader's: the next hour that is settled and not rolled up.
   *
   * @param settledMs Every partition is through with what was logged before.
   * @returns Whether there may be more.
   */
  async next(settledMs: number): Promise<boolean> {
    const { series } = this.deps;
    const rolledMs = await series.rolledUntil();
    const firstMs = rolledMs > 0 ? rolledMs : await series.firstMinute();
    if (firstMs === null) return false;
    const fromMs = firstMs - firstMs % HOUR_MS;
    if (fromMs + HOUR_MS > settledMs) return false;
    return await this.#roll({ fromMs, untilMs: fromMs + HOUR_MS }) !== null;
  }

  /** Hours that parts of this process changed after they were rolled up, as far as all of that is written. */
  async dirty(writer: Writer): Promise<void> {
    const parts = [...writer.parts.values()];
    const hours = new Set(parts.flatMap(({ minutes }) => minutes.dirty.all));
    for (const hourMs of hours) {
      if (parts.some(({ minutes }) => minutes.isIn(hourMs))) continue;
      const marks = parts.map(({ minutes }) => minutes.dirty.markOf(hourMs));
      if (await this.#roll({ fromMs: hourMs, untilMs: hourMs + HOUR_MS }) === null) return;
      // Unless more of the hour was written meanwhile.
      parts.forEach(({ minutes }: Part, i) => minutes.dirty.cleaned(hourMs, marks[i]));
    }
  }

  /** An operator's: hours and days of a range, a day's hours at a time. @throws {RollingElsewhere} */
  async again(range: Range, signal: AbortSignal): Promise<Rolled> {
    const sum = { hours: 0, days: 0 };
    const DAY_MS = 24 * HOUR_MS;
    for (let fromMs = range.fromMs; fromMs < range.untilMs && !signal.aborted;) {
      const untilMs = Math.min(fromMs - fromMs % DAY_MS + DAY_MS, range.untilMs);
      const done = await this.#patiently({ fromMs, untilMs }, signal);
      sum.hours += done.hours;
      sum.days += done.days;
      fromMs = untilMs;
    }
    return sum;
  }

  async #patiently(range: Range, signal: AbortSignal): Promise<Rolled> {
    for (let left: number = ROLL_WAIT.tries; left > 0; left--) {
      const done = await this.#roll(range);
      if (done !== null) return done;
      await this.deps.clock.sleep(ROLL_WAIT.pauseMs, signal);
      signal.throwIfAborted();
    }
    throw new RollingElsewhere();
  }

  /** Null: somebody else is at it. */
  async #roll(range: Range): Promise<Rolled | null> {
    const { state, series, log, pool, holder } = this.deps;
    const lease = await state.acquire(`statsd-roll:${pool}`, holder, ROLL_LEASE_MS);
    if (lease === null) return null;
    try {
      const rolled = await series.rollUp(range);
      log.debug("rolled up", { ...range, ...rolled });
      return rolled;
    } finally {
      await state.release(lease).catch(() => {});
    }
  }
}
