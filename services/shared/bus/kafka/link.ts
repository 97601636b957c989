/**
 * A reader's own connections to the brokers. Everything on them is tried once: after a failure they are thrown away,
 * pending requests and all, and the next use makes new ones. kafkajs's own retries know nothing of who waits, and
 * its connections can wait for an answer that never comes.
 *
 * @module
 */
import type { KafkaClient } from "./client.ts";
import type { Cluster } from "./kafkajs_internals.ts";
import { assertSameTopic, throwIfMadeAgain } from "./topic_identity.ts";

/** A broker's answer that is about what was asked, not about the connection. */
const GROUP_ANSWERS: ReadonlySet<string> = new Set([
  "REBALANCE_IN_PROGRESS",
  "UNKNOWN_MEMBER_ID",
  "ILLEGAL_GENERATION",
  "OFFSET_OUT_OF_RANGE",
]);

/** The name of a broker's answer, such as "REBALANCE_IN_PROGRESS"; undefined where the error is another one. */
export function answerOf(error: unknown): string | undefined {
  return (error as { type?: string } | null)?.type;
}

interface Opening {
  readonly cluster: Cluster;
  /** Resolves when it can be used. */
  readonly ready: Promise<void>;
}

export class Link {
  #opening: Opening | undefined;
  #closed = false;

  /**
   * @param topic The one it is about; absent: whatever is added to the cluster.
   * @param reads Refuses a topic that was made again since this process began to read it.
   */
  constructor(
    readonly client: KafkaClient,
    readonly topic?: string,
    private readonly reads: boolean = false,
  ) {}

  /**
   * Does `work` on the connections, made where there are none.
   *
   * @throws What `work` or connecting throws; then the connections are gone, unless it was a group's answer.
   */
  async use<T>(work: (cluster: Cluster) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error("The connection is closed");
    const opening = this.#opening ??= this.#open();
    try {
      await opening.ready;
      return await work(opening.cluster);
    } catch (error) {
      if (!GROUP_ANSWERS.has(answerOf(error) ?? "")) await this.#drop(opening);
      throw error;
    }
  }

  /** Ends every request that is under way; whoever made it gets an error. */
  async reset(): Promise<void> {
    if (this.#opening !== undefined) await this.#drop(this.#opening);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.reset();
  }

  #open(): Opening {
    const cluster = this.client.cluster();
    return { cluster, ready: this.#connect(cluster) };
  }

  async #connect(cluster: Cluster): Promise<void> {
    await cluster.connect();
    await cluster.addMultipleTargetTopics(this.topic === undefined ? [] : [this.topic]);
    await this.assertSame(cluster);
  }

  /** @throws {TopicMadeAgain} For a link that reads. */
  async assertSame(cluster: Cluster): Promise<void> {
    if (this.reads) await assertSameTopic(this.client, cluster, this.topic!);
  }

  /** The same by what is known. @throws {TopicMadeAgain} */
  throwIfMadeAgain(): void {
    if (this.reads) throwIfMadeAgain(this.client, this.topic!);
  }

  /** Also while it is being opened: from a broker that is stopped no answer would come. */
  async #drop(opening: Opening): Promise<void> {
    if (this.#opening === opening) this.#opening = undefined;
    await cut(opening.cluster);
    await opening.ready.catch(() => {});
    // What was still being connected is there by now.
    await cut(opening.cluster);
  }
}

/**
 * Ends a cluster's connections at once. kafkajs's disconnect() waits for the answers that are still due, from a broker
 * that may be stopped.
 */
async function cut(cluster: Cluster): Promise<void> {
  const { brokers, seedBroker } = cluster.brokerPool;
  const connections = new Set(
    [...Object.values(brokers), ...(seedBroker === undefined ? [] : [seedBroker])]
      .flatMap((broker) => broker.connectionPool.pool),
  );
  for (const connection of connections) {
    connection.rejectRequests(new Error("The connection was given up"));
  }
  await cluster.disconnect().catch(() => {});
  for (const connection of connections) connection.socket?.destroy();
}
