/**
 * Sends what a topic's lanes have over one set of connections, one request at a time per broker, until there is nothing
 * left or a connection fails. What was on its way then stays in its lane, for the next session.
 *
 * @module
 */
import { realPause } from "../turn.ts";
import { REQUEST_TIMEOUT_MS } from "./client.ts";
import {
  answerName,
  type Broker,
  type Cluster,
  produce,
  type ProducedPartition,
} from "./kafkajs_internals.ts";
import type { Identity, Lane, LaneBatch } from "./lane.ts";
import type { Lanes } from "./lanes.ts";
import { verdictOn } from "./produce_answers.ts";
import { produceRequest } from "./produce_request.ts";
import { recordBatch } from "./record_batch.ts";

/** Pause of a lane after a failure, doubling: leaders that have moved are found soon. */
const HOLD = { firstMs: 20, lastMs: 1_000 } as const;
/** How long a broker may wait for its copies: it answers before the request is given up. */
const COPIES_TIMEOUT_MS = REQUEST_TIMEOUT_MS - 1_000;
/** The slowest line that a large batch must get through, bytes per ms: 8 Mbit/s. */
const SLOWEST_BYTES_PER_MS = 1_024;

export interface ProduceSessionDeps {
  readonly cluster: Cluster;
  readonly lanes: Lanes;
  /** The topic's name on the cluster. */
  readonly topicName: string;
  readonly signal: AbortSignal;
  /** Told of each success, and of each failure that does not end the session. */
  readonly onTrouble: (why: string | null) => void;
}

export class ProduceSession {
  readonly #deps: ProduceSessionDeps;
  readonly #tasks = new Set<Promise<void>>();
  readonly #busy = new Set<number>();
  #introducing: Promise<Identity> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(deps: ProduceSessionDeps) {
    this.#deps = deps;
  }

  /** Looks for work again. */
  readonly wake = () => {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  };

  /** @throws What made a connection fail. */
  async run(): Promise<void> {
    const { cluster, lanes, signal } = this.#deps;
    signal.addEventListener("abort", this.wake, { once: true });
    try {
      while (this.#failure === undefined && !signal.aborted) {
        const { promise: changed } = this.#changed;
        const working = lanes.working();
        if (working.length === 0 && this.#tasks.size === 0) return;
        const ready = working.filter((lane) => !lane.isSending && !lane.isHeld);
        for (const [leader, led] of this.#byLeader(ready)) {
          if (leader < 0) this.#hold(led, "a partition has no leader");
          else if (!this.#busy.has(leader)) this.#track(this.#send(cluster, leader, led));
        }
        await changed;
      }
      if (this.#failure !== undefined) throw this.#failure.error;
    } finally {
      signal.removeEventListener("abort", this.wake);
      await Promise.all(this.#tasks);
    }
  }

  #track(task: Promise<void>): void {
    const tracked: Promise<void> = task
      .catch((error) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#tasks.delete(tracked);
        this.wake();
      });
    this.#tasks.add(tracked);
  }

  #byLeader(lanes: readonly Lane[]): Map<number, Lane[]> {
    if (lanes.length === 0) return new Map();
    const known = this.#deps.cluster.findTopicPartitionMetadata(this.#deps.topicName);
    const leaders = new Map(known.map(({ partitionId, leader }) => [partitionId, leader]));
    return Map.groupBy(lanes, ({ partition }) => leaders.get(partition) ?? -1);
  }

  /** One request to one broker. */
  async #send(cluster: Cluster, leader: number, led: readonly Lane[]): Promise<void> {
    const { lanes } = this.#deps;
    this.#busy.add(leader);
    try {
      let broker: Broker;
      try {
        broker = await cluster.findBroker({ nodeId: leader });
      } catch (error) {
        // Not even connected: what goes to other brokers need not wait for this one.
        if ((error as Error).name !== "KafkaJSConnectionError") throw error;
        return this.#hold(led, (error as Error).message);
      }
      const identity = lanes.identity ?? await this.#introduce(broker);
      const batches = lanes.load(led, identity);
      if (batches.size === 0) return;
      for (const lane of batches.keys()) lane.isSending = true;
      try {
        this.#settle(batches, await this.#produce(broker, batches));
      } finally {
        // Not a moment before the answer is booked: nobody else may touch the batch.
        for (const lane of batches.keys()) lane.isSending = false;
      }
    } finally {
      this.#busy.delete(leader);
    }
  }

  /** Asks for an identity: one for all who ask meanwhile. */
  async #introduce(broker: Broker): Promise<Identity> {
    this.#introducing ??= broker.initProducerId({}).then(
      ({ producerId, producerEpoch }) => {
        this.#introducing = undefined;
        const sequences = new Map<number, number>();
        return this.#deps.lanes.identity = { producerId, producerEpoch, sequences };
      },
    );
    return await this.#introducing;
  }

  async #produce(
    broker: Broker,
    batches: ReadonlyMap<Lane, LaneBatch>,
  ): Promise<ReadonlyMap<number, ProducedPartition & { readonly before: boolean }>> {
    const { topicName, lanes } = this.#deps;
    const before = new Map<number, boolean>();
    for (const [lane, batch] of batches) {
      before.set(lane.partition, batch.mayBeWritten);
      batch.mayBeWritten = true;
    }
    const { gzip } = lanes.topic;
    const parts = await Promise.all([...batches].map(async ([{ partition }, batch]) => {
      const { records, identity, firstSequence } = batch;
      batch.encoded ??= recordBatch(records, { ...identity, firstSequence }, gzip);
      return { partition, batch: await batch.encoded };
    }));
    const body = produceRequest(topicName, parts, COPIES_TIMEOUT_MS);
    const answerWithinMs = REQUEST_TIMEOUT_MS + body.length / SLOWEST_BYTES_PER_MS;
    const answers = await produce(broker, body, answerWithinMs);
    return new Map(answers.map((answer) => [
      answer.partition,
      { ...answer, before: before.get(answer.partition) ?? true },
    ]));
  }

  /** Compares the answer with what was sent. A batch that it does not name is not written, as far as anybody knows. */
  #settle(
    batches: ReadonlyMap<Lane, LaneBatch>,
    answers: ReadonlyMap<number, ProducedPartition & { readonly before: boolean }>,
  ): void {
    const { lanes, onTrouble } = this.#deps;
    const failed = new Map<Lane, string>();
    for (const [lane, batch] of batches) {
      const answer = answers.get(lane.partition);
      if (answer === undefined) {
        failed.set(lane, "an answer leaves a partition out");
        continue;
      }
      const verdict = verdictOn(answer.errorCode);
      if (verdict === "written") {
        lane.done(answer);
        continue;
      }
      // Only now: a name costs an error with its stack, which good answers come too often for.
      const why = answerName(answer.errorCode);
      switch (verdict) {
        case "written-before":
          for (const call of batch.calls) call.giveUp(why);
          lanes.retire(batch.identity);
          lane.batch = undefined;
          break;
        case "stranger":
          // Sent again under another name. Readers drop it where it was written before, under this one.
          lanes.retire(batch.identity);
          lane.isStranger = true;
          batch.mayBeWritten = answer.before;
          break;
        case "refused":
          batch.mayBeWritten = answer.before;
          break;
        case "unknown":
      }
      failed.set(lane, why);
    }
    if (failed.size < batches.size) onTrouble(null);
    for (const [lane, why] of failed) this.#hold([lane], why);
  }

  /** Lets lanes wait, then looks where their leaders are. */
  #hold(lanes: readonly Lane[], why: string): void {
    this.#deps.onTrouble(why);
    let pauseMs = 0;
    for (const lane of lanes) {
      lane.isHeld = true;
      lane.pauseMs = Math.min(Math.max(HOLD.firstMs, lane.pauseMs * 2), HOLD.lastMs);
      pauseMs = Math.max(pauseMs, lane.pauseMs);
    }
    this.#track((async () => {
      try {
        await realPause(pauseMs, this.#deps.signal);
        await this.#deps.cluster.refreshMetadata();
      } finally {
        for (const lane of lanes) lane.isHeld = false;
      }
    })());
  }
}
