/**
 * What Prometheus is told of the public port.
 *
 * @module
 */
import type { Histogram, Metrics } from "@gopool/runtime";
import { Counts, KEPT } from "./counts.ts";
import type { Limiter } from "./limiter.ts";
import type { Ready } from "./ready.ts";
import type { StreamCounts } from "./streams.ts";

export interface ApiserverMetricsDeps {
  readonly metrics: Metrics;
  readonly counts: Counts;
  readonly ready: Ready;
  readonly limiter: Limiter | null;
  readonly streams: StreamCounts;
  readonly underWay: () => number;
  /** Of the newest live figures; null before the first. */
  readonly liveAgeMs: () => number | null;
}

/** From an answer out of memory to what a caller gives up on, in seconds. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Of answers out of memory, and of all others. */
export function requestSeconds(metrics: Metrics): { ready: Histogram; made: Histogram } {
  const of = (kept: string) =>
    metrics.histogram(
      "gopool_apiserver_request_seconds",
      "From a request to its answer; of a stream to its first message. By whether the answer was ready in memory.",
      BOUNDS,
      { kept },
    );
  return { ready: of("ready"), made: of("made") };
}

/** Registers the others. */
export function apiserverMetrics(deps: ApiserverMetricsDeps): void {
  const { metrics, counts, ready, limiter, streams, underWay, liveAgeMs } = deps;
  metrics.counter(
    "gopool_apiserver_requests_total",
    "Requests by what answered them and by the class of the status.",
    () =>
      [...counts.routes].flatMap(([route, byClass]) =>
        Counts.classes.map((code) => ({ labels: { route, code }, value: byClass[code] }))
      ),
  );
  metrics.counter(
    "gopool_apiserver_answers_total",
    "Answers that are kept, by how they were had: ready in memory, stale while a new one is made, shared through the " +
      "state, made.",
    () => KEPT.map((kept) => ({ labels: { kept }, value: counts.kept[kept] })),
  );
  metrics.counter(
    "gopool_apiserver_unchanged_total",
    "Answers that the caller had already (304).",
    () => counts.unchanged,
  );
  metrics.counter(
    "gopool_apiserver_limited_total",
    "Requests refused because their client made too many (429).",
    () => limiter?.refused ?? 0,
  );
  metrics.counter(
    "gopool_apiserver_busy_total",
    "Requests turned away because too many were under way (503).",
    () => counts.busy,
  );
  metrics.gauge(
    "gopool_apiserver_limits_alone",
    "1 while the state is away and this instance limits clients by itself, else 0.",
    () => limiter?.isAlone ? 1 : 0,
  );
  metrics.gauge("gopool_apiserver_streams", "Live streams that are open.", () => streams.all);
  metrics.gauge(
    "gopool_apiserver_requests_under_way",
    "Requests under way that are not answered from memory.",
    underWay,
  );
  metrics.gauge(
    "gopool_apiserver_ready_bytes",
    "Memory of answers that are ready.",
    () => ready.bytes,
  );
  metrics.gauge("gopool_apiserver_ready_answers", "Answers that are ready.", () => ready.count);
  metrics.gauge("gopool_apiserver_live_age_seconds", "Age of the newest live figures.", () => {
    const ageMs = liveAgeMs();
    return ageMs === null ? null : ageMs / 1_000;
  });
}
