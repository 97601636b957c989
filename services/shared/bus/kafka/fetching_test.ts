import { assertEquals, assertLess } from "@std/assert";
import { waitFor } from "@gopool/testing";
import { Troubles } from "../delivery.ts";
import type { Message } from "../port.ts";
import { shareSubmissions } from "../topics.ts";
import { Wakeups } from "../wakeups.ts";
import { Away } from "./away.ts";
import { READ_AHEAD_BYTES } from "./feed.ts";
import { Fetching } from "./fetching.ts";
import type { Link } from "./link.ts";

interface Fetch {
  readonly maxWaitTime: number;
  readonly topics: readonly {
    readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string }[];
  }[];
}

/** Brokers with as many records in each partition as a test says. */
class Brokers implements AsyncDisposable {
  readonly told: string[] = [];
  /** Of all fetches, by partition: how long the broker might wait. */
  readonly waits = new Map<number, number[]>();
  readonly fetching: Fetching;
  readonly #over = new AbortController();
  readonly #running: Promise<void>;

  constructor(
    public leaders: number[],
    readonly away: Set<number>,
    readonly records: number[],
    readonly bytes = 1,
  ) {
    const cluster = {
      findTopicPartitionMetadata: () =>
        this.leaders.map((leader, partitionId) => ({ partitionId, leader })),
      refreshMetadata: () => Promise.resolve(),
      findBroker: ({ nodeId }: { nodeId: number }) =>
        this.away.has(nodeId)
          ? Promise.reject(new Error(`Cannot connect to ${nodeId}`))
          : Promise.resolve({ fetch: (request: Fetch) => this.#fetch(request) }),
    };
    const link = {
      use: (work: (given: unknown) => Promise<unknown>) => work(cluster),
      assertSame: () => Promise.resolve(),
      reset: () => Promise.resolve(),
      close: () => Promise.resolve(),
    } as unknown as Link;
    const trouble = new Troubles("topic", "group", ({ kind }) => this.told.push(kind));
    this.fetching = new Fetching({
      link,
      topic: shareSubmissions,
      topicName: "topic",
      wakeups: new Wakeups(),
      away: new Away(trouble),
    });
    this.#running = this.fetching.run(this.#over.signal);
  }

  async #fetch({ maxWaitTime, topics }: Fetch) {
    const { partitions } = topics[0]!;
    for (const { partition } of partitions) {
      this.waits.set(partition, [...this.waits.get(partition) ?? [], maxWaitTime]);
    }
    // One at a time, and nobody waits for nothing as long as a broker would.
    await new Promise((resolve) => setTimeout(resolve, 5));
    return {
      responses: [{
        partitions: partitions.map(({ partition, fetchOffset }) => ({
          partition,
          messages: Number(fetchOffset) >= this.records[partition]! ? [] : [{
            offset: fetchOffset,
            timestamp: "1",
            key: null,
            value: new Uint8Array(this.bytes),
            isControlRecord: false,
          }],
        })),
      }],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#running;
  }
}

async function all(
  feed: { read(from: number, messages: number, bytes: number): Promise<Message[]> },
) {
  return (await feed.read(0, 1_000, Infinity)).map(({ offset }) => offset);
}

Deno.test("a partition without a leader, or with one that cannot be reached, holds up no other", async () => {
  await using brokers = new Brokers([1, 2, -1], new Set([2, -1]), [3, 3, 3]);
  const feeds = [0, 1, 2].map((partition) => brokers.fetching.add(partition, 0));
  await waitFor(() => feeds[0]!.position === 3, "what the other leads");
  assertEquals(await all(feeds[0]!), [0, 1, 2]);
  brokers.records[0] = 4;
  await waitFor(() => feeds[0]!.position === 4, "what comes then");
  assertEquals(brokers.told, ["bus-away"]);
  brokers.leaders = [1, 1, 1];
  await waitFor(() => feeds[1]!.position === 3 && feeds[2]!.position === 3, "the others");
  assertEquals(brokers.told, ["bus-away", "recovered"]);
});

Deno.test("while enough of a partition is read ahead, the broker does not wait long with others'", async () => {
  await using brokers = new Brokers([1, 1], new Set(), [3, 0], READ_AHEAD_BYTES);
  const quiet = brokers.fetching.add(1, 0);
  await waitFor(() => (brokers.waits.get(1)?.length ?? 0) > 2, "some fetches");
  const long = brokers.waits.get(1)!.at(-1)!;
  const full = brokers.fetching.add(0, 0);
  await waitFor(() => full.position === 1, "a record");
  const seen = brokers.waits.get(1)!.length;
  await waitFor(() => brokers.waits.get(1)!.length > seen + 2, "some more");
  assertLess(brokers.waits.get(1)!.at(-1)!, long);
  assertEquals(full.position, 1);
  assertEquals([...await all(full), quiet.position], [0, 0]);
});
