/**
 * What statsd counts, for Prometheus: read where it stands when somebody asks.
 *
 * @module
 */
import type { Clock, Metrics } from "@gopool/runtime";
import { look } from "./looks.ts";
import type { Statsd } from "./service.ts";
import { SOURCES } from "./sources.ts";

export interface StatsdMetricsDeps {
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly statsd: Pick<Statsd, "keeping" | "lead">;
}

/** Registers them. */
export function statsdMetrics(
  { metrics, clock, statsd: { keeping, lead } }: StatsdMetricsDeps,
): void {
  const { counts } = keeping;
  const parts = () => [...keeping.writer()?.parts.values() ?? []];
  const sumOf = (of: (part: ReturnType<typeof parts>[number]) => number) => () =>
    parts().reduce((sum, part) => sum + of(part), 0);

  metrics.counter(
    "gopool_statsd_records_total",
    "Records of the share topics that were read.",
    () => keeping.totals().records,
  );
  metrics.counter(
    "gopool_statsd_drops_total",
    "Records that do not count, by status and why: repeated and republished ones are no fault.",
    () => {
      const { drops } = keeping.totals();
      return SOURCES.flatMap(({ status }) =>
        Object.entries(drops[status]).map(([why, value]) => ({ labels: { status, why }, value }))
      );
    },
  );
  metrics.counter(
    "gopool_statsd_late_total",
    "Shares whose log time fell behind the newest minute of their partition: they count in that one.",
    () => keeping.totals().late,
  );
  metrics.counter(
    "gopool_statsd_without_name_total",
    "Shares that count without their worker's name or account, because a minute had too many names.",
    () => keeping.totals().folded,
  );
  metrics.gauge(
    "gopool_statsd_lag_records",
    "Records of a topic that are not read yet, on the partitions of this process.",
    async () => {
      const lags = await look(clock, "the bus", () => keeping.lags());
      if ("trouble" in lags) return null;
      return lags.found.map(({ topic, partitions }) => ({
        labels: { topic },
        value: partitions.reduce((sum, { lag }) => sum + lag, 0),
      }));
    },
  );
  metrics.gauge(
    "gopool_statsd_partitions",
    "Partitions of the share topics that this process reads.",
    () => parts().length,
  );
  metrics.gauge(
    "gopool_statsd_open_spans",
    "Minutes in memory, on all partitions of this process: one each while all is well.",
    sumOf(({ minutes }) => minutes.open),
  );
  metrics.gauge(
    "gopool_statsd_open_totals",
    "Totals of workers in memory, of minutes that are not over or not written.",
    sumOf(({ minutes }) => minutes.size),
  );
  metrics.counter(
    "gopool_statsd_writes_total",
    "Writes that the store took.",
    () => counts.writes,
  );
  metrics.counter(
    "gopool_statsd_writes_refused_total",
    "Writes that the store did not take: they are made again.",
    () => counts.refused,
  );
  metrics.counter(
    "gopool_statsd_points_total",
    "Points that the store took, each as often as it was written.",
    () => counts.points,
  );
  metrics.counter(
    "gopool_statsd_raw_shares_total",
    "Shares that the store took one by one.",
    () => counts.raw,
  );
  metrics.gauge(
    "gopool_statsd_leading",
    "1 while this process leads, else 0: one of all does.",
    () => lead.isLeading ? 1 : 0,
  );
  metrics.gauge(
    "gopool_statsd_settled_age_seconds",
    "Age of the end of the newest minute that stays as it is; only where this process leads.",
    () =>
      lead.isLeading && lead.settledMs > 0
        ? Math.max(0, clock.now() - lead.settledMs) / 1_000
        : null,
  );
  metrics.counter(
    "gopool_statsd_live_records_total",
    "Records that this process has told on stats.live since it leads.",
    () => lead.live?.told ?? null,
  );
  metrics.gauge(
    "gopool_statsd_live_accounts",
    "Accounts remembered for live figures; only where this process leads.",
    () => lead.live?.rings.size.accounts ?? null,
  );
  metrics.gauge(
    "gopool_statsd_live_workers",
    "Workers remembered for live figures; only where this process leads.",
    () => lead.live?.rings.size.workers ?? null,
  );
}
