import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { NotWritten, OutcomeUnknown } from "../port.ts";
import { blockSolved } from "../topics.ts";
import { BATCH_BYTES, BATCH_MAX_RECORDS, Lane } from "./lane.ts";
import { PublishCall } from "./publish_call.ts";
import { places, Stand } from "./topic_writer_fixture.ts";

Deno.test("records of a call stay together, and batches within their bounds", async () => {
  await using stand = new Stand();
  const held = stand.hold();
  const calls = [stand.put("a")];
  await held.arrived;
  const many = (letter: string, count: number) => Array(count).fill(letter).join(" ");
  calls.push(
    stand.put(many("b", BATCH_MAX_RECORDS - 10)),
    stand.put(many("c", 20)),
    stand.put(many("d", 2 * BATCH_MAX_RECORDS + 5)),
  );
  held.release();
  await Promise.all(calls);
  const batches = stand.brokers.lines(0).map((line) => {
    const letters = line.split(": ")[1]!.split(" ");
    return `${[...new Set(letters)].join("")}${letters.length}`;
  });
  const full = BATCH_MAX_RECORDS;
  assertEquals(batches, ["a1", `b${full - 10}`, "c20", `d${full}`, `d${full}`, "d5"]);
});

Deno.test("values as large as the topic takes go one by one, small ones until a batch is full", async () => {
  const value = (bytes: number) => ({
    partition: 0,
    key: new Uint8Array(0),
    value: new Uint8Array(bytes),
  });
  for (const [topic, bytes, batches] of [[blockSolved, blockSolved.maxBytes, 3]] as const) {
    await using stand = new Stand([1], topic);
    await stand.writer.publish([value(bytes), value(bytes), value(bytes)], 30_000);
    assertEquals(stand.brokers.sent.length, batches);
  }
  await using stand = new Stand();
  const each = 16 * 1024;
  await stand.writer.publish(Array.from({ length: 200 }, () => value(each)), 30_000);
  assertEquals(stand.brokers.sent.length, Math.ceil(200 / Math.floor(BATCH_BYTES / (each + 32))));
});

Deno.test("numbers begin anew after 2^31 - 1, as the brokers count them", async () => {
  const lane = new Lane(0, BATCH_BYTES);
  const identity = { producerId: "1", producerEpoch: 0, sequences: new Map([[0, 2 ** 31 - 2]]) };
  const call = new PublishCall("topic", 3, Infinity, () => {});
  const bytes = new Uint8Array(1);
  lane.put(call, [0, 1, 2].map((index) => ({ index, key: bytes, value: bytes })));
  assertEquals(lane.take(identity)?.firstSequence, 2 ** 31 - 2);
  lane.done({ partition: 0, errorCode: 0, baseOffset: "7", logAppendTime: "5" });
  assertEquals(identity.sequences.get(0), 1);
  assertEquals(places(await call.promise), ["0/7@5", "0/8@5", "0/9@5"]);
});

Deno.test("closing writes what waits, and gives up what cannot be written in time", async () => {
  const stand = new Stand();
  const held = stand.hold();
  const sent = stand.put("a", 0, Infinity);
  await held.arrived;
  const waiting = stand.put("b", 0, Infinity);
  const closed = stand.writer.close(30_000);
  held.release();
  await closed;
  assertEquals(places((await Promise.all([sent, waiting])).flat()), ["0/0@1000", "0/1@1000"]);

  const away = new Stand();
  const never = away.hold();
  const lost = away.put("a", 0, Infinity);
  await never.arrived;
  const behind = away.put("b", 0, Infinity);
  const ends = Promise.all([
    assertRejects(() => lost, OutcomeUnknown),
    assertRejects(() => behind, NotWritten),
  ]);
  const closing = away.writer.close(10);
  await ends;
  // The real connections are cut by their link.
  never.release();
  await closing;
});

Deno.test("what waits is bounded", async () => {
  await using stand = new Stand([1], blockSolved);
  const held = stand.hold();
  const value = new Uint8Array(8 * 1024 * 1024);
  const calls: Promise<unknown>[] = [];
  let refusal: unknown;
  while (refusal === undefined) {
    const call = stand.writer.publish([{ partition: 0, key: new Uint8Array(0), value }], 30_000);
    calls.push(call.catch((error) => refusal = error));
    await Promise.resolve();
    assertLess(calls.length, 100);
  }
  assertEquals(refusal instanceof NotWritten, true);
  held.release();
  await Promise.all(calls);
});
