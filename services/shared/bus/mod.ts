/**
 * The road between services: topics on a log. port.ts is the promise, contract.ts says it again as tests.
 *
 * @module
 */
import type { BusClock } from "./log_store.ts";
import type { Bus } from "./port.ts";

export type { BusClock } from "./log_store.ts";
export { lag, type PartitionLag } from "./lag.ts";
export { murmur2, partitionOfKey } from "./partition.ts";
export { KEY_MAX_BYTES } from "./placing.ts";
export * from "./port.ts";
export { decode, encodeRecord, type Whereto } from "./records.ts";
export * from "./topics.ts";

/** Partitions of the share topics where nothing else is said: enough for four judges, cheap for one. */
export const SHARE_PARTITIONS = 4;

export interface BusOptions {
  readonly clock: BusClock;
  /**
   * Partitions of the share topics. A new log is made with this many (SHARE_PARTITIONS when absent); an existing
   * one is opened only if it has as many, or if nothing is asked for.
   */
  readonly sharePartitions?: number;
}

/**
 * Opens the bus a URL names and loads only that adapter: `memory:` for tests, `sqlite:./data/bus.db` for the
 * log embedded in one pool.
 *
 * @throws {BusNotOpened} Saying in a sentence why not.
 */
export async function openBus(url: URL | string, options: BusOptions): Promise<Bus> {
  const text = String(url);
  const scheme = text.slice(0, text.indexOf(":") + 1);
  switch (scheme) {
    case "memory:": {
      const { openMemoryBus } = await import("./memory.ts");
      return openMemoryBus(options.clock, options.sharePartitions ?? SHARE_PARTITIONS);
    }
    default:
      throw new BusNotOpened(
        `Cannot open a bus at "${scheme}": only memory: and sqlite: are known`,
      );
  }
}

/** The bus cannot be opened with these settings; the message is for the operator. */
export class BusNotOpened extends Error {
  override name = "BusNotOpened";
}
