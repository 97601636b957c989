/**
 * The writer against brokers that keep a log as Kafka does, and whose answers, connections and leaders come and go by
 * chance: what it says of each call must be true of the log in the end.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { FakeClock, waitFor } from "@gopool/testing";
import fc from "@gopool/testing/fc";
import { NotWritten, OutcomeUnknown, type Placement } from "../port.ts";
import { shareSubmissions } from "../topics.ts";
import { type ReadBatch, readProduceRequest } from "./brokers_fixture.ts";
import type { Broker, Cluster, ProducedPartition, ProtocolRequest } from "./kafkajs_types.ts";
import { TopicWriter } from "./topic_writer.ts";

const PARTITIONS = 3;
/** How many batches of a producer a broker remembers (Kafka's ProducerStateEntry). */
const REMEMBERED = 5;
const NOT_LEADER = 6;
const REQUEST_TIMED_OUT = 7;
const NOT_ENOUGH_REPLICAS = 19;
const OUT_OF_ORDER_SEQUENCE_NUMBER = 45;
const UNKNOWN_PRODUCER_ID = 59;

/** What happens to one request. */
type Fate =
  | "answered"
  | "lost before it was read"
  | "written, its answer lost"
  | "lost, and written later"
  | "written, called timed out"
  | "written, a partition left out of the answer"
  | "refused"
  | "its leader has moved"
  | "its producer is not known";
const FATES: readonly Fate[] = [
  "answered",
  "lost before it was read",
  "written, its answer lost",
  "lost, and written later",
  "written, called timed out",
  "written, a partition left out of the answer",
  "refused",
  "its leader has moved",
];

interface Written {
  readonly first: number;
  readonly next: number;
  readonly base: number;
}

class PartitionLog {
  readonly values: string[] = [];
  readonly #producers = new Map<string, Written[]>();

  append({ producerId, firstSequence, records }: ReadBatch): [code: number, base: number] {
    const known = this.#producers.get(producerId) ?? [];
    const same = known.find(({ first, next }) =>
      first === firstSequence && next === firstSequence + records.length
    );
    if (same !== undefined) return [0, same.base];
    const last = known.at(-1);
    if (last !== undefined && last.next !== firstSequence) {
      return [OUT_OF_ORDER_SEQUENCE_NUMBER, -1];
    }
    const base = this.values.length;
    const text = new TextDecoder();
    this.values.push(...records.map(({ value }) => text.decode(value)));
    const written = { first: firstSequence, next: firstSequence + records.length, base };
    this.#producers.set(producerId, [...known, written].slice(-REMEMBERED));
    return [0, base];
  }
}

class Brokers {
  readonly logs = Array.from({ length: PARTITIONS }, () => new PartitionLog());
  readonly #late: (() => void)[] = [];
  #leader = 1;
  #producers = 0;
  #requests = 0;

  constructor(readonly fates: readonly Fate[]) {}

  readonly link = {
    use: <T>(work: (cluster: Cluster) => Promise<T>) => work(this.#cluster),
    close: () => Promise.resolve(),
  };

  /** Requests that lay about somewhere are read after all. */
  readLate(): void {
    for (const read of this.#late.splice(0)) read();
  }

  readonly #cluster = {
    // One broker leads the first partition, the other the rest; now and then they change places.
    findTopicPartitionMetadata: () =>
      this.logs.map((_, partitionId) => ({
        partitionId,
        leader: partitionId === 0 ? this.#leader : 3 - this.#leader,
      })),
    findBroker: async () => {
      // As a connection that must be made first.
      for (let turns = this.#requests % 4; turns > 0; turns -= 1) await Promise.resolve();
      return this.#broker;
    },
    refreshMetadata: () => Promise.resolve(),
  } as unknown as Cluster;

  readonly #broker = {
    initProducerId: () =>
      Promise.resolve({ producerId: String(++this.#producers), producerEpoch: 0 }),
    lookupRequest: () => () => ({ request: {}, response: {} }),
    connectionPool: {
      send: async <T>({ request, response }: ProtocolRequest<T>) =>
        response.parse(await this.#produce(request as { encode(): { buf: Uint8Array } })),
    },
  } as unknown as Broker;

  async #produce({ encode }: { encode(): { buf: Uint8Array } }) {
    const { batches } = await readProduceRequest(encode().buf);
    const fate = this.fates[this.#requests++] ?? "answered";
    const write = () => [...batches].map(([partition, batch]) => this.#write(partition, batch));
    const say = (errorCode: number) =>
      [...batches.keys()].map((partition) => answer(partition, errorCode, -1));
    switch (fate) {
      case "answered": {
        const answers = write();
        if (this.#requests % 3 === 0) this.readLate();
        return inTopic(answers);
      }
      case "lost before it was read":
        throw new Error("Closed connection");
      case "written, its answer lost":
        write();
        throw new Error("Closed connection");
      case "lost, and written later":
        this.#late.push(write);
        throw new Error("Closed connection");
      case "written, called timed out":
        write();
        return inTopic(say(REQUEST_TIMED_OUT));
      case "written, a partition left out of the answer":
        return inTopic(write().slice(1));
      case "refused":
        return inTopic(say(NOT_ENOUGH_REPLICAS));
      case "its leader has moved":
        this.#leader = 3 - this.#leader;
        return inTopic(say(NOT_LEADER));
      case "its producer is not known":
        return inTopic(say(UNKNOWN_PRODUCER_ID));
    }
  }

  #write(partition: number, batch: ReadBatch): ProducedPartition {
    return answer(partition, ...this.logs[partition]!.append(batch));
  }
}

function answer(partition: number, errorCode: number, base: number): ProducedPartition {
  return { partition, errorCode, baseOffset: String(base), logAppendTime: "1000" };
}

function inTopic(partitions: readonly ProducedPartition[]) {
  return { topics: [{ partitions }] };
}

/** A call to publish, or a moment that passes. */
type Step =
  | { readonly kind: "publish"; readonly partitions: readonly number[]; readonly hasty: boolean }
  | { readonly kind: "wait"; readonly turns: number }
  | { readonly kind: "deadline" };
const HASTY_MS = 100;

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("publish" as const),
      partitions: fc.array(fc.nat(PARTITIONS - 1), { minLength: 1, maxLength: 3 }),
      hasty: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      turns: fc.integer({ min: 1, max: 30 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "deadline" as const }) },
);

interface Call {
  readonly values: { readonly partition: number; readonly value: string }[];
  answer?: readonly Placement[] | "unknown" | "not written";
}

async function play(steps: readonly Step[], fates: readonly Fate[]) {
  const brokers = new Brokers(fates);
  const clock = new FakeClock();
  const writer = new TopicWriter({
    topic: shareSubmissions,
    topicName: shareSubmissions.name,
    link: brokers.link,
    clock,
    onTrouble: () => {},
  });
  const calls: Call[] = [];
  const text = new TextEncoder();
  let values = 0;
  for (const step of steps) {
    switch (step.kind) {
      case "publish": {
        const call: Call = {
          values: step.partitions.map((partition) => ({ partition, value: String(values++) })),
        };
        calls.push(call);
        const records = call.values.map(({ partition, value }) => ({
          partition,
          key: new Uint8Array(0),
          value: text.encode(value),
        }));
        writer.publish(records, step.hasty ? HASTY_MS : Infinity).then(
          (placements) => call.answer = placements,
          (error) => {
            if (error instanceof OutcomeUnknown) call.answer = "unknown";
            else if (error instanceof NotWritten) call.answer = "not written";
            else throw error;
          },
        );
        break;
      }
      case "wait":
        for (let turn = 0; turn < step.turns; turn += 1) await Promise.resolve();
        // Pauses after faults are of real time.
        if (step.turns > 20) await new Promise((resolve) => setTimeout(resolve, step.turns));
        break;
      case "deadline":
        await clock.advance(HASTY_MS);
    }
  }
  await clock.advance(HASTY_MS);
  await waitFor(() => calls.every((call) => call.answer !== undefined), "every answer");
  brokers.readLate();
  await writer.close(0);
  return { calls, logs: brokers.logs.map((log) => log.values) };
}

/** What is wrong with the answers, given the log. */
function lies(
  calls: readonly Call[],
  logs: readonly (readonly string[])[],
  mayBeTwice: boolean,
): string[] {
  const found: string[] = [];
  const latest = logs.map(() => -1);
  for (const { values, answer } of calls) {
    values.forEach(({ partition, value }, i) => {
      const log = logs[partition]!;
      const times = log.filter((one) => one === value).length;
      if (answer === "not written" && times > 0) found.push(`${value} is there all the same`);
      if (!mayBeTwice && times > 1) found.push(`${value} is there ${times} times`);
      if (answer === "not written" || answer === "unknown") return;
      const { offset } = answer![i]!;
      if (log[offset] !== value) found.push(`${value} is not at ${partition}/${offset}`);
      if (offset <= latest[partition]!) found.push(`${value} is before what came before it`);
      latest[partition] = offset;
    });
  }
  return found;
}

const stepsOf = fc.array(step, { minLength: 1, maxLength: 25 });
const RUNS = 40;

Deno.test("whatever becomes of requests, what was called written is there once, in order, and what was not is not", async () => {
  const fates = fc.array(fc.constantFrom(...FATES), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(stepsOf, fates, async (steps, fates) => {
      const { calls, logs } = await play(steps, fates);
      assertEquals(lies(calls, logs, false), []);
    }),
    { numRuns: RUNS },
  );
});

Deno.test("where brokers forget a producer something may be there twice, and nothing is lost or out of order", async () => {
  const fates = fc.array(fc.constantFrom(...FATES, "its producer is not known" as const), {
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(stepsOf, fates, async (steps, fates) => {
      const { calls, logs } = await play(steps, fates);
      assertEquals(lies(calls, logs, true), []);
    }),
    { numRuns: RUNS },
  );
});
