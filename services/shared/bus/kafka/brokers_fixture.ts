/**
 * kafkajs's connections with brokers behind them that answer as a test says. Imported by tests only.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import Decoder from "kafkajs/src/protocol/decoder.js";
import decodeBatch from "kafkajs/src/protocol/recordBatch/v0/decoder.js";
import type { Broker, Cluster, ProducedPartition, ProtocolRequest } from "./kafkajs_types.ts";

/** A record batch as kafkajs reads it. */
export interface ReadBatch {
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly lastOffsetDelta: number;
  readonly records: readonly {
    readonly offset: string;
    readonly key: Buffer;
    readonly value: Buffer;
  }[];
}

/** Reads a produce request's body, with what kafkajs has for it. */
export async function readProduceRequest(
  body: Uint8Array,
): Promise<{ topic: string; acks: number; batches: Map<number, ReadBatch> }> {
  const decoder = new Decoder(body);
  decoder.readString();
  const acks: number = decoder.readInt16();
  decoder.readInt32();
  decoder.readInt32();
  const topic: string = decoder.readString();
  const batches = new Map<number, ReadBatch>();
  for (let left: number = decoder.readInt32(); left > 0; left -= 1) {
    const partition: number = decoder.readInt32();
    const bytes: number = decoder.readInt32();
    batches.set(partition, await decodeBatch(decoder.slice(bytes)));
    decoder.forward(bytes);
  }
  return { topic, acks, batches };
}

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
      initProducerId: () =>
        Promise.resolve({ producerId: String(++this.#producers), producerEpoch: 0 }),
      lookupRequest: () => () => ({ request: {}, response: {} }),
      connectionPool: {
        send: async <T>({ request, response }: ProtocolRequest<T>) =>
          response.parse(await this.#produce(leader, request as { encode(): { buf: Uint8Array } })),
      },
    } as unknown as Broker;
  }

  async #produce(leader: number, { encode }: { encode(): { buf: Uint8Array } }) {
    const { batches } = await readProduceRequest(encode().buf);
    const text = new TextDecoder();
    const sent: Sent = {
      leader,
      partitions: new Map([...batches].map(([partition, batch]) => {
        const { producerId, firstSequence, records } = batch;
        const values = records.map(({ value }) => value.length < 9 ? text.decode(value) : "#");
        return [partition, `${producerId}/${firstSequence}: ${values.join(" ")}`];
      })),
    };
    this.sent.push(sent);
    await this.before(sent);
    const sayings = this.sayings.shift() ?? [];
    const answers = [...batches].flatMap(([partition, { records }], i): ProducedPartition[] => {
      const saying = sayings[i] ?? 0;
      if (saying === "none") return [];
      const baseOffset = String(saying === 0 ? this.#ends[partition] : -1);
      if (saying === 0) this.#ends[partition]! += records.length;
      return [{ partition, errorCode: saying, baseOffset, logAppendTime: "1000" }];
    });
    return { topics: [{ partitions: answers }] };
  }
}
