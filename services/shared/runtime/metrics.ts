/**
 * What a process counts, for Prometheus. Counts are kept as plain numbers by whoever counts and are read when
 * somebody asks for /metrics: a share costs an addition, never a label or an object.
 *
 * @module
 */
import { type Metric, Registry } from "prom-client";

/** One line of a metric: its labels, and its value now. */
export interface Sample {
  /** Names and values from sets that the code or the settings bound; never what a miner or a block chose. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a metric says now: one value, one per set of labels, or null where there is nothing to say yet. */
export type Reading = number | null | readonly Sample[];

/** How a metric is read: at once, or by asking a store, for READ_MAX_MS at most. */
export type Read = () => Reading | Promise<Reading>;

/** Counts how often values fell below each bound. */
export interface Histogram {
  /** Cheap enough for a hot path: finds a place in a short array and adds one. */
  observe(value: number): void;
}

/**
 * Where services say what they count, once, when they are made. Names are `gopool_<service>_<what>_<unit>`: base
 * units (seconds, bytes), `_total` on what only grows.
 */
export interface Metrics {
  /**
   * What only grows while the process lives. `read` is called at each scrape; a throw, or an answer that does not come
   * within READ_MAX_MS, leaves the metric out.
   */
  counter(name: string, help: string, read: Read): void;
  /** What rises and falls. */
  gauge(name: string, help: string, read: Read): void;
  /**
   * @param bounds Upper bounds, rising, in the unit of the name; a last bucket without bound is added.
   * @param labels Tells histograms of one name apart, such as one per topic.
   */
  histogram(
    name: string,
    help: string,
    bounds: readonly number[],
    labels?: Sample["labels"],
  ): Histogram;
}

/** Metrics that can be shown. */
export interface MetricsRegistry extends Metrics {
  readonly contentType: string;
  /** All of them in Prometheus' text format. */
  render(): Promise<string>;
}

/** From what a machine does by itself to what a person waits for, in seconds. */
export const SECONDS_BOUNDS: readonly number[] = [
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
  30,
];

/** Longest a scrape waits for a metric: Prometheus gives a scrape 10 s unless it is told otherwise. */
export const READ_MAX_MS = 3_000;

/** For who is given no metrics: nobody reads, so nothing is kept. */
export const noMetrics: Metrics = {
  counter: () => {},
  gauge: () => {},
  histogram: () => ({ observe: () => {} }),
};

/**
 * An empty registry.
 *
 * @throws {TypeError} From its methods: a name that is taken, or bounds that do not rise. A mistake in the code.
 */
export function createMetrics(readMaxMs: number = READ_MAX_MS): MetricsRegistry {
  const registry = new Registry();
  const families = new Map<string, HistogramFamily>();
  let failures = 0;
  const add = (metric: Shown) => {
    if (registry.getSingleMetric(metric.name) !== undefined) {
      throw new TypeError(`Two metrics are named ${metric.name}`);
    }
    // The registry asks of a metric only its name and get(); its types know the library's own classes alone.
    registry.registerMetric(metric as unknown as Metric);
  };
  const reading = (type: "counter" | "gauge") => (name: string, help: string, read: Read) => {
    const asked = shared(read, readMaxMs);
    add({
      name,
      async get() {
        try {
          return { name, help, type, values: samplesOf(await asked()) };
        } catch {
          // The others are still worth showing: what failed is counted, and missing.
          failures++;
          return { name, help, type, values: [] };
        }
      },
    });
  };
  const metrics: MetricsRegistry = {
    contentType: registry.contentType,
    counter: reading("counter"),
    gauge: reading("gauge"),
    histogram(name, help, bounds, labels = {}) {
      let family = families.get(name);
      if (family === undefined) {
        family = new HistogramFamily(name, help);
        add(family);
        families.set(name, family);
      }
      return family.with(bounds, labels);
    },
    render: () => registry.metrics(),
  };
  metrics.counter(
    "gopool_metric_failures_total",
    "Metrics that could not be read at a scrape and were left out of it.",
    () => failures,
  );
  return metrics;
}

/** What the registry reads of a metric: the shape of the library's own, as they return it from get(). */
interface Shown {
  readonly name: string;
  get(): Family | Promise<Family>;
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly values: readonly (Sample & { readonly metricName?: string })[];
}

/** Scrapes that overlap share one question; each waits no longer than `maxMs` for it. */
function shared(read: Read, maxMs: number): Read {
  let pending: Promise<Reading> | null = null;
  return () => {
    if (pending === null) {
      const answer = read();
      if (!(answer instanceof Promise)) return answer;
      pending = answer.finally(() => pending = null);
    }
    return within(maxMs, pending);
  };
}

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`No answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** A value that is no number has nothing to say; the text format would take it and a rule would trip over it. */
function samplesOf(reading: Reading): readonly Sample[] {
  if (reading === null) return [];
  const samples = typeof reading === "number" ? [{ labels: {}, value: reading }] : reading;
  return samples.filter(({ value }) => !Number.isNaN(value));
}

class HistogramFamily implements Shown {
  readonly #members: Buckets[] = [];

  constructor(readonly name: string, readonly help: string) {}

  with(bounds: readonly number[], labels: Sample["labels"]): Histogram {
    if (
      bounds.length === 0 || bounds.some((bound, at) => !(bound > (bounds[at - 1] ?? -Infinity)))
    ) {
      throw new TypeError(`The bounds of ${this.name} do not rise: ${bounds.join(", ")}`);
    }
    const key = JSON.stringify(labels);
    if (this.#members.some((member) => JSON.stringify(member.labels) === key)) {
      throw new TypeError(`Two histograms are named ${this.name} ${key}`);
    }
    const member = new Buckets(bounds, labels);
    this.#members.push(member);
    return member;
  }

  get(): Family {
    const { name, help } = this;
    const values = this.#members.flatMap((member) => member.samples(name));
    return { name, help, type: "histogram", values };
  }
}

class Buckets implements Histogram {
  readonly #bounds: Float64Array;
  /** One more than the bounds: the last counts what is above them all. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[], readonly labels: Sample["labels"]) {
    this.#bounds = Float64Array.from(bounds);
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && value > bounds[at]!) at++;
    this.#counts[at]!++;
    this.#sum += value;
  }

  samples(name: string): (Sample & { metricName: string })[] {
    const { labels } = this;
    let upTo = 0;
    const buckets = [...this.#counts].map((count, at) => ({
      metricName: `${name}_bucket`,
      labels: { ...labels, le: at < this.#bounds.length ? String(this.#bounds[at]) : "+Inf" },
      value: upTo += count,
    }));
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: upTo },
    ];
  }
}
