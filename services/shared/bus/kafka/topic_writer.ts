/**
 * Writes one topic: connections, identity and lanes of its own, so that no topic waits behind another. It speaks the
 * idempotent producer's protocol over kafkajs's connections, but keeps identity, numbers and repetitions itself:
 * kafkajs's own producer gives one number to two batches when sends overlap, leaves partitions out of a send that it
 * then calls done, and is of no use after a send that failed (producer_faults_test.ts shows each).
 *
 * A partition's batch is sent again, unchanged and under its number, until an answer names it, over as many
 * connections as that takes; nothing of the partition goes out before. The brokers drop what they have already.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { NotWritten, type Placement } from "../port.ts";
import type { BusClock, PlacedRecord } from "../log_store.ts";
import type { Topic } from "../topics.ts";
import { realPause } from "../turn.ts";
import { Deadlines } from "./deadlines.ts";
import type { LaneRecord } from "./lane.ts";
import { Lanes } from "./lanes.ts";
import type { Link } from "./link.ts";
import { ProduceSession } from "./produce_session.ts";
import { PublishCall } from "./publish_call.ts";

/** Pause before connections are made again, doubling: brokers that come back are found within a second. */
const AWAY = { firstMs: 50, lastMs: 1_000 } as const;
/** Most that may wait for a bus that is away. 30 s of 20,000 shares a second are a third of it. */
const WAITING_MAX_BYTES = 512 * 1024 * 1024;
/** What a call costs beside its bytes. */
const CALL_OVERHEAD_BYTES = 512;

export interface TopicWriterDeps {
  readonly topic: Topic;
  /** The topic's name on the cluster. */
  readonly topicName: string;
  readonly link: Pick<Link, "use" | "close">;
  readonly clock: BusClock;
  /** Told why nothing can be written; null when it can again. */
  readonly onTrouble: (why: string | null) => void;
}

export class TopicWriter {
  readonly #deps: TopicWriterDeps;
  readonly #lanes: Lanes;
  readonly #deadlines: Deadlines;
  readonly #calls = new Set<PublishCall>();
  readonly #closing = new AbortController();
  #waitingBytes = 0;
  #session: ProduceSession | undefined;
  #running: Promise<void> | undefined;

  constructor(deps: TopicWriterDeps) {
    this.#deps = deps;
    this.#lanes = new Lanes(deps.topic);
    this.#deadlines = new Deadlines(deps.clock, () => this.#session?.wake());
  }

  /** Takes a call's records, copying them; they go out after whatever came before. */
  publish(placed: readonly PlacedRecord[], deadlineMs: number): Promise<Placement[]> {
    const { topic, clock } = this.#deps;
    let bytes = CALL_OVERHEAD_BYTES;
    for (const { key, value } of placed) bytes += key.length + value.length;
    if (this.#waitingBytes + bytes > WAITING_MAX_BYTES) {
      return Promise.reject(
        new NotWritten(`Cannot publish to ${topic.name}: too much is waiting for the brokers`),
      );
    }
    const call = new PublishCall(
      topic.name,
      placed.length,
      clock.monotonic() + deadlineMs,
      () => {
        this.#waitingBytes -= bytes;
        this.#calls.delete(call);
        this.#deadlines.remove(call);
      },
    );
    this.#waitingBytes += bytes;
    this.#calls.add(call);
    const records = new Map<number, LaneRecord[]>();
    placed.forEach(({ partition, key, value }, index) => {
      const record = { key: Buffer.from(key), value: Buffer.from(value), index };
      const own = records.get(partition);
      if (own === undefined) records.set(partition, [record]);
      else own.push(record);
    });
    for (const [partition, own] of records) this.#lanes.put(partition, call, own);
    this.#deadlines.add(call);
    this.#session?.wake();
    this.#running ??= this.#run();
    return call.promise;
  }

  /** Writes what waits, for at most `drainMs`; what is left then is given up. */
  async close(drainMs: number): Promise<void> {
    const drained = new AbortController();
    const all = Promise.allSettled([...this.#calls].map((call) => call.promise));
    await Promise.race([all, realPause(drainMs, drained.signal)]);
    drained.abort();
    for (const call of [...this.#calls]) call.giveUp("the bus was closed");
    this.#closing.abort();
    await this.#deadlines.close();
    await this.#deps.link.close();
    await this.#running;
  }

  /** Works while there is work. The first look has found some. */
  async #run(): Promise<void> {
    const { link, topicName, onTrouble } = this.#deps;
    const { signal } = this.#closing;
    let pauseMs: number = AWAY.firstMs;
    do {
      try {
        await link.use(async (cluster) => {
          this.#session = new ProduceSession({
            cluster,
            lanes: this.#lanes,
            topicName,
            signal,
            onTrouble: (why) => {
              if (why === null) pauseMs = AWAY.firstMs;
              onTrouble(why);
            },
          });
          await this.#session.run();
        });
      } catch (error) {
        if (signal.aborted) break;
        onTrouble((error as Error).message);
        await realPause(pauseMs, signal);
        pauseMs = Math.min(pauseMs * 2, AWAY.lastMs);
      } finally {
        this.#session = undefined;
      }
    } while (!signal.aborted && this.#lanes.working().length > 0);
    this.#running = undefined;
  }
}
