import { assertEquals, assertThrows } from "@std/assert";
import { FakeClock } from "@gopool/testing";
import { decode, encodeRecord, miningJobs, openBus, TOPICS } from "./mod.ts";

Deno.test("encodeRecord() and decode() carry a message over the bus", async () => {
  await using bus = await openBus("memory:", { clock: new FakeClock() });
  const message = { pool: "gopool", id: "0000000100000002", height: 840_000, clean: true };
  await bus.publish(miningJobs, [encodeRecord(miningJobs, message, { key: "pool" })]);
  const record = await bus.last(miningJobs, 0);
  const job = decode(miningJobs, record!.value);
  assertEquals([job.pool, job.id, job.height, job.clean], Object.values(message));
  assertEquals(record!.key, new TextEncoder().encode("pool"));
});

Deno.test("encodeRecord() names a partition, with or without a key", () => {
  const bytes = new Uint8Array([1]);
  assertEquals(encodeRecord(miningJobs, {}, { partition: 2 }), {
    value: new Uint8Array(0),
    partition: 2,
  });
  assertEquals(encodeRecord(miningJobs, {}, { partition: 2, key: bytes }).key, bytes);
});

Deno.test("decode() throws on bytes that are no message", () => {
  assertThrows(() => decode(miningJobs, new Uint8Array([0x0a, 0xff])));
});

Deno.test("every topic has a name of its own, and the floor plan's partitions", () => {
  assertEquals(new Set(TOPICS.map((topic) => topic.name)).size, TOPICS.length);
  for (const { name, partitions } of TOPICS) {
    assertEquals(partitions, name.startsWith("share.") ? "shares" : 1, name);
  }
});
