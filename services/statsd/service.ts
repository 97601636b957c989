/**
 * statsd: every share there is into statistics. Several may run: the groups share the partitions out, and one of them
 * leads: it rolls hours up, reckons blocks' effort and says each second how the pool is.
 *
 * @module
 */
import type { Bus, GroupLag } from "@gopool/bus";
import {
  type Clock,
  type Logger,
  type Metrics,
  type Random,
  runTogether,
  type Service,
  type StatusBoard,
  supervise,
} from "@gopool/runtime";
import type { Range, Series } from "@gopool/series";
import type { State } from "@gopool/state";
import { createKeeping, type Keeping } from "./keeping.ts";

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
  /** How far behind it is on what it reads: more true than the groups' positions, which it keeps back. */
  lags(): Promise<GroupLag[]>;
  /** Sums the hours and days of a range up again. @throws {SeriesUnavailable} */
  rollUpAgain(range: Range): Promise<{ readonly hours: number; readonly days: number }>;
}

export function createStatsd(deps: StatsdDeps): Statsd {
  const keeping = createKeeping({ ...deps, raw: deps.settings.raw });
  return {
    name: "statsd",
    keeping,
    lags: () => keeping.lags(),
    rollUpAgain: (range) => deps.series.rollUp(range),
    run: (signal) =>
      runTogether(signal, ...[keeping].map((part: Service) => supervise(part, deps).run)),
  };
}
