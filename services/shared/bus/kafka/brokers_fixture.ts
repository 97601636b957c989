/**
 * kafkajs's connections with brokers behind them that answer as a test says. Imported by tests only.
 *
 * @module
 */
import type {
  Broker,
  Cluster,
  ProducedPartition,
  ProduceRequest,
  ProtocolRequest,
} from "./kafkajs_types.ts";

/** A request as it came to a broker: one line a partition, `producer/sequence: values`. */
export interface Sent {
  readonly leader: number;
  readonly partitions: ReadonlyMap<number, string>;
}

/** What a broker says of a partition: an error code, or "none" to leave it out of the answer. */
export type Saying = number | "none";

export class FakeBrokers {
  readonly sent: Sent[] = [];
  /** Leader of each partition. */
  leaders: number[];
  /** What is said of each partition of the next requests, first to last; then all is well. */
  readonly sayings: Saying[][] = [];
  /** Called before each answer: may wait, or throw as a connection does. */
  before: (sent: Sent) => Promise<void> = () => Promise.resolve();
  refreshes = 0;
  #producers = 0;
  readonly #ends: number[];

  constructor(leaders: readonly number[]) {
    this.leaders = [...leaders];
    this.#ends = leaders.map(() => 0);
  }

  /** In place of a Link: its connections never need to be made. */
  readonly link = {
    use: <T>(work: (cluster: Cluster) => Promise<T>) => work(this.cluster),
    close: () => Promise.resolve(),
  };

  readonly cluster = {
    findTopicPartitionMetadata: () =>
      this.leaders.map((leader, partitionId) => ({ partitionId, leader })),
    findBroker: ({ nodeId }: { nodeId: number }) => Promise.resolve(this.#broker(nodeId)),
    refreshMetadata: () => {
      this.refreshes += 1;
      return Promise.resolve();
    },
  } as unknown as Cluster;

  /** Every partition's lines, in the order of the requests. */
  lines(partition: number): string[] {
    return this.sent.flatMap(({ partitions }) => partitions.get(partition) ?? []);
  }

  #broker(leader: number): Broker {
    return {
      initProducerId: () => Promise.resolve({ producerId: ++this.#producers, producerEpoch: 0 }),
      lookupRequest: () => (request: ProduceRequest) => ({ request, response: {} }),
      connectionPool: {
        send: async <T>({ request, response }: ProtocolRequest<T>) =>
          response.parse(await this.#produce(leader, request as ProduceRequest)),
      },
    } as unknown as Broker;
  }

  async #produce(leader: number, { producerId, topicData }: ProduceRequest) {
    const { partitions } = topicData[0]!;
    const text = new TextDecoder();
    const sent: Sent = {
      leader,
      partitions: new Map(partitions.map(({ partition, firstSequence, messages }) => {
        const values = messages.map(({ value }) => value.length < 9 ? text.decode(value) : "#");
        return [partition, `${producerId}/${firstSequence}: ${values.join(" ")}`];
      })),
    };
    this.sent.push(sent);
    await this.before(sent);
    const sayings = this.sayings.shift() ?? [];
    const answers = partitions.flatMap(({ partition, messages }, i): ProducedPartition[] => {
      const saying = sayings[i] ?? 0;
      if (saying === "none") return [];
      const baseOffset = String(saying === 0 ? this.#ends[partition] : -1);
      if (saying === 0) this.#ends[partition]! += messages.length;
      return [{ partition, errorCode: saying, baseOffset, logAppendTime: "1000" }];
    });
    return { topics: [{ partitions: answers }] };
  }
}
