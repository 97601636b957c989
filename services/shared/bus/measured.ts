/**
 * A bus that counts what passes over it: how long publishing takes, how far groups are behind, what keeps readers from
 * their work. Counts stand beside the road: a publish is handed on in the same turn and comes back as it came.
 *
 * @module
 */
import { type Histogram, type Metrics, type Sample, SECONDS_BOUNDS } from "@gopool/runtime";
import { lag } from "./lag.ts";
import { type Batch, type Bus, type ConsumeTrouble, OutcomeUnknown } from "./port.ts";
import { type Topic, TOPICS } from "./topics.ts";

export interface MeasuredDeps {
  readonly metrics: Metrics;
  readonly clock: { monotonic(): number };
}

/** What was published on one topic. */
interface Published {
  readonly seconds: Histogram;
  records: number;
  notWritten: number;
  outcomeUnknown: number;
}

/** One reader of a topic: of a group, or of its own ("broadcast"). */
interface Reader {
  readonly topic: Topic;
  readonly group: string;
  /** Its position stands back from what it has read (`keepFrom`): that tells no lag. */
  keepsBack: boolean;
  records: number;
  threw: number;
  /** Of each reading that goes on now: the partitions, or all ("whole"), that cannot be read on. */
  readonly stopped: Set<Set<number | "whole">>;
}

type Handle = (batch: Batch, signal: AbortSignal) => Promise<void>;

/** Stands in the place of a group where a reader has none. */
const BROADCAST = "broadcast";

/** The same bus, counted. To be called once for each bus and registry; the bus is disposed of with what this gives. */
export function measured(bus: Bus, { metrics, clock }: MeasuredDeps): Bus {
  const published = new Map<string, Published>();
  const readers = new Map<string, Reader>();

  /** Topics are those of the table; one that a test has made of its own is counted likewise. */
  const publishedOn = (topic: Topic): Published => {
    let found = published.get(topic.name);
    if (found === undefined) {
      const seconds = metrics.histogram(
        "gopool_bus_publish_seconds",
        "From the call to publish until its records were durable, by topic; failed calls are not among them.",
        SECONDS_BOUNDS,
        { topic: topic.name },
      );
      found = { seconds, records: 0, notWritten: 0, outcomeUnknown: 0 };
      published.set(topic.name, found);
    }
    return found;
  };

  const readerOf = (topic: Topic, group: string): Reader => {
    const key = `${topic.name} ${group}`;
    let found = readers.get(key);
    if (found === undefined) {
      found = { topic, group, keepsBack: false, records: 0, threw: 0, stopped: new Set() };
      readers.set(key, found);
    }
    return found;
  };

  const perReader = (value: (reader: Reader) => number): Sample[] =>
    [...readers.values()].map((reader) => ({
      labels: { topic: reader.topic.name, group: reader.group },
      value: value(reader),
    }));

  metrics.counter(
    "gopool_bus_published_records_total",
    "Records that are durable, by topic.",
    () => [...published].map(([topic, { records }]) => ({ labels: { topic }, value: records })),
  );
  metrics.counter(
    "gopool_bus_publish_failures_total",
    "Calls to publish that failed, by topic and by what is known of their records: not_written, or unknown.",
    () =>
      [...published].flatMap(([topic, { notWritten, outcomeUnknown }]) => [
        { labels: { topic, outcome: "not_written" }, value: notWritten },
        { labels: { topic, outcome: "unknown" }, value: outcomeUnknown },
      ]),
  );
  metrics.counter(
    "gopool_bus_read_records_total",
    `Records that this process has worked through, by topic and group ("${BROADCAST}": a reader of its own).`,
    () => perReader(({ records }) => records),
  );
  metrics.counter(
    "gopool_bus_read_failures_total",
    "Batches that a reader of this process could not work through and was given again, by topic and group.",
    () => perReader(({ threw }) => threw),
  );
  metrics.gauge(
    "gopool_bus_stopped_readers",
    "Partitions that this process cannot read on, by topic and group; a reader that is stopped as a whole counts as one.",
    () => perReader(({ stopped }) => [...stopped].reduce((sum, { size }) => sum + size, 0)),
  );
  metrics.gauge(
    "gopool_bus_lag_records",
    "Records that a group of this process has not read yet, on all partitions, whoever of the group reads them; without " +
      "groups whose position stands back on purpose.",
    async () => {
      const groups = [...readers.values()]
        .filter(({ group, keepsBack }) => group !== BROADCAST && !keepsBack);
      return await Promise.all(groups.map(async ({ topic, group }) => ({
        labels: { topic: topic.name, group },
        value: (await lag(bus, topic, group)).reduce((sum, { lag }) => sum + lag, 0),
      })));
    },
  );
  // Named before the first record: a rule about failures must find a zero to rise from.
  for (const topic of TOPICS) publishedOn(topic);

  /** One reading, from its begin to its end, with the count taken of what it is told and handles. */
  async function counting<O extends { readonly onTrouble?: (trouble: ConsumeTrouble) => void }>(
    reader: Reader,
    options: O,
    handle: Handle,
    read: (options: O, handle: Handle) => Promise<void>,
  ): Promise<void> {
    const stopped = new Set<number | "whole">();
    const onTrouble = (trouble: ConsumeTrouble) => {
      const { kind, partition = "whole" } = trouble;
      if (kind === "recovered") stopped.delete(partition);
      else stopped.add(partition);
      if (kind === "handler-threw") reader.threw++;
      options.onTrouble?.(trouble);
    };
    reader.stopped.add(stopped);
    try {
      await read({ ...options, onTrouble }, async (batch, signal) => {
        await handle(batch, signal);
        reader.records += batch.messages.length;
      });
    } finally {
      reader.stopped.delete(stopped);
    }
  }

  return {
    name: bus.name,
    logId: () => bus.logId(),
    partitions: (topic) => bus.partitions(topic),
    partitionOf: (topic, key) => bus.partitionOf(topic, key),
    publish(topic, records, options) {
      const count = publishedOn(topic);
      const startedMs = clock.monotonic();
      const { length } = records;
      const flight = bus.publish(topic, records, options);
      flight.then(
        () => {
          count.seconds.observe((clock.monotonic() - startedMs) / 1000);
          count.records += length;
        },
        (error) => {
          if (error instanceof OutcomeUnknown) count.outcomeUnknown++;
          else count.notWritten++;
        },
      );
      return flight;
    },
    consume(topic, options, handle) {
      const reader = readerOf(topic, options.group);
      reader.keepsBack = options.keepFrom !== undefined;
      return counting(
        reader,
        options,
        handle,
        (options, handle) => bus.consume(topic, options, handle),
      );
    },
    follow: (topic, options, handle) =>
      counting(
        readerOf(topic, BROADCAST),
        options,
        handle,
        (options, handle) => bus.follow(topic, options, handle),
      ),
    read: (topic, partition, from) => bus.read(topic, partition, from),
    last: (topic, partition) => bus.last(topic, partition),
    ends: (topic) => bus.ends(topic),
    committed: (topic, group) => bus.committed(topic, group),
    groups: (topic) => bus.groups(topic),
    offsetAt: (topic, ms) => bus.offsetAt(topic, ms),
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  };
}
