/**
 * A writer of one topic before brokers that answer as told. Imported by tests only.
 *
 * @module
 */
import { FakeClock } from "@gopool/testing";
import type { Placement } from "../port.ts";
import { shareSubmissions, type Topic } from "../topics.ts";
import { FakeBrokers } from "./brokers_fixture.ts";
import { TopicWriter } from "./topic_writer.ts";

export class Stand implements AsyncDisposable {
  readonly brokers: FakeBrokers;
  readonly clock = new FakeClock();
  readonly writer: TopicWriter;
  readonly troubles: (string | null)[] = [];

  constructor(leaders: readonly number[] = [1], topic: Topic = shareSubmissions) {
    this.brokers = new FakeBrokers(leaders);
    this.writer = new TopicWriter({
      topic,
      topicName: topic.name,
      link: this.brokers.link,
      clock: this.clock,
      onTrouble: (why) => this.troubles.push(why),
    });
  }

  put(values: string, partition = 0, deadlineMs = 30_000): Promise<Placement[]> {
    const records = values.split(" ").map((value) => ({
      partition,
      key: new Uint8Array(0),
      value: new TextEncoder().encode(value),
    }));
    return this.writer.publish(records, deadlineMs);
  }

  /** Holds back every answer from the next request on. */
  hold(): { readonly release: () => void; readonly arrived: Promise<void> } {
    const gate = Promise.withResolvers<void>(), arrived = Promise.withResolvers<void>();
    this.brokers.before = () => {
      arrived.resolve();
      return gate.promise;
    };
    return {
      arrived: arrived.promise,
      release: () => {
        this.brokers.before = () => Promise.resolve();
        gate.resolve();
      },
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.writer.close(0);
  }
}

export function places(placed: readonly Placement[]): string[] {
  return placed.map(({ partition, offset, loggedAtMs }) => `${partition}/${offset}@${loggedAtMs}`);
}
