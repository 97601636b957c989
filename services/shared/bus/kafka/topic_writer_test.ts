import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { FakeClock, waitFor } from "@gopool/testing";
import { NotWritten, OutcomeUnknown, type Placement } from "../port.ts";
import { blockSolved, shareSubmissions, type Topic } from "../topics.ts";
import { FakeBrokers } from "./brokers_fixture.ts";
import { BATCH_BYTES, BATCH_MAX_RECORDS } from "./lane.ts";
import { TopicWriter } from "./topic_writer.ts";

const NOT_LEADER = 6;
const REQUEST_TIMED_OUT = 7;
const NOT_ENOUGH_REPLICAS = 19;
const OUT_OF_ORDER_SEQUENCE_NUMBER = 45;
const DUPLICATE_SEQUENCE_NUMBER = 46;

class Stand implements AsyncDisposable {
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

function places(placed: readonly Placement[]): string[] {
  return placed.map(({ partition, offset, loggedAtMs }) => `${partition}/${offset}@${loggedAtMs}`);
}

Deno.test("what comes while a request is out rides the next one, in order", async () => {
  await using stand = new Stand([1, 1]);
  const held = stand.hold();
  const calls = [stand.put("a")];
  await held.arrived;
  calls.push(stand.put("b c"), stand.put("x", 1), stand.put("d"));
  held.release();
  assertEquals((await Promise.all(calls)).map(places), [
    ["0/0@1000"],
    ["0/1@1000", "0/2@1000"],
    ["1/0@1000"],
    ["0/3@1000"],
  ]);
  assertEquals(stand.brokers.lines(0), ["1/0: a", "1/1: b c d"]);
  assertEquals(stand.brokers.lines(1), ["1/0: x"]);
  assertEquals(stand.brokers.sent.length, 2);
});

Deno.test("a partition that the answer leaves out is sent again, before anything later of it", async () => {
  await using stand = new Stand([1, 1]);
  stand.brokers.sayings.push([0, "none"]);
  const both = stand.writer.publish(
    [0, 1].map((partition) => ({
      partition,
      key: new Uint8Array(0),
      value: new TextEncoder().encode("both"),
    })),
    30_000,
  );
  await waitFor(() => stand.brokers.sent.length === 1, "the request");
  const later = stand.put("later", 1);
  assertEquals(places(await both), ["0/0@1000", "1/0@1000"]);
  assertEquals(places(await later), ["1/1@1000"]);
  assertEquals(stand.brokers.lines(0), ["1/0: both"]);
  assertEquals(stand.brokers.lines(1), ["1/0: both", "1/0: both", "1/1: later"]);
});

Deno.test("a partition that has moved is sent to its new leader, under the same number", async () => {
  await using stand = new Stand([1, 2]);
  stand.brokers.sayings.push([NOT_LEADER]);
  stand.brokers.before = (sent) => {
    if (sent.leader === 1) stand.brokers.leaders = [2, 2];
    return Promise.resolve();
  };
  assertEquals(places(await stand.put("a")), ["0/0@1000"]);
  assertEquals(stand.brokers.sent.map(({ leader }) => leader), [1, 2]);
  assertEquals(stand.brokers.lines(0), ["1/0: a", "1/0: a"]);
  assertEquals(stand.troubles, ["NOT_LEADER_FOR_PARTITION", null]);
});

Deno.test("a partition without a leader holds up no other", async () => {
  await using stand = new Stand([-1, 1]);
  const waiting = stand.put("a");
  assertEquals(places(await stand.put("x", 1)), ["1/0@1000"]);
  stand.brokers.leaders = [1, 1];
  assertEquals(places(await waiting), ["0/0@1000"]);
});

Deno.test("a broker that gives no answer holds up no other broker's partitions", async () => {
  await using stand = new Stand([1, 2]);
  const gate = Promise.withResolvers<void>();
  stand.brokers.before = (sent) => sent.leader === 1 ? gate.promise : Promise.resolve();
  const stuck = stand.put("a");
  assertEquals(places(await stand.put("x", 1)), ["1/0@1000"]);
  assertEquals(places(await stand.put("y", 1)), ["1/1@1000"]);
  gate.resolve();
  assertEquals(places(await stuck), ["0/0@1000"]);
});

Deno.test("a connection that breaks costs nothing: the batch goes again, unchanged", async () => {
  await using stand = new Stand();
  let breaks = 2;
  stand.brokers.before = () =>
    breaks-- > 0 ? Promise.reject(new Error("Closed connection")) : Promise.resolve();
  const first = stand.put("a b");
  await waitFor(() => stand.brokers.sent.length === 1, "the request");
  const second = stand.put("c");
  assertEquals(places(await first), ["0/0@1000", "0/1@1000"]);
  assertEquals(places(await second), ["0/2@1000"]);
  assertEquals(stand.brokers.lines(0), ["1/0: a b", "1/0: a b", "1/0: a b", "1/2: c"]);
  assertEquals(stand.troubles.slice(0, 1), ["Closed connection"]);
  assertEquals(stand.troubles.at(-1), null);
});

Deno.test("a call that was never sent when its time ran out is not written, others go on", async () => {
  await using stand = new Stand();
  const held = stand.hold();
  const sent = stand.put("a", 0, 60_000);
  await held.arrived;
  const hasty = stand.put("hasty", 0, 100);
  const patient = stand.put("b", 0, 60_000);
  const refused = assertRejects(() => hasty, NotWritten, "its time ran out");
  await stand.clock.advance(100);
  await refused;
  held.release();
  assertEquals(places((await Promise.all([sent, patient])).flat()), ["0/0@1000", "0/1@1000"]);
  assertEquals(stand.brokers.lines(0), ["1/0: a", "1/1: b"]);
});

Deno.test("a call that was sent and not answered is of unknown outcome, and what follows has a new producer", async () => {
  await using stand = new Stand();
  stand.brokers.sayings.push(...Array.from({ length: 100 }, () => [REQUEST_TIMED_OUT]));
  const hasty = stand.put("hasty", 0, 100);
  await waitFor(() => stand.brokers.sent.length > 1, "another try");
  const unknown = assertRejects(() => hasty, OutcomeUnknown, "may have been written");
  await stand.clock.advance(100);
  await unknown;
  const next = stand.put("next");
  stand.brokers.sayings.length = 0;
  assertEquals(places(await next), ["0/0@1000"]);
  assertEquals(new Set(stand.brokers.lines(0)), new Set(["1/0: hasty", "2/0: next"]));
});

Deno.test("a call whose batch rides with a patient one's is written all the same, though it was told unknown", async () => {
  await using stand = new Stand();
  const held = stand.hold();
  const calls = [stand.put("hasty", 0, 100), stand.put("patient")];
  await held.arrived;
  const unknown = assertRejects(() => calls[0]!, OutcomeUnknown);
  await stand.clock.advance(100);
  await unknown;
  held.release();
  assertEquals(places(await calls[1]!), ["0/1@1000"]);
  assertEquals(stand.brokers.lines(0), ["1/0: hasty patient"]);
});

Deno.test("what every answer refused is certainly not written", async () => {
  await using stand = new Stand();
  stand.brokers.sayings.push(...Array.from({ length: 100 }, () => [NOT_ENOUGH_REPLICAS]));
  const call = stand.put("a", 0, 100);
  await waitFor(() => stand.brokers.sent.length > 1, "another try");
  const refused = assertRejects(() => call, NotWritten);
  await stand.clock.advance(100);
  await refused;
  stand.brokers.sayings.length = 0;
  // Its number was never taken: the same producer goes on.
  assertEquals(places(await stand.put("b")), ["0/0@1000"]);
  assertEquals(stand.brokers.lines(0).at(-1), "1/0: b");
});

Deno.test("brokers that know the producer's numbers no more get the batch under a new name", async () => {
  await using stand = new Stand([1, 1]);
  await stand.put("a");
  await stand.put("x", 1);
  stand.brokers.sayings.push([OUT_OF_ORDER_SEQUENCE_NUMBER]);
  await stand.put("b");
  await stand.put("c");
  await stand.put("y", 1);
  assertEquals(stand.brokers.lines(0), ["1/0: a", "1/1: b", "2/0: b", "2/1: c"]);
  assertEquals(stand.brokers.lines(1), ["1/0: x", "2/0: y"]);
});

Deno.test("written before, nobody knows where: of unknown outcome, and the next has a new producer", async () => {
  await using stand = new Stand();
  stand.brokers.sayings.push([DUPLICATE_SEQUENCE_NUMBER]);
  await assertRejects(() => stand.put("a"), OutcomeUnknown);
  await stand.put("b");
  assertEquals(stand.brokers.lines(0), ["1/0: a", "2/0: b"]);
});

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
  const { Lane } = await import("./lane.ts");
  const lane = new Lane(0, BATCH_BYTES);
  const identity = { producerId: "1", producerEpoch: 0, sequences: new Map([[0, 2 ** 31 - 2]]) };
  const { PublishCall } = await import("./publish_call.ts");
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
