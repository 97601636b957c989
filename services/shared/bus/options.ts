import type { BusClock } from "./log_store.ts";

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

/** The bus cannot be opened with these settings; the message is for the operator. */
export class BusNotOpened extends Error {
  override name = "BusNotOpened";
}
