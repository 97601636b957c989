/**
 * What tests of the writing side stand on: numbered records published without pause, and what of them is on the topic
 * afterwards. Imported by tests only.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { NotWritten, OutcomeUnknown, type Placement } from "../port.ts";
import type { Topic } from "../topics.ts";
import { type KafkaClient, kafkaClient } from "./client.ts";
import { KafkaLog } from "./kafka_log.ts";
import { read } from "./read.ts";
import { kafkaSettings } from "./settings.ts";
import { createTopics, type KafkaTopics, openTopics } from "./topics_admin.ts";
import { KafkaWriter } from "./writer.ts";

export const clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal?.addEventListener("abort", end, { once: true });
    }),
};

/** A client whose topics, made anew, nobody else has. */
export async function freshTopics(
  bootstrap: string,
  sharePartitions: number,
  options: { readonly replication?: number } = {},
): Promise<{ client: KafkaClient; topics: KafkaTopics }> {
  const url = `kafka://${bootstrap}?prefix=${crypto.randomUUID().slice(0, 8)}.`;
  const client = kafkaClient(kafkaSettings(url, options, sharePartitions));
  await createTopics(client);
  return { client, topics: await openTopics(client) };
}

export type Outcome = "written" | "unknown" | "not-written";

/** Publishes numbered records, one call each, without waiting for the ones before. */
export class Numbered implements AsyncDisposable {
  readonly writer: KafkaWriter;
  readonly placements = new Map<number, Placement>();
  readonly outcomes = new Map<number, Outcome>();
  readonly troubles: (string | null)[] = [];
  readonly #published: Promise<void>[] = [];

  constructor(
    readonly client: KafkaClient,
    readonly topics: KafkaTopics,
    readonly topic: Topic,
    readonly deadlineMs: number,
  ) {
    this.writer = new KafkaWriter(client, {
      clock,
      partitions: topics.count,
      onTrouble: (sentence) => this.troubles.push(sentence),
    });
  }

  get sent(): number {
    return this.#published.length;
  }

  /** How many came to this outcome. */
  count(outcome: Outcome): number {
    return [...this.outcomes.values()].filter((one) => one === outcome).length;
  }

  /** The next number, to the partition that it leaves as a remainder. */
  put(): void {
    const number = this.sent;
    const partition = number % this.topics.count(this.topic);
    const value = new TextEncoder().encode(String(number));
    const { deadlineMs } = this;
    this.#published.push(
      this.writer.publish(this.topic, [{ partition, value }], { deadlineMs }).then(
        ([placement]) => {
          this.placements.set(number, placement!);
          this.outcomes.set(number, "written");
        },
        (error) => {
          if (error instanceof OutcomeUnknown) this.outcomes.set(number, "unknown");
          else if (error instanceof NotWritten) this.outcomes.set(number, "not-written");
          else throw error;
        },
      ),
    );
  }

  /** About a hundred a second until `until` resolves. */
  async keepPutting(until: Promise<unknown>): Promise<void> {
    let going = true;
    const end = () => {
      going = false;
    };
    until.then(end, end);
    while (going) {
      this.put();
      await clock.sleep(10);
    }
    await until;
  }

  async settled(): Promise<void> {
    await Promise.all(this.#published);
  }

  /**
   * Reads the topic back. Every number that was called written must stand there once, where its answer said, and after
   * the ones before it in its partition; one that was called not written must not be there.
   *
   * @returns How many numbers of unknown outcome stand there.
   */
  async check(): Promise<{ unknownButWritten: number }> {
    const log = new KafkaLog(this.client, this.topics.count);
    const found = new Map<number, string[]>();
    const outOfOrder: number[] = [];
    try {
      for (const { partition, earliest, next } of await log.ends(this.topic)) {
        const bounds = Promise.resolve({ earliest, next });
        let before = -1;
        for await (const batch of read(this.client, this.topic, partition, earliest, bounds)) {
          for (const { value, offset } of batch.messages) {
            const number = Number(new TextDecoder().decode(value));
            found.set(number, [...found.get(number) ?? [], `${partition}/${offset}`]);
            if (this.outcomes.get(number) !== "written") continue;
            if (number < before) outOfOrder.push(number);
            before = number;
          }
        }
      }
    } finally {
      await log.close();
    }
    const wrong = [...this.outcomes].filter(([number, outcome]) => {
      const places = found.get(number) ?? [];
      if (outcome === "not-written") return places.length > 0;
      if (outcome === "unknown") return places.length > 1;
      const { partition, offset } = this.placements.get(number)!;
      return `${places}` !== `${partition}/${offset}`;
    });
    assertEquals({ wrong, outOfOrder }, { wrong: [], outOfOrder: [] });
    const unknown = [...this.outcomes].filter(([, outcome]) => outcome === "unknown");
    return { unknownButWritten: unknown.filter(([number]) => found.has(number)).length };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.writer.close();
  }
}
