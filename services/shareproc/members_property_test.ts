/**
 * Guarantee 2 with two judges in one group: partitions change hands, publishes fail, half succeed or land late, the
 * log's times step back, operators have records published again and rejected. A reader of share.valid counts every
 * share that was answered true exactly once, in order, at times that never fall.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import fc from "@gopool/testing/fc";
import {
  type Bus,
  CONSUME_RETRY,
  type Message,
  NotWritten,
  openBus,
  OutcomeUnknown,
  type OutRecord,
  shareSubmissions,
  type Topic,
} from "@gopool/bus";
import { toHex } from "@gopool/chain";
import { Reason, Verdict } from "@gopool/proto";
import { type Clock, createStatusBoard, silent, systemClock } from "@gopool/runtime";
import { tempDir, waitFor } from "@gopool/testing";
import { makeJob, makeShare, POOL, publishJob, submission } from "./fixture.ts";
import { createShareproc } from "./service.ts";
import { judgedAll, note, readByRule } from "./stand_fixture.ts";

const PARTITIONS = 2;
const JOB = makeJob("0000000100000000");
const LOST = makeJob("0000000100000001");
const SHARES = Array.from({ length: 10 }, (_, n) => makeShare(JOB, n));
const LOST_SHARES = Array.from({ length: 3 }, (_, n) => makeShare(LOST, n));

/** Pauses are a moment. */
const hasty: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ms >= CONSUME_RETRY.firstMs ? 1 : ms, signal),
};

const FAULTS = ["none", "not-written", "written", "unwritten", "partly", "late"] as const;
type Fault = typeof FAULTS[number];

const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("submit" as const),
      shares: fc.array(fc.nat(SHARES.length - 1), { minLength: 1, maxLength: 5 }),
      refused: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("lost" as const), share: fc.nat(2) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("republish" as const),
      partition: fc.nat(PARTITIONS - 1),
      from: fc.nat(12),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("start" as const, "stop" as const, "kill" as const),
      member: fc.nat(1),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(8) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("fault" as const),
      topic: fc.constantFrom("share.valid", "share.rejected"),
      faults: fc.array(fc.constantFrom<Fault>(...FAULTS), { maxLength: 4 }),
    }),
  },
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** The bus as the judges see it: its publishes fail as told, its submissions' times step back and forth. */
class Weather {
  readonly faults = new Map<string, Fault[]>();
  readonly late: (() => Promise<unknown>)[] = [];

  constructor(private readonly bus: Bus) {}

  /** What was under way when its writer gave up lands now. */
  async settle(): Promise<void> {
    for (const land of this.late.splice(0)) await land();
  }

  member(killed: AbortSignal): Bus {
    const { bus } = this;
    const overrides: Partial<Bus> = {
      publish: (topic, records, options) => this.#publish(killed, topic, records, options),
      consume: (topic, options, handle) =>
        bus.consume(
          topic,
          options,
          ({ partition, messages }, signal) =>
            handle({ partition, messages: messages.map(weathered) }, signal),
        ),
      async *read(topic, partition, from) {
        for await (const batch of bus.read(topic, partition, from)) {
          if (topic !== shareSubmissions) yield batch;
          else yield { ...batch, messages: batch.messages.map(weathered) };
        }
      },
      last: async (topic, partition) => {
        const last = await bus.last(topic, partition);
        return last !== null && topic === shareSubmissions ? weathered(last) : last;
      },
    };
    return new Proxy(bus, {
      get(target, name) {
        const value = Reflect.get(overrides, name) ?? Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  async #publish(
    killed: AbortSignal,
    topic: Topic,
    records: readonly OutRecord[],
    options?: Parameters<Bus["publish"]>[2],
  ) {
    if (killed.aborted) throw new NotWritten("killed");
    const { bus } = this;
    const fault = this.faults.get(topic.name)?.shift() ?? "none";
    const unknown = () => new OutcomeUnknown(fault);
    if (fault === "not-written") throw new NotWritten("the broker is away");
    if (fault === "unwritten") throw unknown();
    if (fault === "late") {
      const copies = records.map((record) => ({ ...record, value: record.value.slice() }));
      this.late.push(() => bus.publish(topic, copies));
      throw unknown();
    }
    if (fault === "partly") {
      await bus.publish(topic, records.filter((_, i) => i % 2 === 1));
      throw unknown();
    }
    const placements = await bus.publish(topic, records, options);
    if (fault === "written") throw unknown();
    return placements;
  }
}

/** Up to 40 s back, the same at every look. */
function weathered(message: Message): Message {
  return { ...message, loggedAtMs: message.loggedAtMs - (message.offset * 7_919) % 40_000 };
}

class Members {
  readonly #running = new Map<number, { stop(kill: boolean): Promise<void> }>();

  constructor(private readonly weather: Weather) {}

  start(member: number): void {
    if (this.#running.has(member)) return;
    const stopping = new AbortController();
    const killed = new AbortController();
    const board = createStatusBoard(hasty);
    const bus = this.weather.member(killed.signal);
    const judge = createShareproc({
      bus,
      clock: hasty,
      log: silent,
      board,
      pool: POOL,
      logEpoch: undefined,
    });
    const running = judge.run(stopping.signal);
    this.#running.set(member, {
      async stop(kill) {
        if (kill) killed.abort();
        stopping.abort();
        await running;
      },
    });
  }

  async stop(member: number, kill: boolean): Promise<void> {
    const running = this.#running.get(member);
    this.#running.delete(member);
    await running?.stop(kill);
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((member) => this.stop(member, false)));
  }
}

async function live(bus: Bus, commands: readonly Command[]): Promise<void> {
  const expected = Array.from({ length: PARTITIONS }, () => [] as string[]);
  const weather = new Weather(bus);
  const members = new Members(weather);
  await publishJob(bus, JOB);
  try {
    for (const one of commands) {
      switch (one.kind) {
        case "submit":
          await bus.publish(
            shareSubmissions,
            one.shares.map((i) => {
              const share = SHARES[i]!;
              const partition = i % PARTITIONS;
              if (one.refused) {
                const headerHash = new Uint8Array(); // as a gateway refuses what it could not hash
                const verdict = Verdict.REJECTED;
                const reason = Reason.BAD_EXTRANONCE2;
                return submission({ ...share, headerHash, verdict, reason }, partition);
              }
              const hash = toHex(share.headerHash);
              if (!expected[partition]!.includes(hash)) expected[partition]!.push(hash);
              return submission(share, partition);
            }),
          );
          break;
        case "lost": {
          const [placed] = await bus.publish(shareSubmissions, [
            submission(LOST_SHARES[one.share]!, 0),
          ]);
          await note(bus, { rejectOffset: BigInt(placed!.offset) });
          break;
        }
        case "republish":
          await note(bus, { republishFrom: BigInt(one.from) }, one.partition);
          break;
        case "start":
          members.start(one.member);
          break;
        case "stop":
        case "kill":
          await members.stop(one.member, one.kind === "kill");
          break;
        case "wait":
          await systemClock.sleep(one.ms);
          await weather.settle();
          break;
        case "fault":
          weather.faults.set(one.topic, [...one.faults]);
      }
    }
    members.start(0);
    await waitFor(() => judgedAll(bus), "judgement");
    await weather.settle();
  } finally {
    await members.stopAll();
  }
  for (const [partition, hashes] of expected.entries()) {
    const reading = await readByRule(bus, partition);
    assertEquals(reading.stopped, undefined);
    assertEquals(reading.hashes, hashes);
    const times = reading.loggedAtMs;
    assert(times.every((ms, i) => i === 0 || ms >= times[i - 1]!), `times fall: ${times}`);
  }
}

const lives = fc.array(command, { minLength: 4, maxLength: 24 });

Deno.test("two judges of a group count every share once, whatever happens to them and to the bus", async () => {
  await fc.assert(
    fc.asyncProperty(lives, async (commands) => {
      await using bus = await openBus("memory:", { clock: hasty, sharePartitions: PARTITIONS });
      await live(bus, commands);
    }),
    { numRuns: 150, seed: 20_261 },
  );
});

Deno.test("two judges of a group count every share once, on the embedded log", async () => {
  await using folder = await tempDir();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(lives, async (commands) => {
      const url = `sqlite:${folder.path}/bus-${run++}.db`;
      await using bus = await openBus(url, { clock: hasty, sharePartitions: PARTITIONS });
      await live(bus, commands);
    }),
    { numRuns: 12, seed: 20_262 },
  );
});
