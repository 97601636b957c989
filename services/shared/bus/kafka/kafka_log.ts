/**
 * What the brokers know of topics and groups: positions, ends, times. Nothing here reads or writes records.
 *
 * @module
 */
import type { Ends } from "../port.ts";
import type { Topic } from "../topics.ts";
import { realPause } from "../turn.ts";
import type { KafkaClient } from "./client.ts";
import type { Broker, Cluster } from "./kafkajs_internals.ts";
import { Link } from "./link.ts";
import { boundsOf } from "./offsets.ts";

/**
 * How often a question is asked before it fails, and the pauses between, doubling: brokers that restart a connection or
 * elect a leader are waited for, brokers that are away are reported after some seconds.
 */
const TRIES = { times: 4, firstPauseMs: 100 } as const;

export class KafkaLog {
  readonly #link: Link;
  readonly #closing = new AbortController();

  /** @param count Partitions of a topic as they stand on the cluster. */
  constructor(
    readonly client: KafkaClient,
    readonly count: (topic: Topic) => number,
  ) {
    this.#link = new Link(client);
  }

  /** See Bus.logId: the cluster's own id, and which of its topics are ours. */
  logId(): Promise<string> {
    return this.#ask(async (cluster) => {
      await cluster.refreshMetadata();
      const { clusterId } = cluster.brokerPool.metadata!;
      const { prefix } = this.client.settings;
      return prefix === "" ? clusterId : `${clusterId}/${prefix}`;
    });
  }

  /** See Bus.partitions. */
  async partitions(topic: Topic): Promise<number> {
    return await this.#open(() => this.count(topic));
  }

  /** See Bus.ends. */
  ends(topic: Topic): Promise<Ends[]> {
    return this.#askOf(topic, (cluster, name, partitions) => endsOf(cluster, name, partitions));
  }

  /** See Bus.offsetAt. */
  offsetAt(topic: Topic, ms: number): Promise<number[]> {
    return this.#askOf(topic, async (cluster, name, partitions) => {
      // The ends first: what is appended after this question is not before the answer.
      const ends = await endsOf(cluster, name, partitions);
      const [found] = await cluster.fetchTopicsOffset([{
        topic: name,
        partitions: partitions.map((partition) => ({ partition })),
        // Below zero, times have other meanings in the protocol.
        fromTimestamp: Math.max(0, Math.ceil(ms)),
      }]);
      const offsets = new Map(
        found?.partitions.map(({ partition, offset }) => [partition, Number(offset)]),
      );
      return ends.map(({ partition, next }) => {
        const offset = offsets.get(partition) ?? -1;
        return offset < 0 ? next : offset;
      });
    });
  }

  /** See Bus.committed. */
  committed(topic: Topic, group: string): Promise<(number | null)[]> {
    return this.#askOf(
      topic,
      (cluster, name, partitions) =>
        positionsOf(cluster, this.client.groupId(group), name, partitions),
    );
  }

  /** See Bus.groups: those of our prefix, without it. */
  groups(topic: Topic): Promise<string[]> {
    const { prefix } = this.client.settings;
    return this.#askOf(topic, async (cluster, name, partitions) => {
      const found = new Set<string>();
      for (const broker of await allBrokers(cluster)) {
        const { groups } = await broker.listGroups();
        for (const { groupId } of groups) if (groupId.startsWith(prefix)) found.add(groupId);
      }
      const names: string[] = [];
      for (const groupId of found) {
        const positions = await positionsOf(cluster, groupId, name, partitions);
        if (positions.some((position) => position !== null)) {
          names.push(groupId.slice(prefix.length));
        }
      }
      return names.sort();
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#link.close();
  }

  #askOf<T>(
    topic: Topic,
    question: (cluster: Cluster, name: string, partitions: readonly number[]) => Promise<T>,
  ): Promise<T> {
    const name = this.client.topicName(topic);
    return this.#ask(async (cluster) => {
      // Leaders move: a question that failed is asked with fresh metadata, on new connections.
      await cluster.addMultipleTargetTopics([name]);
      const partitions = Array.from({ length: this.count(topic) }, (_, partition) => partition);
      return await question(cluster, name, partitions);
    });
  }

  /** @throws {Error} The bus is closed, or no broker has answered. */
  async #ask<T>(question: (cluster: Cluster) => Promise<T>): Promise<T> {
    let pauseMs: number = TRIES.firstPauseMs;
    for (let left: number = TRIES.times;; left -= 1) {
      try {
        return await this.#open(() => this.#link.use(question));
      } catch (error) {
        if (this.#closing.signal.aborted) throw new Error("The bus is closed");
        if (left <= 1) {
          const { shown } = this.client.settings;
          throw new Error(
            `The brokers at ${shown} give no answer: ${(error as Error).message}`,
            { cause: error },
          );
        }
      }
      await realPause(pauseMs, this.#closing.signal);
      pauseMs *= 2;
    }
  }

  #open<T>(answer: () => T): T {
    if (this.#closing.signal.aborted) throw new Error("The bus is closed");
    return answer();
  }
}

async function endsOf(
  cluster: Cluster,
  name: string,
  partitions: readonly number[],
): Promise<Ends[]> {
  const bounds = await boundsOf(cluster, name, partitions);
  return partitions.map((partition) => ({ partition, ...bounds.get(partition)! }));
}

async function positionsOf(
  cluster: Cluster,
  groupId: string,
  topic: string,
  partitions: readonly number[],
): Promise<(number | null)[]> {
  const coordinator = await cluster.findGroupCoordinator({ groupId });
  const { responses } = await coordinator.offsetFetch({
    groupId,
    topics: [{ topic, partitions: partitions.map((partition) => ({ partition })) }],
  });
  const offsets = new Map(
    responses[0]?.partitions.map(({ partition, offset }) => [partition, Number(offset)]),
  );
  return partitions.map((partition) => {
    const offset = offsets.get(partition) ?? -1;
    return offset < 0 ? null : offset;
  });
}

/** Groups are known to the brokers that lead their log: each is asked. */
function allBrokers(cluster: Cluster): Promise<Broker[]> {
  const { brokers } = cluster.brokerPool.metadata!;
  return Promise.all(brokers.map(({ nodeId }) => cluster.findBroker({ nodeId })));
}
