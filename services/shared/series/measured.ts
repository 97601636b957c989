/**
 * A series that counts what is asked of it: how long each kind of question and write takes, and which fail.
 *
 * @module
 */
import { type Metrics, SECONDS_BOUNDS } from "@gopool/runtime";
import type { Series } from "./port.ts";

export interface MeasuredDeps {
  readonly metrics: Metrics;
  readonly clock: { monotonic(): number };
}

/** What is counted, by the name that it has in the metrics. */
const OPERATIONS = {
  write: "write",
  rollUp: "roll_up",
  prune: "prune",
  writeBlock: "write_block",
  writeFigures: "write_figures",
  positions: "positions",
  rolledUntil: "rolled_until",
  sums: "sums",
  chart: "chart",
  workers: "workers",
  top: "top",
  online: "online",
  best: "best",
  blocks: "blocks",
  blockCount: "block_count",
  figures: "figures",
  firstMinute: "first_minute",
  health: "health",
} as const satisfies Partial<Record<keyof Series, string>>;

type Operation = keyof typeof OPERATIONS;

/** The same series, counted. To be called once for each registry; the series is disposed of with what this gives. */
export function measured(series: Series, { metrics, clock }: MeasuredDeps): Series {
  const failures = new Map<Operation, number>();

  const timed = <K extends Operation>(operation: K): Series[K] => {
    const seconds = metrics.histogram(
      "gopool_series_seconds",
      "From a question or write to its answer, by operation; failed ones are not among them.",
      SECONDS_BOUNDS,
      { operation: OPERATIONS[operation] },
    );
    // Named before the first: a rule about failures must find a zero to rise from.
    failures.set(operation, 0);
    const call = series[operation] as (...args: unknown[]) => Promise<unknown>;
    const counted = async (...args: unknown[]) => {
      const startedMs = clock.monotonic();
      try {
        const answer = await call.apply(series, args);
        seconds.observe((clock.monotonic() - startedMs) / 1000);
        return answer;
      } catch (error) {
        // A mistake of who asks is no failure of the store.
        if (!(error instanceof RangeError)) failures.set(operation, failures.get(operation)! + 1);
        throw error;
      }
    };
    return counted as unknown as Series[K];
  };

  metrics.counter(
    "gopool_series_failures_total",
    "Questions and writes that the store of statistics did not answer, by operation.",
    () =>
      [...failures].map(([operation, value]) => ({
        labels: { operation: OPERATIONS[operation] },
        value,
      })),
  );
  if (series.counters !== undefined) countWrites(series.counters.bind(series), metrics);
  return {
    name: series.name,
    ...(series.counters === undefined ? {} : { counters: series.counters.bind(series) }),
    write: timed("write"),
    rollUp: timed("rollUp"),
    prune: timed("prune"),
    writeBlock: timed("writeBlock"),
    writeFigures: timed("writeFigures"),
    positions: timed("positions"),
    rolledUntil: timed("rolledUntil"),
    sums: timed("sums"),
    chart: timed("chart"),
    workers: timed("workers"),
    top: timed("top"),
    online: timed("online"),
    best: timed("best"),
    blocks: timed("blocks"),
    blockCount: timed("blockCount"),
    figures: timed("figures"),
    firstMinute: timed("firstMinute"),
    health: timed("health"),
    [Symbol.asyncDispose]: () => series[Symbol.asyncDispose](),
  };
}

/** Of an adapter whose writes go over a network. */
function countWrites(counters: NonNullable<Series["counters"]>, metrics: Metrics): void {
  metrics.gauge(
    "gopool_series_writes_in_flight",
    "Writes to the server that are under way.",
    () => counters().inFlight,
  );
  metrics.counter(
    "gopool_series_points_written_total",
    "Points that the server has taken.",
    () => counters().lines,
  );
  metrics.counter(
    "gopool_series_write_retries_total",
    "Writes that were made again: the server did not answer, or said later.",
    () => counters().retries,
  );
  metrics.counter(
    "gopool_series_points_dropped_total",
    "Points that the server refused for good: they are missing in the statistics.",
    () => counters().dropped,
  );
}
