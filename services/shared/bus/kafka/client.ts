/**
 * How every part of the adapter comes to its connections: names with their prefix, kafkajs with the settings that were
 * found to hold through faults, sockets that tell what they may not reach.
 *
 * @module
 */
import kafkajs, { type Kafka, type LogEntry, type SASLOptions } from "kafkajs";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import type { Topic } from "../topics.ts";
import { type Cluster, newCluster, newLogger, quietRequestQueue } from "./kafkajs_internals.ts";
import { type KafkaSettings, shownAddress } from "./settings.ts";

/** A broker that has not answered a small request by then is asked again on a new connection. */
export const REQUEST_TIMEOUT_MS = 5_000;
/** TCP, TLS and the first question; another broker may be there. */
export const CONNECTION_TIMEOUT_MS = 2_000;
/** Age at which metadata is asked for anew, faults apart. */
const METADATA_MAX_AGE_MS = 300_000;
/** TCP finds out after this that a silent machine is gone. */
const KEEP_ALIVE_MS = 60_000;

export interface KafkaClient {
  readonly settings: KafkaSettings;
  /** A topic's name on the cluster. */
  topicName(topic: Topic): string;
  /** A group's name on the cluster. */
  groupId(group: string): string;
  /** kafkajs as it is meant to be used; it retries by itself for some seconds. */
  kafka(): Kafka;
  /**
   * Connections of one's own. Nothing is retried: whoever asks does that, on a new cluster where the old one failed.
   */
  cluster(): Cluster;
}

export interface KafkaClientSinks {
  /** Told, once each, of what only the operator can mend. */
  readonly onTrouble?: (sentence: string) => void;
  /** kafkajs's own lines, errors and warnings. It calls normal answers errors, so by default nobody reads them. */
  readonly onLine?: (line: string) => void;
}

export function kafkaClient(settings: KafkaSettings, sinks: KafkaClientSinks = {}): KafkaClient {
  quietRequestQueue();
  const { prefix, seeds, tls, sasl } = settings;
  const aliases = new Map(seeds.map(({ host }) => [seedAlias(host), host]));
  const told = new Set<string>();
  const socketFactory = socketsThatTell(aliases, (sentence) => {
    if (told.has(sentence)) return;
    told.add(sentence);
    sinks.onTrouble?.(sentence);
  });
  const logCreator = () => ({ label, namespace, log }: LogEntry) =>
    sinks.onLine?.(`${label} ${namespace}: ${log.message}`);
  const common = {
    brokers: seeds.map(({ host, port }) => `${seedAlias(host)}:${port}`),
    ...(tls === undefined ? {} : { ssl: { ...tls } }),
    ...(sasl === undefined ? {} : { sasl: sasl as SASLOptions }),
    clientId: "gopool",
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    authenticationTimeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    enforceRequestTimeout: true,
    socketFactory,
  };
  const { WARN } = kafkajs.logLevel;
  // A cluster tries the first of its brokers and no other: each begins with the next.
  let turn = 0;
  const nextSeeds = () => {
    turn = (turn + 1) % common.brokers.length;
    return [...common.brokers.slice(turn), ...common.brokers.slice(0, turn)];
  };
  return {
    settings,
    topicName: (topic) => prefix + topic.name,
    groupId: (group) => prefix + group,
    kafka: () =>
      new kafkajs.Kafka({
        ...common,
        logLevel: WARN,
        logCreator,
        retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 5 },
      }),
    cluster: () =>
      newCluster({
        ...common,
        brokers: nextSeeds(),
        logger: newLogger({ level: WARN, logCreator }),
        metadataMaxAge: METADATA_MAX_AGE_MS,
        retry: { retries: 0 },
        allowAutoTopicCreation: false,
        maxInFlightRequests: null,
        isolationLevel: 0,
      }),
  };
}

/** kafkajs cuts a first broker's address at its first colon, so an IPv6 address goes through it under another name. */
function seedAlias(host: string): string {
  return host.replaceAll(":", "_");
}

function socketsThatTell(
  aliases: ReadonlyMap<string, string>,
  onRefused: (sentence: string) => void,
) {
  return (to: {
    host: string;
    port: number;
    ssl?: ConnectionOptions;
    onConnect: () => void;
  }): Socket => {
    const host = aliases.get(to.host) ?? to.host;
    const { port, ssl, onConnect } = to;
    const socket: Socket = ssl
      ? connectTls({ host, port, ...(isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
      : connectTcp({ host, port }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.setNoDelay(true);
    // A host without permission fails in the socket, not in the call. Whoever waits for the connection is told why in
    // our words, whatever else is told meanwhile.
    socket.on("error", (error: Error) => {
      if (error.name !== "NotCapable") return;
      const address = shownAddress({ host, port });
      error.message =
        `The cluster names the broker ${address}, which this process may not reach: add it to GOPOOL_BUS_URL`;
      onRefused(error.message);
    });
    return socket;
  };
}
