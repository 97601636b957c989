import { assertEquals, assertRejects } from "@std/assert";
import { waitFor } from "@gopool/testing";
import { NotWritten, OutcomeUnknown } from "../port.ts";
import { places, Stand } from "./topic_writer_fixture.ts";

const NOT_LEADER = 6;
const REQUEST_TIMED_OUT = 7;
const NOT_ENOUGH_REPLICAS = 19;
const OUT_OF_ORDER_SEQUENCE_NUMBER = 45;
const DUPLICATE_SEQUENCE_NUMBER = 46;

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
