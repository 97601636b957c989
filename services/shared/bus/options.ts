import type { Metrics } from "@gopool/runtime";
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
  /** Where the bus says what passes over it; see measured.ts. */
  readonly metrics?: Metrics;
  /** Of meaning at `kafka:` only. */
  readonly kafka?: KafkaOptions;
  /** Told what keeps the bus from being opened or from its work, in a sentence; null when that is over. */
  readonly onTrouble?: (sentence: string | null) => void;
  /** Ends the wait for brokers that are away while the bus is being opened. */
  readonly signal?: AbortSignal;
}

/** What a Kafka cluster needs beside its addresses. Contents, not files: the adapter reads neither disk nor environment. */
export interface KafkaOptions {
  /** Stands before the names of topics and groups: several pools on one cluster. Default: that of the URL, else none. */
  readonly prefix?: string;
  /** Copies of each topic. Default 1. */
  readonly replication?: number;
  /** Copies that must have a record before it counts as written. Default: 1 with one copy, else 2. */
  readonly minInSync?: number;
  /** How long topics of shares and blocks keep their records, in place of the table's. */
  readonly retentionMs?: number;
  /** Present: TLS. The certificates are PEM; without `ca` those that the runtime trusts. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly sasl?: {
    readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
    readonly username: string;
    readonly password: string;
  };
}

/** The bus cannot be opened with these settings; the message is for the operator. */
export class BusNotOpened extends Error {
  override name = "BusNotOpened";
}
