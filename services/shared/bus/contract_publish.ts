import { assert, assertEquals, assertGreaterOrEqual, assertRejects } from "@std/assert";
import {
  bytes,
  CONTRACT_PARTITIONS,
  type ContractAdapter,
  promising,
  put,
} from "./contract_stand.ts";
import { partitionOfKey } from "./partition.ts";
import { type Message, NotWritten } from "./port.ts";
import {
  BLOCK_MAX_BYTES,
  blockSolved,
  miningJobs,
  miningTemplates,
  shareSubmissions,
} from "./topics.ts";
import type { Bus } from "./port.ts";
import type { Topic } from "./topics.ts";

/** Every message of a partition, from the earliest. */
async function all(bus: Bus, topic: Topic, partition: number): Promise<Message[]> {
  const { earliest } = (await bus.ends(topic))[partition]!;
  const messages: Message[] = [];
  for await (const batch of bus.read(topic, partition, earliest)) messages.push(...batch.messages);
  return messages;
}

/** Bytes that do not compress, the same each time. */
function noise(length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let i = 0, x = 1; i < length; i += 1) {
    x = Math.imul(x, 1_664_525) + 1_013_904_223 | 0;
    out[i] = x >>> 24;
  }
  return out;
}

export function publishContract(adapter: ContractAdapter): void {
  const promises = promising(adapter);

  promises(
    "gives a call's records rising offsets, answered in the order given",
    async ({ bus }) => {
      const records = [0, 1, 0, 1, 0].map((partition, i) => ({ partition, value: bytes(`${i}`) }));
      const placed = await bus.publish(shareSubmissions, records);
      assertEquals(placed.map((p) => [p.partition, p.offset]), [[0, 0], [1, 0], [0, 1], [1, 1], [
        0,
        2,
      ]]);
      const back = await all(bus, shareSubmissions, 0);
      assertEquals(back.map((m) => m.offset), [0, 1, 2]);
      assertEquals(
        back.map((m) => m.loggedAtMs),
        placed.filter((p) => p.partition === 0).map((p) => p.loggedAtMs),
      );
      assertEquals(back.map((m) => m.value), [bytes("0"), bytes("2"), bytes("4")]);
    },
  );

  promises("keeps the order of calls that nobody waited for", async ({ bus }) => {
    const calls = Array.from({ length: 50 }, (_, i) => put(bus, miningTemplates, 0, `${i}`));
    const offsets = (await Promise.all(calls)).map(([placed]) => placed!.offset);
    assertEquals(offsets, offsets.map((_, i) => i));
    const back = await all(bus, miningTemplates, 0);
    assertEquals(back.map((m) => m.value), offsets.map((_, i) => bytes(`${i}`)));
  });

  promises(
    "sends equal keys to one partition, the one that Kafka would choose",
    async ({ bus }) => {
      const keys = Array.from({ length: 40 }, (_, i) => bytes(`key ${i}`));
      const placed = await bus.publish(shareSubmissions, keys.map((key) => ({ key, value: key })));
      const expected = keys.map((key) => partitionOfKey(key, CONTRACT_PARTITIONS));
      assertEquals(placed.map((p) => p.partition), expected);
      assertEquals(
        await Promise.all(keys.map((key) => bus.partitionOf(shareSubmissions, key))),
        expected,
      );
      assertEquals(new Set(expected).size, CONTRACT_PARTITIONS);
      assertEquals(await bus.partitions(shareSubmissions), CONTRACT_PARTITIONS);
    },
  );

  promises("obeys a named partition and carries the key along", async ({ bus }) => {
    const key = bytes("somewhere else");
    await bus.publish(shareSubmissions, [{ partition: 3, key, value: bytes("x") }]);
    const last = await bus.last(shareSubmissions, 3);
    assertEquals([last?.key, last?.value], [key, bytes("x")]);
  });

  promises("has copied the bytes when publish returns its promise", async ({ bus }) => {
    for (const topic of [miningJobs, miningTemplates]) {
      const value = bytes("before");
      const published = bus.publish(topic, [{ partition: 0, value }]);
      value.fill(0);
      await published;
      assertEquals((await bus.last(topic, 0))?.value, bytes("before"));
    }
  });

  promises("gives each reader bytes of its own", async ({ bus }) => {
    await put(bus, miningJobs, 0, "untouched");
    (await bus.last(miningJobs, 0))!.value.fill(0);
    assertEquals((await bus.last(miningJobs, 0))?.value, bytes("untouched"));
  });

  promises("carries values of 8 MiB, empty values and empty keys", async ({ bus }) => {
    for (const topic of [blockSolved, miningTemplates]) {
      const sent = [noise(BLOCK_MAX_BYTES), new Uint8Array(BLOCK_MAX_BYTES), new Uint8Array(0)];
      await bus.publish(topic, sent.map((value) => ({ key: new Uint8Array(0), value })));
      const back = await all(bus, topic, 0);
      assertEquals(back.map((m) => m.value.length), sent.map((value) => value.length));
      assert(back.every((m, i) => m.value.every((byte, at) => byte === sent[i]![at])));
      assertEquals(back.map((m) => m.key.length), [0, 0, 0]);
    }
  });

  promises(
    "refuses what cannot stand on the topic, and then writes none of the call",
    async ({ bus }) => {
      const good = { partition: 0, value: bytes("good") };
      const wrong = [
        { partition: 0, value: new Uint8Array(shareSubmissions.maxBytes + 1) },
        { partition: CONTRACT_PARTITIONS, value: bytes("x") },
        { partition: -1, value: bytes("x") },
        { partition: 0.5, value: bytes("x") },
        { value: bytes("neither key nor partition") },
        { key: new Uint8Array(5000), value: bytes("x") },
      ];
      for (const record of wrong) {
        await assertRejects(() => bus.publish(shareSubmissions, [good, record]), RangeError);
      }
      const largest = { partition: 0, value: new Uint8Array(shareSubmissions.maxBytes) };
      const [placed] = await bus.publish(shareSubmissions, [largest]);
      assertEquals(placed!.offset, 0);
    },
  );

  promises("has nothing to do for a call without records", async ({ bus }) => {
    assertEquals(await bus.publish(shareSubmissions, []), []);
  });

  promises("has written nothing when it is closed already", async ({ bus }) => {
    await bus[Symbol.asyncDispose]();
    await assertRejects(() => put(bus, miningJobs, 0, "late"), NotWritten);
  });

  promises("never stamps a record earlier than the one before it", async ({ bus, clock }) => {
    const stamps: number[] = [];
    for (const step of [0, 1000, -5000, 1, 0]) {
      clock.stepWall(step);
      stamps.push(...(await put(bus, miningJobs, 0, "x", "y")).map((p) => p.loggedAtMs));
    }
    stamps.reduce((before, stamp) => (assertGreaterOrEqual(stamp, before), stamp));
    const back = await all(bus, miningJobs, 0);
    assertEquals(back.map((m) => m.loggedAtMs), stamps);
    if (adapter.takesTheClock) {
      const start = stamps[0]!;
      assertEquals(stamps.map((s) => s - start), [0, 0, ...Array(8).fill(1000)]);
    }
  });
}
