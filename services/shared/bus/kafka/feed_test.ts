import { assertEquals, assertRejects } from "@std/assert";
import type { Message } from "../port.ts";
import { Feed, READ_AHEAD_BYTES } from "./feed.ts";

const message = (offset: number, bytes = 1): Message => ({
  partition: 0,
  offset,
  loggedAtMs: 0,
  key: new Uint8Array(0),
  value: new Uint8Array(bytes),
});
const offsets = (messages: readonly Message[]) => messages.map(({ offset }) => offset);

Deno.test("a feed hands out what was fetched, in order, in pieces of the reader's size", async () => {
  const feed = new Feed(0, 5, () => {});
  feed.put([5, 6, 7, 8].map((offset) => message(offset)), 9);
  assertEquals(feed.position, 9);
  assertEquals(offsets(await feed.read(5, 3, 1000)), [5, 6, 7]);
  feed.put([message(9)], 10);
  assertEquals(offsets(await feed.read(8, 3, 1000)), [8, 9]);
  assertEquals(await feed.read(10, 3, 1000), []);
});

Deno.test("a piece ends before it would pass its bytes, and a larger record comes alone", async () => {
  const feed = new Feed(0, 0, () => {});
  feed.put([message(0, 500), message(1, 500), message(2, 5_000), message(3, 10)], 4);
  assertEquals(offsets(await feed.read(0, 10, 1_200)), [0, 1]);
  assertEquals(offsets(await feed.read(2, 10, 1_200)), [2]);
  assertEquals(offsets(await feed.read(3, 10, 1_200)), [3]);
});

Deno.test("what is read ahead is bounded, and room is told when some was taken", async () => {
  let told = 0;
  const feed = new Feed(0, 0, () => told += 1);
  feed.put([message(0, READ_AHEAD_BYTES), message(1, 1)], 2);
  assertEquals(feed.hasRoom, false);
  await feed.read(0, 1, 1);
  assertEquals([feed.hasRoom, told], [true, 1]);
});

Deno.test("a fault is told after what was fetched before it, and ends the fetching", async () => {
  const feed = new Feed(0, 0, () => {});
  feed.put([message(0)], 1);
  feed.fail(new RangeError("gone"));
  assertEquals(feed.hasRoom, false);
  assertEquals(offsets(await feed.read(0, 10, 1000)), [0]);
  await assertRejects(() => feed.read(1, 10, 1000), RangeError, "gone");
});
