/**
 * What the address and the options say about a cluster, checked and complete.
 *
 * @module
 */
import { BusNotOpened, type KafkaOptions, SHARE_PARTITIONS } from "../options.ts";
import type { Topic } from "../topics.ts";

export interface Seed {
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface KafkaSettings {
  /** Brokers to ask for all others: at least one. */
  readonly seeds: readonly Seed[];
  /** Stands before the names of topics and groups; may be empty. */
  readonly prefix: string;
  readonly replication: number;
  readonly minInSync: number;
  /** Of the topics of shares and blocks, and of those that must outlast them; absent: the table's. */
  readonly retentionMs?: number;
  /** Partitions of the share topics that were asked for; absent: as many as there are, SHARE_PARTITIONS in a new log. */
  readonly sharePartitions?: number;
  readonly tls?: KafkaOptions["tls"];
  readonly sasl?: KafkaOptions["sasl"];
  /** The addresses as people know them: for names of things and messages. No secrets. */
  readonly shown: string;
}

const DEFAULT_PORT = 9092;
/** Kafka's own rule for the names of topics (org.apache.kafka.common.internals.Topic); the rest of a name is ours. */
const PREFIX = /^[A-Za-z0-9._-]{0,200}$/;
/** At least this long everything about shares and blocks is kept (architecture, guarantee 2). */
export const MONEY_RETENTION_LEAST_MS = 30 * 86_400_000;

/**
 * Reads `kafka://host:port,[::1]:port?prefix=pool1.` together with the options.
 *
 * @throws {BusNotOpened} What is wrong, in a sentence.
 */
export function kafkaSettings(
  url: string,
  options: KafkaOptions = {},
  sharePartitions?: number,
): KafkaSettings {
  const wrong = (what: string) => new BusNotOpened(`Cannot open the bus at Kafka: ${what}`);
  const parts = /^kafka:\/\/(?:[^@/?#]*(@))?([^/?#]*)\/?(?:\?([^#]*))?$/.exec(url);
  if (parts === null) {
    throw wrong("its URL must be of the form kafka://host:port,host:port?prefix=NAME");
  }
  if (parts[1] !== undefined) {
    throw wrong(
      "its URL must not carry user or password: GOPOOL_KAFKA_USER and GOPOOL_KAFKA_PASSWORD hold them",
    );
  }
  const seeds = parts[2]!.split(",").map((text): Seed => {
    const found = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text.trim());
    const port = Number(found?.[3] ?? DEFAULT_PORT);
    if (found === null || port < 1 || port > 65_535) {
      throw wrong(
        `"${text}" is no broker's address: host:port is, with an IPv6 address in brackets`,
      );
    }
    return { host: found[1] ?? found[2]!, port };
  });
  const query = new URLSearchParams(parts[3] ?? "");
  for (const name of query.keys()) {
    if (name !== "prefix") throw wrong(`its URL has "${name}", only prefix is known`);
  }
  const prefix = options.prefix ?? query.get("prefix") ?? "";
  if (!PREFIX.test(prefix)) {
    throw wrong(`the prefix "${prefix}" has other signs than letters, digits, ".", "_" and "-"`);
  }
  const replication = options.replication ?? 1;
  const minInSync = options.minInSync ?? Math.min(2, replication);
  if (!isCount(replication)) throw wrong(`a topic cannot have ${replication} copies`);
  if (!isCount(minInSync) || minInSync > replication) {
    throw wrong(`of ${replication} copies, ${minInSync} cannot be in step before a record counts`);
  }
  const { retentionMs, tls, sasl } = options;
  if (retentionMs !== undefined && retentionMs < MONEY_RETENTION_LEAST_MS) {
    throw wrong("records of shares and blocks must be kept 30 days or longer");
  }
  if ((tls?.cert === undefined) !== (tls?.key === undefined)) {
    throw wrong("a client's certificate and its key belong together, one is missing");
  }
  return {
    seeds,
    prefix,
    replication,
    minInSync,
    ...(retentionMs === undefined ? {} : { retentionMs }),
    ...(sharePartitions === undefined ? {} : { sharePartitions }),
    ...(tls === undefined ? {} : { tls }),
    ...(sasl === undefined ? {} : { sasl }),
    shown: seeds.map(shownAddress).join(","),
  };
}

/** `host:port`, with the brackets that an IPv6 address needs. */
export function shownAddress({ host, port }: Seed): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Partitions that a topic is made with. */
export function partitionsOf(topic: Topic, { sharePartitions }: KafkaSettings): number {
  return topic.partitions === "shares" ? sharePartitions ?? SHARE_PARTITIONS : topic.partitions;
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1;
}
