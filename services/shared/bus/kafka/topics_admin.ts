/**
 * Topics on the cluster: how they stand, and making those that are missing. What stands is never changed: that is the
 * operator's to do, knowing who reads.
 *
 * @module
 */
import { BusNotOpened, type BusOptions } from "../options.ts";
import { TOPICS } from "../topics.ts";
import type { Topic } from "../topics.ts";
import { realPause } from "../turn.ts";
import { type KafkaClient, kafkaClient } from "./client.ts";
import { type Broker, type Cluster, describeTopics } from "./kafkajs_internals.ts";
import { answerOf, Link } from "./link.ts";
import { kafkaSettings, partitionsOf } from "./settings.ts";
import { checkTopics, type StandingTopic, type TopicFindings } from "./topics_check.ts";
import { configOf } from "./topics_wanted.ts";

/** Pause between two looks at brokers that are away. */
const LOOK_AGAIN_MS = 1_000;
/** How often a new topic is looked for: leaders are elected within a second or two, on a busy machine in ten. */
const LEADER_LOOKS = { times: 150, pauseMs: 200 } as const;
/** ConfigResource.Type of Kafka's protocol. */
const TOPIC_RESOURCE = 2;

/** The topics as they were found right. */
export interface KafkaTopics {
  readonly notes: readonly string[];
  /** Partitions of a topic on the cluster. */
  count(topic: Topic): number;
}

export interface OpenTopicsOptions {
  /** Ends the wait for brokers that are away. */
  readonly signal?: AbortSignal;
  /** Told why it waits; null when that is over. */
  readonly onTrouble?: (sentence: string | null) => void;
}

/**
 * Looks whether every topic stands as it must; waits for brokers that are away.
 *
 * @throws {BusNotOpened} A topic is missing or stands wrongly, the brokers refuse us, or the wait was ended.
 */
export async function openTopics(
  client: KafkaClient,
  { signal = new AbortController().signal, onTrouble = () => {} }: OpenTopicsOptions = {},
): Promise<KafkaTopics> {
  const { settings } = client;
  const standing = await persist(client, signal, onTrouble, (cluster) => {
    return standingTopics(client, cluster);
  });
  const { mistakes, notes } = checkTopics(TOPICS, standing, settings);
  if (mistakes.length > 0) {
    throw new BusNotOpened(
      `Cannot open the bus at Kafka (${settings.shown}): ${mistakes.join("\n")}`,
    );
  }
  return {
    notes,
    count({ name }) {
      const found = standing.get(name);
      if (found === undefined) throw new RangeError(`${name} is no topic of the pool's`);
      return found.partitions;
    },
  };
}

export interface CreateReport extends TopicFindings {
  /** Names on the cluster. */
  readonly created: readonly string[];
  readonly existing: readonly string[];
}

/**
 * Makes the topics that are missing, and tells how those that stand differ. Once it returns, every new topic has its
 * leaders.
 *
 * @throws {BusNotOpened} The brokers refuse us or a topic, or the wait for them was ended.
 */
export async function createTopics(
  client: KafkaClient,
  { signal = new AbortController().signal, onTrouble = () => {} }: OpenTopicsOptions = {},
): Promise<CreateReport> {
  const { settings } = client;
  return await persist(client, signal, onTrouble, async (cluster) => {
    const before = await standingTopics(client, cluster);
    // Results of shares go with the submissions, wherever those stand already.
    const shares = before.get("share.submissions")?.partitions;
    const created: string[] = [];
    const controller = await cluster.findControllerBroker();
    for (const topic of TOPICS) {
      if (before.has(topic.name)) continue;
      const partitions = topic.partitions === "shares"
        ? shares ?? partitionsOf(topic, settings)
        : topic.partitions;
      if (await create(client, controller, topic, partitions)) {
        created.push(client.topicName(topic));
      }
    }
    await untilLed(controller, created, signal);
    const standing = await standingTopics(client, cluster);
    const existing = TOPICS.map((topic) => client.topicName(topic))
      .filter((name) => !created.includes(name));
    return { created, existing, ...checkTopics(TOPICS, standing, settings) };
  });
}

/** The same for whoever has no client yet. */
export function createTopicsAt(url: string, options: BusOptions): Promise<CreateReport> {
  const { kafka, sharePartitions, onTrouble, signal } = options;
  const waiting = {
    ...(signal === undefined ? {} : { signal }),
    ...(onTrouble === undefined ? {} : { onTrouble }),
  };
  const settings = kafkaSettings(url, kafka, sharePartitions);
  return createTopics(kafkaClient(settings, waiting), waiting);
}

/** Whether it was made now; somebody else may have done so meanwhile. */
async function create(
  client: KafkaClient,
  controller: Broker,
  topic: Topic,
  numPartitions: number,
): Promise<boolean> {
  const { settings } = client;
  const name = client.topicName(topic);
  try {
    await controller.createTopics({
      topics: [{
        topic: name,
        numPartitions,
        replicationFactor: settings.replication,
        configEntries: Object.entries(configOf(topic, settings))
          .map(([name, value]) => ({ name, value })),
      }],
    });
    return true;
  } catch (thrown) {
    const [error] = (thrown as { errors?: Error[] }).errors ?? [thrown as Error];
    switch (answerOf(error)) {
      case "TOPIC_ALREADY_EXISTS":
        return false;
      case "INVALID_REPLICATION_FACTOR":
        throw new BusNotOpened(
          `Cannot create ${name}: there are fewer brokers than GOPOOL_KAFKA_REPLICATION=${settings.replication} asks for`,
        );
      case "TOPIC_AUTHORIZATION_FAILED":
      case "CLUSTER_AUTHORIZATION_FAILED":
      case "INVALID_CONFIG":
      case "INVALID_PARTITIONS":
      case "POLICY_VIOLATION":
        throw new BusNotOpened(`Cannot create ${name}: ${error!.message}`);
      default:
        throw error;
    }
  }
}

async function standingTopics(
  client: KafkaClient,
  cluster: Cluster,
): Promise<Map<string, StandingTopic>> {
  const names = TOPICS.map((topic) => client.topicName(topic));
  const broker = await cluster.findControllerBroker();
  const { topicMetadata } = await describeTopics(broker, names);
  const there = topicMetadata.filter(({ topicErrorCode }) => topicErrorCode === 0);
  if (there.length === 0) return new Map();
  const { resources } = await broker.describeConfigs({
    resources: there.map(({ topic }) => ({ type: TOPIC_RESOURCE, name: topic, configNames: [] })),
  });
  const configs = new Map(resources.map(({ resourceName, configEntries }) => [
    resourceName,
    new Map(configEntries.map(({ configName, configValue }) => [configName, configValue ?? ""])),
  ]));
  const { prefix } = client.settings;
  return new Map(there.map(({ topic, partitionMetadata }) => [topic.slice(prefix.length), {
    partitions: partitionMetadata.length,
    replication: Math.min(...partitionMetadata.map(({ replicas }) => replicas.length)),
    config: configs.get(topic) ?? new Map(),
  }]));
}

/** Brokers answer for a new topic a moment after it was made. */
async function untilLed(broker: Broker, names: readonly string[], signal: AbortSignal) {
  if (names.length === 0) return;
  for (let left: number = LEADER_LOOKS.times; left > 0; left -= 1) {
    const { topicMetadata } = await describeTopics(broker, names);
    const led = topicMetadata.filter(({ topicErrorCode, partitionMetadata }) =>
      topicErrorCode === 0 && partitionMetadata.length > 0 &&
      partitionMetadata.every(({ leader, partitionErrorCode }) =>
        leader >= 0 && partitionErrorCode === 0
      )
    );
    if (led.length === names.length) return;
    await realPause(LEADER_LOOKS.pauseMs, signal);
    if (signal.aborted) break;
  }
  throw new BusNotOpened("Topics were created, but the brokers elect no leaders for them");
}

/** Asks until an answer comes, or one that waiting does not change. */
async function persist<T>(
  client: KafkaClient,
  signal: AbortSignal,
  onTrouble: (sentence: string | null) => void,
  ask: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const { shown } = client.settings;
  const link = new Link(client);
  let isTold = false;
  try {
    for (;;) {
      try {
        const answer = await link.use(ask);
        if (isTold) onTrouble(null);
        return answer;
      } catch (error) {
        const { name, message } = error as Error;
        if (error instanceof BusNotOpened) throw error;
        if (isForGood(error)) {
          throw new BusNotOpened(`Cannot open the bus at Kafka (${shown}): ${message}`);
        }
        if (!isTold) onTrouble(`Waiting for the brokers at ${shown}: ${message || name}`);
        isTold = true;
      }
      await realPause(LOOK_AGAIN_MS, signal);
      if (signal.aborted) {
        throw new BusNotOpened(`The wait for the brokers at ${shown} was ended`);
      }
    }
  } finally {
    await link.close();
  }
}

/** Refusals of who we are or of what we may do. */
function isForGood(error: unknown): boolean {
  for (let at = error as Error | undefined; at; at = at.cause as Error | undefined) {
    if (at.name === "KafkaJSSASLAuthenticationError") return true;
    if (/_AUTHORIZATION_FAILED$/.test(answerOf(at) ?? "")) return true;
  }
  return false;
}
