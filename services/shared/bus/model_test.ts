/**
 * Random work on a bus, held against plain arrays: whatever comes between (members that join and leave, handlers
 * that throw, the log closed and opened), each group handles every record of a partition in order, and each once.
 */
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { FakeClock, waitFor } from "@gopool/testing";
import fc from "@gopool/testing/fc";
import { bytes } from "./contract_stand.ts";
import { type Bus, openBus, shareSubmissions } from "./mod.ts";
import { inFolder } from "./sqlite_stand_fixture.ts";

const topic = shareSubmissions;
const PARTITIONS = 4;
const GROUPS = ["judges", "payers"];

type Step =
  | { do: "publish"; calls: number[][]; awaited: boolean }
  | { do: "join"; group: number; batchMax: number; throwEvery: number }
  | { do: "leave"; member: number }
  | { do: "pass"; ms: number }
  | { do: "reopen" };

const calls = fc.array(fc.array(fc.nat(PARTITIONS - 1), { minLength: 1, maxLength: 12 }), {
  maxLength: 5,
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("publish" as const), calls, awaited: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("join" as const),
      group: fc.nat(GROUPS.length - 1),
      batchMax: fc.integer({ min: 1, max: 20 }),
      throwEvery: fc.integer({ min: 2, max: 6 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("leave" as const), member: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.nat(500) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reopen" as const) }) },
);

interface Running {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** Plays the steps, then lets every group read to the end, and compares. */
async function play(
  steps: readonly Step[],
  open: (clock: FakeClock) => Promise<Bus>,
  keeps: boolean,
) {
  const clock = new FakeClock();
  let bus = await open(clock);
  const expected: string[][] = Array.from({ length: PARTITIONS }, () => []);
  const handled = GROUPS.map(() => Array.from({ length: PARTITIONS }, () => [] as string[]));
  /** Handlers at work per group and partition: never two. */
  const working = GROUPS.map(() => Array<number>(PARTITIONS).fill(0));
  const members: Running[] = [];
  const publishing: Promise<unknown>[] = [];
  const text = new TextDecoder();
  let published = 0;

  const join = (group: number, batchMax: number, throwEvery: number) => {
    const stop = new AbortController();
    let tries = 0;
    const options = { group: GROUPS[group]!, batchMax, signal: stop.signal };
    const ended = bus.consume(topic, options, async ({ partition, messages }) => {
      working[group]![partition]! += 1;
      assertEquals(working[group]![partition], 1);
      assertLessOrEqual(messages.length, batchMax);
      if (tries % 2 === 0) await Promise.resolve();
      working[group]![partition]! -= 1;
      tries += 1;
      if (tries % throwEvery === 0) throw new Error("refused");
      handled[group]![partition]!.push(...messages.map((message) => text.decode(message.value)));
    });
    members.push({ stop, ended });
  };
  const leave = async (member: Running | undefined) => {
    if (!member) return;
    members.splice(members.indexOf(member), 1);
    member.stop.abort();
    await member.ended;
  };

  try {
    for (const it of steps) {
      switch (it.do) {
        case "publish":
          for (const call of it.calls) {
            const records = call.map((partition) => {
              const value = `${published++}`;
              expected[partition]!.push(value);
              return { partition, value: bytes(value) };
            });
            publishing.push(bus.publish(topic, records));
          }
          if (it.awaited) await Promise.all(publishing);
          break;
        case "join":
          join(it.group, it.batchMax, it.throwEvery);
          break;
        case "leave":
          await leave(members[it.member % Math.max(1, members.length)]);
          break;
        case "pass":
          await clock.advance(it.ms);
          break;
        case "reopen":
          if (!keeps) break;
          // Closing ends the members and writes what was published.
          await bus[Symbol.asyncDispose]();
          await Promise.all(members.splice(0).map((member) => member.ended));
          bus = await open(clock);
          break;
      }
    }
    await Promise.all(publishing);
    GROUPS.forEach((_, group) => join(group, 7, Infinity));
    const whole = expected.flat().length;
    await waitFor(async () => {
      await clock.advance(1000);
      return handled.every((partitions) => partitions.flat().length >= whole);
    }, "every group to be through");
    while (members.length > 0) await leave(members[0]);
    for (const partitions of handled) assertEquals(partitions, expected);
    for (const group of GROUPS) {
      assertEquals(await bus.committed(topic, group), expected.map((records) => records.length));
    }
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      const stored: string[] = [];
      let lastMs = 0;
      for await (const { messages } of bus.read(topic, partition, 0)) {
        for (const message of messages) {
          assert(message.loggedAtMs >= lastMs);
          lastMs = message.loggedAtMs;
          stored.push(text.decode(message.value));
        }
      }
      assertEquals(stored, expected[partition]);
    }
  } finally {
    for (const { stop } of members) stop.abort();
    await bus[Symbol.asyncDispose]();
  }
}

const steps = fc.array(step, { minLength: 5, maxLength: 40 });

Deno.test("memory: any interleaving gives each group every record in order, once", async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      (script) =>
        play(script, (clock) => openBus("memory:", { clock, sharePartitions: PARTITIONS }), false),
    ),
    { numRuns: 60 },
  );
});

Deno.test("sqlite: any interleaving gives each group every record in order, once", () =>
  inFolder(async (folder) => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(steps, (script) => {
        const url = `sqlite:${folder}/${runs++}.db`;
        return play(script, (clock) => openBus(url, { clock, sharePartitions: PARTITIONS }), true);
      }),
      { numRuns: 30 },
    );
  }));
