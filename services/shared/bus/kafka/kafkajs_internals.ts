/**
 * The parts of kafkajs below its producer and consumer: connections, metadata, the protocol's requests. They are not
 * its public face, so their types stand in kafkajs_types.ts by hand, and its version is pinned to the digit.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import assigner from "kafkajs/src/consumer/assignerProtocol.js";
import ClusterClass from "kafkajs/src/cluster/index.js";
import type { Logger, logLevel } from "kafkajs";
import loggers from "kafkajs/src/loggers/index.js";
import requests from "kafkajs/src/protocol/requests/index.js";
import { createErrorFromCode } from "kafkajs/src/protocol/error.js";
import RequestQueue from "kafkajs/src/network/requestQueue/index.js";

import type {
  Broker,
  Cluster,
  ClusterMetadata,
  ProducedPartition,
  ProtocolRequest,
} from "./kafkajs_types.ts";

export type * from "./kafkajs_types.ts";

export interface ClusterOptions {
  readonly logger: Logger;
  readonly socketFactory: unknown;
  readonly brokers: readonly string[];
  readonly ssl?: unknown;
  readonly sasl?: unknown;
  readonly clientId: string;
  readonly connectionTimeout: number;
  readonly authenticationTimeout: number;
  readonly requestTimeout: number;
  readonly enforceRequestTimeout: boolean;
  readonly metadataMaxAge: number;
  readonly retry: { readonly retries: number };
  readonly allowAutoTopicCreation: boolean;
  readonly maxInFlightRequests: number | null;
  readonly isolationLevel: number;
}

/** Number of the metadata request in Kafka's protocol. */
const METADATA = 3;

/**
 * A cluster whose metadata may name partitions without a leader. To kafkajs's own, one such partition is an error that
 * hides all others: no topic could be used while one of its brokers is away.
 */
export function newCluster(options: ClusterOptions): Cluster {
  const cluster: Cluster = new ClusterClass(options);
  const pool = cluster.brokerPool as unknown as { createBroker(options: unknown): Broker };
  const { createBroker } = pool;
  pool.createBroker = (of) => {
    const broker = createBroker(of);
    broker.metadata = (topics) => metadata(broker, topics);
    return broker;
  };
  return cluster;
}

async function metadata(broker: Broker, topics: readonly string[]): Promise<ClusterMetadata> {
  const found = await describeTopics(broker, topics);
  const faulty = found.topicMetadata.find(({ topicErrorCode }) => topicErrorCode !== 0);
  if (faulty !== undefined) throw createErrorFromCode(faulty.topicErrorCode);
  return found;
}

/** Metadata in which each topic has its own error code: 3, UNKNOWN_TOPIC_OR_PARTITION, for one that is not there. */
export async function describeTopics(
  broker: Broker,
  topics: readonly string[],
): Promise<ClusterMetadata> {
  const question = { topics, allowAutoTopicCreation: false };
  const { request, response } = requestFor(broker, METADATA, requests.requests.Metadata, question);
  return await broker.connectionPool.send({
    request,
    response: {
      decode: response.decode,
      parse: (decoded) => decoded as ClusterMetadata,
    },
  });
}

/** The request in the newest version that both sides know. */
function requestFor(
  broker: Broker,
  key: number,
  definition: unknown,
  question: unknown,
): ProtocolRequest<unknown> {
  const { lookupRequest } = broker as unknown as {
    lookupRequest(key: number, definition: unknown): (q: unknown) => ProtocolRequest<unknown>;
  };
  return lookupRequest(key, definition)(question);
}

export const newLogger = loggers.createLogger as (options: {
  readonly level: logLevel;
  readonly logCreator: (level: logLevel) => (entry: never) => void;
}) => Logger;

/** What a member tells the group's leader. */
export const MemberMetadata = assigner.MemberMetadata as {
  encode(
    metadata: { version: number; topics: readonly string[]; userData?: Uint8Array },
  ): Uint8Array;
  decode(bytes: Uint8Array): { version: number; topics: string[]; userData: Uint8Array };
};

/** What the group's leader gives a member; decode gives null of no bytes. */
export const MemberAssignment = assigner.MemberAssignment as {
  encode(
    assignment: {
      version: number;
      assignment: Readonly<Record<string, readonly number[]>>;
      userData?: Uint8Array;
    },
  ): Uint8Array;
  decode(
    bytes: Uint8Array,
  ): { version: number; assignment: Record<string, number[]>; userData: Uint8Array } | null;
};

/** The name of an error code: "NOT_LEADER_FOR_PARTITION". */
export function answerName(code: number): string {
  const { type, message } = createErrorFromCode(code) as { type?: string; message: string };
  return type ?? message;
}

/** Number of the produce request in Kafka's protocol. */
const PRODUCE = 0;

/**
 * Broker.produce with a body made elsewhere and the answer as it came: kafkajs's own throws the first partition's
 * error, and with it what the answer says of the others.
 *
 * @param body Of the request's versions 3 to 8.
 */
export async function produce(
  broker: Broker,
  body: Uint8Array,
  answerWithinMs: number,
): Promise<readonly ProducedPartition[]> {
  // kafkajs knows the versions up to 7, and brokers since 4.0 none below 3: of these bodies all.
  const nothing = { acks: -1, timeout: 0, topicData: [] };
  const { request, response } = requestFor(broker, PRODUCE, requests.requests.Produce, nothing);
  const { topics } = await broker.connectionPool.send({
    // What its encoder would be, when it is done.
    request: { ...request as object, encode: () => ({ buf: body, buffer: body }) },
    response: {
      decode: response.decode,
      parse: (decoded) =>
        decoded as { topics: readonly { partitions: readonly ProducedPartition[] }[] },
    },
    requestTimeout: answerWithinMs,
  });
  return topics.flatMap(({ partitions }) => partitions);
}

export { createErrorFromCode };

/** A request whose body was made elsewhere, in a version that kafkajs does not know, and the body of its answer. */
export async function sendRaw(
  broker: Broker,
  apiKey: number,
  apiVersion: number,
  body: Uint8Array,
): Promise<Uint8Array> {
  const buf = Buffer.from(body);
  return await broker.connectionPool.send({
    request: {
      apiKey,
      apiVersion,
      apiName: `request ${apiKey}`,
      // What its encoder would be, when it is done.
      encode: () => ({ buf, buffer: buf }),
    },
    response: {
      decode: (bytes) => Promise.resolve(bytes),
      parse: (bytes) => bytes as Uint8Array,
    },
  });
}

/**
 * kafkajs looks at each connection's queue of requests every millisecond, whether anything waits in it or not; an
 * idle process costs some 5 % of a core by that. A look is of use only while a request waits, and whoever puts one
 * there asks for the look.
 */
export function quietRequestQueue(): void {
  const prototype = RequestQueue.prototype as {
    pending: readonly unknown[];
    scheduleCheckPendingRequests: { (): void; quiet?: true };
  };
  const original = prototype.scheduleCheckPendingRequests;
  if (original.quiet) return;
  const schedule: typeof original = function (this: typeof prototype) {
    if (this.pending.length > 0) original.call(this);
  };
  schedule.quiet = true;
  prototype.scheduleCheckPendingRequests = schedule;
}
