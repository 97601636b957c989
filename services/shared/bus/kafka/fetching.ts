/**
 * Fetches the partitions of one topic for one reader, each from a position of the reader's own, one long poll per
 * leading broker. kafkajs's consumer is not used: it jumps silently where a position is out of range, and lets one
 * slow handler hold up every partition.
 *
 * @module
 */
import { OffsetOutOfRange } from "../port.ts";
import type { Topic } from "../topics.ts";
import { realPause } from "../turn.ts";
import type { Wakeups } from "../wakeups.ts";
import type { Away } from "./away.ts";
import { Feed, READ_AHEAD_BYTES } from "./feed.ts";
import type { Broker, Cluster, FetchedPartition } from "./kafkajs_internals.ts";
import { answerOf, type Link } from "./link.ts";
import { messagesOf } from "./messages.ts";
import { boundsOf } from "./offsets.ts";
import { TopicMadeAgain } from "./topic_identity.ts";

/** How long a broker may hold a fetch that has nothing to give. */
const LONG_POLL_MS = 500;
/** ... and while it leads a partition that is not asked for, because enough of it has been read ahead. */
const SHORT_POLL_MS = 50;
/** Most bytes of one answer: a full block and more. */
const ANSWER_MAX_BYTES = 16 * 1024 * 1024;
/** Pause after a failed fetch, doubling: brokers that come back are found within a second. */
const AWAY = { firstMs: 100, lastMs: 1_000 } as const;
/**
 * A position is called out of range when brokers have said so this often, with a pause between: a leader that has
 * just been elected may know less of the log for a moment.
 */
const OUT_OF_RANGE = { times: 3, pauseMs: 300 } as const;

/**
 * How often it is looked whether the topic is still the same. Brokers say nothing when it was made again while no fetch
 * was under way; by then the new one would have to be as long as the position in the old.
 */
const LOOK_FOR_SAME_MS = 1_000;

export interface FetchingDeps {
  readonly link: Link;
  readonly topic: Topic;
  /** The topic's name on the brokers. */
  readonly topicName: string;
  readonly wakeups: Wakeups;
  readonly away: Away;
}

export class Fetching {
  readonly #deps: FetchingDeps;
  readonly #feeds = new Map<number, Feed>();
  readonly #suspicions = new Map<number, number>();
  /** Brokers that lead partitions and cannot be reached; -1 where nobody leads. */
  readonly #unreached = new Set<number>();
  #changed = Promise.withResolvers<void>();
  /** What ends all reading for good. */
  #fault: TopicMadeAgain | undefined;

  constructor(deps: FetchingDeps) {
    this.#deps = deps;
  }

  /** Begins to fetch a partition. */
  add(partition: number, from: number): Feed {
    const feed = new Feed(partition, from, this.#wake);
    if (this.#fault !== undefined) feed.fail(this.#fault);
    this.#feeds.set(partition, feed);
    this.#suspicions.delete(partition);
    this.#wake();
    return feed;
  }

  /** Ends it. */
  remove(partition: number): void {
    this.#feeds.delete(partition);
    this.#wake();
  }

  /** Fetches until `signal` aborts, through everything that goes wrong; a broker that is away is told once. */
  async run(signal: AbortSignal): Promise<void> {
    const { link, away } = this.#deps;
    const stop = () => {
      this.#wake();
      link.reset();
    };
    signal.addEventListener("abort", stop, { once: true });
    let pauseMs: number = AWAY.firstMs;
    while (!signal.aborted) {
      try {
        await link.use((cluster) =>
          this.#session(cluster, signal, () => {
            pauseMs = AWAY.firstMs;
            away.back(this);
          })
        );
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof TopicMadeAgain) {
          this.#fail(error);
          break;
        }
        away.gone(this, error);
        await realPause(pauseMs, signal);
        pauseMs = Math.min(pauseMs * 2, AWAY.lastMs);
      }
    }
    signal.removeEventListener("abort", stop);
    await link.close();
  }

  /** One loop per broker, until one of them fails, partitions have new leaders, or the signal aborts. */
  async #session(cluster: Cluster, signal: AbortSignal, works: () => void): Promise<void> {
    const { link, topicName } = this.#deps;
    const leaders = leadersOf(cluster, topicName);
    for (const node of this.#unreached) {
      if (!leaders.values().some((leader) => leader === node)) this.#reached(node);
    }
    const ended = new AbortController();
    const within = AbortSignal.any([signal, ended.signal]);
    const loops = [...new Set(leaders.values())].map(async (node) => {
      try {
        const broker = await this.#reach(cluster, node, leaders, within);
        if (broker !== undefined) {
          await this.#poll(cluster, broker, node, leaders, within, works);
        } else {
          ended.abort();
          this.#wake();
        }
      } catch (error) {
        if (within.aborted) return;
        ended.abort();
        this.#wake();
        // Polls of the other brokers end too: everything begins anew with fresh metadata.
        await link.reset();
        throw error;
      }
    });
    await Promise.all(loops);
    if (!signal.aborted && loops.length === 0) throw new Error(`${topicName} has no leader`);
  }

  /**
   * The broker, when it can be reached: others' partitions need not wait for that. Undefined when by then the
   * topic's partitions have other leaders, or the signal has aborted.
   */
  async #reach(
    cluster: Cluster,
    node: number,
    leaders: ReadonlyMap<number, number>,
    signal: AbortSignal,
  ): Promise<Broker | undefined> {
    const { topicName, away } = this.#deps;
    let pauseMs: number = AWAY.firstMs;
    while (!signal.aborted) {
      try {
        const broker = await cluster.findBroker({ nodeId: node });
        this.#reached(node);
        return broker;
      } catch (error) {
        if (signal.aborted) return undefined;
        this.#unreached.add(node);
        away.gone(this.#unreached, error);
      }
      await realPause(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, AWAY.lastMs);
      if (signal.aborted) return undefined;
      await cluster.refreshMetadata();
      const now = leadersOf(cluster, topicName);
      if (leaders.entries().some(([partition, leader]) => now.get(partition) !== leader)) {
        return undefined;
      }
    }
    return undefined;
  }

  #reached(node: number): void {
    if (this.#unreached.delete(node) && this.#unreached.size === 0) {
      this.#deps.away.back(this.#unreached);
    }
  }

  async #poll(
    cluster: Cluster,
    broker: Broker,
    node: number,
    leaders: ReadonlyMap<number, number>,
    signal: AbortSignal,
    works: () => void,
  ): Promise<void> {
    const { topicName } = this.#deps;
    let lookedMs = performance.now();
    while (!signal.aborted) {
      if (performance.now() - lookedMs > LOOK_FOR_SAME_MS) {
        await this.#deps.link.assertSame(cluster);
        lookedMs = performance.now();
      }
      const { promise: changed } = this.#changed;
      const led = [...this.#feeds.values()].filter((feed) => leaders.get(feed.partition) === node);
      const hungry = led.filter((feed) => feed.hasRoom);
      if (hungry.length === 0) {
        await changed;
        continue;
      }
      const positions = new Map(hungry.map((feed) => [feed, feed.position]));
      try {
        const { responses } = await broker.fetch({
          // Nobody writes transactions here, and reading them would wait for their ends.
          isolationLevel: 0,
          maxWaitTime: led.some((feed) => feed.isFull) ? SHORT_POLL_MS : LONG_POLL_MS,
          minBytes: 1,
          maxBytes: ANSWER_MAX_BYTES,
          topics: [{
            topic: topicName,
            partitions: hungry.map(({ partition, position }) => ({
              partition,
              fetchOffset: String(position),
              maxBytes: READ_AHEAD_BYTES,
            })),
          }],
        });
        works();
        for (const response of responses) {
          for (const fetched of response.partitions) this.#take(fetched, positions);
        }
      } catch (error) {
        if (answerOf(error) !== "OFFSET_OUT_OF_RANGE") throw error;
        await this.#lookForRange(cluster, hungry, signal);
      }
    }
  }

  /** What has been fetched is still handed over; then each partition's reader is told. */
  #fail(fault: TopicMadeAgain): void {
    this.#fault = fault;
    for (const feed of this.#feeds.values()) {
      feed.fail(fault);
      this.#deps.wakeups.grew(this.#deps.topic.name, feed.partition);
    }
  }

  #take(fetched: FetchedPartition, positions: ReadonlyMap<Feed, number>): void {
    const feed = this.#feeds.get(fetched.partition);
    // Taken away meanwhile, or taken away and given again.
    if (feed === undefined || positions.get(feed) !== feed.position) return;
    this.#suspicions.delete(fetched.partition);
    const { messages, next } = messagesOf(fetched, feed.position);
    if (next === feed.position) return;
    feed.put(messages, next);
    if (messages.length > 0) this.#deps.wakeups.grew(this.#deps.topic.name, feed.partition);
  }

  /** A position was refused. Which, and is it so for good? */
  async #lookForRange(
    cluster: Cluster,
    feeds: readonly Feed[],
    signal: AbortSignal,
  ): Promise<void> {
    const { topic, topicName, wakeups } = this.#deps;
    const bounds = await boundsOf(cluster, topicName, feeds.map(({ partition }) => partition));
    for (const feed of feeds) {
      const { partition, position } = feed;
      const { earliest, next } = bounds.get(partition)!;
      if (position >= earliest && position <= next) continue;
      const times = (this.#suspicions.get(partition) ?? 0) + 1;
      this.#suspicions.set(partition, times);
      if (times < OUT_OF_RANGE.times) continue;
      feed.fail(new OffsetOutOfRange(topic.name, partition, position, earliest, next));
      wakeups.grew(topic.name, partition);
    }
    await realPause(OUT_OF_RANGE.pauseMs, signal);
  }

  readonly #wake = () => {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  };
}

/** The leading broker of each partition; -1 where there is none. */
function leadersOf(cluster: Cluster, topicName: string): Map<number, number> {
  const known = cluster.findTopicPartitionMetadata(topicName);
  return new Map(known.map(({ partitionId, leader }) => [partitionId, leader]));
}
