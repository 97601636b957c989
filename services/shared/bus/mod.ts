/**
 * The road between services: topics on a log. port.ts is the promise, contract.ts says it again as tests.
 *
 * @module
 */
import { measured } from "./measured.ts";
import { BusNotOpened, type BusOptions, SHARE_PARTITIONS } from "./options.ts";
import type { Bus } from "./port.ts";

export type { BusClock } from "./log_store.ts";
export { type GroupLag, groupLags, lag, type PartitionLag } from "./lag.ts";
export { busOptionsOf, type BusSettings, type OptionsOfSettings } from "./from_settings.ts";
export { BusNotOpened, type BusOptions, type KafkaOptions, SHARE_PARTITIONS } from "./options.ts";
export { murmur2, partitionOfKey } from "./partition.ts";
export { KEY_MAX_BYTES } from "./placing.ts";
export * from "./port.ts";
export { decode, encodeRecord, type Whereto } from "./records.ts";
export * from "./topics.ts";

/**
 * Opens the bus a URL names and loads only that adapter: `memory:` for tests, `sqlite:./data/bus.db` for the
 * log embedded in one pool, `kafka://host:port,…` for a cluster of brokers.
 *
 * @throws {BusNotOpened} Saying in a sentence why not.
 */
export async function openBus(url: URL | string, options: BusOptions): Promise<Bus> {
  const bus = await openAdapter(url, options);
  const { metrics, clock } = options;
  return metrics === undefined ? bus : measured(bus, { metrics, clock });
}

async function openAdapter(url: URL | string, options: BusOptions): Promise<Bus> {
  const text = String(url);
  const scheme = text.slice(0, text.indexOf(":") + 1);
  switch (scheme) {
    case "memory:": {
      const { openMemoryBus } = await import("./memory.ts");
      return openMemoryBus(options.clock, options.sharePartitions ?? SHARE_PARTITIONS);
    }
    case "sqlite:": {
      const { openSqliteBus } = await import("./sqlite.ts");
      return await openSqliteBus(sqlitePath(text), options);
    }
    case "kafka:": {
      const { openKafkaBus } = await import("./kafka.ts");
      return await openKafkaBus(text, options);
    }
    default:
      throw new BusNotOpened(
        `Cannot open a bus at "${scheme}": memory:, sqlite: and kafka: are known`,
      );
  }
}

/** What `createTopics` did and found. */
export interface CreatedTopics {
  /** Names on the cluster. */
  readonly created: readonly string[];
  readonly existing: readonly string[];
  /** Why the pool cannot work on topics as they stand: a sentence each, saying what to change. */
  readonly mistakes: readonly string[];
  /** What works, but otherwise than the options say. */
  readonly notes: readonly string[];
}

/**
 * Makes the topics that are missing on a bus that does not make them by itself. What stands is compared, never changed.
 *
 * @throws {BusNotOpened} The bus makes its topics by itself, refuses, or is away until `options.signal` aborts.
 */
export async function createTopics(
  url: URL | string,
  options: BusOptions,
): Promise<CreatedTopics> {
  const text = String(url);
  if (!text.startsWith("kafka:")) {
    const scheme = text.slice(0, text.indexOf(":") + 1);
    throw new BusNotOpened(
      `A bus at ${scheme} makes its topics by itself: name a cluster's brokers in GOPOOL_BUS_URL, as kafka://b1:9092`,
    );
  }
  const { createTopicsAt } = await import("./kafka/topics_admin.ts");
  return await createTopicsAt(text, options);
}

/** `sqlite:./data/bus.db` and `sqlite:/var/lib/gopool/bus.db`: what follows the colon is a path. */
function sqlitePath(url: string): string {
  const path = decodeURIComponent(url.slice("sqlite:".length)).replace(/^\/\/(?=\/)/, "");
  if (path === "" || path.endsWith("/")) {
    throw new BusNotOpened(
      `Cannot open the bus at "${url}": it must name a file, as sqlite:./data/bus.db`,
    );
  }
  return path;
}
