/**
 * Shapes of what lies below kafkajs's producer and consumer, as far as the adapter uses it: typed by hand, for they are
 * not its public face.
 *
 * @module
 */
import type { Socket } from "node:net";

/** One TCP connection. */
export interface Connection {
  readonly socket?: Socket;
  isConnected(): boolean;
  /** Fails every request that waits for its answer. */
  rejectRequests(error: Error): void;
}

/** A request with the reading of its answer. */
export interface ProtocolRequest<T> {
  readonly request: unknown;
  readonly response: {
    decode(bytes: Uint8Array): Promise<unknown>;
    parse(decoded: unknown): T | Promise<T>;
  };
  /** Longer than the connection's own wait for an answer, where that is too short. Milliseconds. */
  readonly requestTimeout?: number;
  readonly logResponseError?: boolean;
}

export interface ConnectionPool {
  readonly host: string;
  readonly port: number;
  /** One for everything but fetches, one for those. */
  readonly pool: readonly Connection[];
  send<T>(request: ProtocolRequest<T>): Promise<T>;
}

export interface PartitionMetadata {
  readonly partitionErrorCode: number;
  readonly partitionId: number;
  /** Node id; -1 where there is none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

export interface TopicMetadata {
  readonly topicErrorCode: number;
  readonly topic: string;
  readonly partitionMetadata: readonly PartitionMetadata[];
}

export interface ClusterMetadata {
  readonly brokers: readonly {
    readonly nodeId: number;
    readonly host: string;
    readonly port: number;
  }[];
  readonly clusterId: string;
  readonly controllerId: number;
  readonly topicMetadata: readonly TopicMetadata[];
}

/** A record as a fetch brings it. Numbers of 64 bits are decimal texts. */
export interface FetchedMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly isControlRecord?: boolean;
}

export interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly messages: readonly FetchedMessage[];
}

interface TopicPartitions<P> {
  readonly topic: string;
  readonly partitions: readonly P[];
}

interface Answers<P> {
  readonly responses: readonly TopicPartitions<P>[];
}

/** Where a record batch was written. */
export interface ProducedPartition {
  readonly partition: number;
  /** 0: written, or known to have been written before. */
  readonly errorCode: number;
  readonly baseOffset: string;
  readonly logAppendTime: string;
}

interface Member {
  readonly memberId: string;
  readonly memberMetadata: Uint8Array;
}

export interface NewTopic {
  readonly topic: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly configEntries: readonly { readonly name: string; readonly value: string }[];
}

/** A connected broker. Its methods throw what the answer says (`type`: "REBALANCE_IN_PROGRESS" …). */
export interface Broker {
  readonly nodeId: number | null;
  readonly connectionPool: ConnectionPool;
  isConnected(): boolean;
  disconnect(): Promise<void>;
  metadata: (topics: readonly string[]) => Promise<ClusterMetadata>;
  fetch(request: {
    readonly isolationLevel?: number;
    readonly maxWaitTime?: number;
    readonly minBytes?: number;
    readonly maxBytes?: number;
    readonly topics: readonly TopicPartitions<{
      readonly partition: number;
      readonly fetchOffset: string;
      readonly maxBytes: number;
    }>[];
  }): Promise<Answers<FetchedPartition>>;
  listOffsets(request: {
    readonly isolationLevel?: number;
    /** Timestamp -1: the end; -2: the earliest. */
    readonly topics: readonly TopicPartitions<{
      readonly partition: number;
      readonly timestamp: number | string;
    }>[];
  }): Promise<
    Answers<{
      readonly partition: number;
      readonly errorCode: number;
      readonly timestamp: string;
      readonly offset: string;
    }>
  >;
  initProducerId(request: {
    readonly transactionTimeout?: number;
  }): Promise<{ readonly producerId: string; readonly producerEpoch: number }>;
  findGroupCoordinator(request: {
    readonly groupId: string;
    readonly coordinatorType: number;
  }): Promise<{
    readonly coordinator: { readonly nodeId: number; readonly host: string; readonly port: number };
  }>;
  joinGroup(request: {
    readonly groupId: string;
    readonly sessionTimeout: number;
    readonly rebalanceTimeout: number;
    readonly memberId?: string;
    readonly protocolType?: string;
    readonly groupProtocols: readonly { readonly name: string; readonly metadata: Uint8Array }[];
  }): Promise<{
    readonly generationId: number;
    readonly groupProtocol: string;
    readonly leaderId: string;
    readonly memberId: string;
    readonly members: readonly Member[];
  }>;
  syncGroup(request: {
    readonly groupId: string;
    readonly generationId: number;
    readonly memberId: string;
    readonly groupAssignment: readonly {
      readonly memberId: string;
      readonly memberAssignment: Uint8Array;
    }[];
  }): Promise<{ readonly memberAssignment: Uint8Array }>;
  heartbeat(request: {
    readonly groupId: string;
    readonly groupGenerationId: number;
    readonly memberId: string;
  }): Promise<unknown>;
  leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>;
  offsetCommit(request: {
    readonly groupId: string;
    readonly groupGenerationId: number;
    readonly memberId: string;
    readonly retentionTime?: number;
    readonly topics: readonly TopicPartitions<{
      readonly partition: number;
      readonly offset: string;
      readonly metadata?: string;
    }>[];
  }): Promise<unknown>;
  /** Offset "-1": none. */
  offsetFetch(request: {
    readonly groupId: string;
    readonly topics?: readonly TopicPartitions<{ readonly partition: number }>[];
  }): Promise<
    Answers<{
      readonly partition: number;
      readonly offset: string;
      readonly metadata: string | null;
      readonly errorCode: number;
    }>
  >;
  createTopics(request: {
    readonly topics: readonly NewTopic[];
    readonly validateOnly?: boolean;
    readonly timeout?: number;
  }): Promise<unknown>;
  describeConfigs(request: {
    readonly resources: readonly {
      readonly type: number;
      readonly name: string;
      readonly configNames: readonly string[];
    }[];
    readonly includeSynonyms?: boolean;
  }): Promise<{
    readonly resources: readonly {
      readonly resourceName: string;
      readonly configEntries: readonly {
        readonly configName: string;
        readonly configValue: string | null;
      }[];
    }[];
  }>;
  listGroups(): Promise<{
    readonly groups: readonly { readonly groupId: string; readonly protocolType: string }[];
  }>;
}

/** Connections to all brokers of a cluster, and what they said of it. */
export interface Cluster {
  readonly brokerPool: {
    readonly brokers: Readonly<Record<string, Broker>>;
    readonly seedBroker: Broker | undefined;
    readonly metadata: ClusterMetadata | null;
  };
  isConnected(): boolean;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  findBroker(which: { readonly nodeId: number | string }): Promise<Broker>;
  findControllerBroker(): Promise<Broker>;
  findTopicPartitionMetadata(topic: string): readonly PartitionMetadata[];
  findGroupCoordinator(which: { readonly groupId: string }): Promise<Broker>;
  fetchTopicsOffset(
    topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number }[];
      readonly fromBeginning?: boolean;
      readonly fromTimestamp?: number;
    }[],
  ): Promise<TopicPartitions<{ readonly partition: number; readonly offset: string }>[]>;
}
