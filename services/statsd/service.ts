/**
 * statsd: every share there is into statistics. Several may run: the groups share the partitions out, and one of them
 * leads: it rolls hours up, reckons blocks' effort and says each second how the pool is.
 *
 * @module
 */
import { blockFound, type Bus, type GroupLag, groupLags } from "@gopool/bus";
import {
  type Clock,
  type Logger,
  type Metrics,
  noMetrics,
  type Random,
  runTogether,
  type Service,
  type StatusBoard,
  supervise,
} from "@gopool/runtime";
import type { Range, Series } from "@gopool/series";
import type { State } from "@gopool/state";
import { createBlockKeeping } from "./blocks.ts";
import { leaving } from "./ending.ts";
import { createKeeping, type Keeping } from "./keeping.ts";
import { createLead, type Lead } from "./lead.ts";
import { CHORES_EVERY_MS } from "./limits.ts";
import { statsdMetrics } from "./metrics.ts";
import { type Rolled, Rolling } from "./rollups.ts";
import { Settling } from "./settled.ts";
import { softened } from "./soft_board.ts";
import { BLOCK_GROUP } from "./sources.ts";

export interface StatsdSettings {
  /** Whether shares are written one by one, too. */
  readonly raw: boolean;
}

export interface StatsdDeps {
  readonly bus: Bus;
  readonly state: State;
  readonly series: Series;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly board: StatusBoard;
  readonly metrics?: Metrics;
  /** The pool's name. */
  readonly pool: string;
  readonly settings: StatsdSettings;
}

export interface Statsd extends Service {
  readonly keeping: Keeping;
  readonly lead: Lead;
  /** Null while it does not run. */
  settling(): Settling | null;
  /** How far behind it is on what it reads: more true than the groups' positions, which it keeps back. */
  lags(): Promise<GroupLag[]>;
  /**
   * Sums the hours and days of a range up again.
   *
   * @throws {SeriesUnavailable} {@link RollingElsewhere} {RangeError}
   */
  rollUpAgain(range: Range, signal: AbortSignal): Promise<Rolled>;
}

export function createStatsd(given: StatsdDeps): Statsd {
  const left = leaving(given.series, given.clock);
  const deps = { ...given, series: left.series, board: softened(given.board) };
  const { bus, clock, random, settings: { raw }, pool, metrics = noMetrics } = deps;
  // No two processes may hold the lead by one name, on whatever machines.
  const holder = `statsd-${random.uint32().toString(16)}${random.uint32().toString(16)}`;
  const keeping = createKeeping({ ...deps, holder, raw });
  const rolling = new Rolling({ ...deps, holder });
  let settling: Settling | null = null;
  const lead = createLead({ ...deps, holder, rolling, settling: () => settling });
  const parts: readonly Service[] = [
    keeping,
    createBlockKeeping(deps),
    {
      name: "statsd/minutes",
      async run(signal) {
        const parts = () => keeping.writer()?.parts.values() ?? [];
        const own = settling = new Settling({ ...deps, parts });
        await runTogether(
          signal,
          (stop) => own.run(stop),
          (stop) => keepClean(deps, keeping, rolling, stop),
        );
      },
    },
    lead,
  ];
  statsdMetrics({ metrics, clock, statsd: { keeping, lead } });
  return {
    name: "statsd",
    keeping,
    lead,
    settling: () => settling,
    async lags() {
      const blocks = await groupLags(bus, [[blockFound, BLOCK_GROUP]]);
      return [...await keeping.lags(), ...blocks];
    },
    rollUpAgain: (range, signal) => rolling.again(range, signal),
    run: (signal) =>
      left.during(
        signal,
        () => runTogether(signal, ...parts.map((part) => supervise(part, deps).run)),
      ),
  };

  /** Rolls up again what changed after it was. */
  async function keepClean(
    { series, clock, log }: StatsdDeps,
    keeping: Keeping,
    rolling: Rolling,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      const writer = keeping.writer();
      try {
        if (writer !== null) {
          writer.rolledUntilMs = await series.rolledUntil();
          await rolling.dirty(writer);
        }
      } catch (error) {
        log.debug("what changed could not be rolled up again yet", { error, pool });
      }
      await clock.sleep(CHORES_EVERY_MS, signal);
    }
  }
}
