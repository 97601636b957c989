/**
 * What a writer says must stay true, whatever comes between: leaders that move while a connection is made, calls of
 * one batch with different deadlines, deadlines that have passed already.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { waitFor } from "@gopool/testing";
import { NotWritten, OutcomeUnknown } from "../port.ts";
import type { Cluster } from "./kafkajs_types.ts";
import { places, Stand } from "./topic_writer_fixture.ts";

const NOT_LEADER = 6;
const REQUEST_TIMED_OUT = 7;
const NOT_ENOUGH_REPLICAS = 19;
const OUT_OF_ORDER_SEQUENCE_NUMBER = 45;

Deno.test("a call that was told it is not written stays unwritten when its batch goes again for another", async () => {
  await using stand = new Stand();
  // One batch of both, which every answer refuses.
  const held = stand.hold();
  const first = stand.put("first");
  await held.arrived;
  stand.brokers.sayings.push([0], ...Array.from({ length: 100 }, () => [NOT_ENOUGH_REPLICAS]));
  const hasty = stand.put("hasty", 0, 100);
  const patient = stand.put("patient");
  held.release();
  await first;
  await waitFor(() => stand.brokers.sent.length > 2, "the refusals");
  const refused = assertRejects(() => hasty, NotWritten);
  await stand.clock.advance(100);
  await refused;
  stand.brokers.sayings.length = 0;
  assertEquals(places(await patient), ["0/1@1000"]);
  assertEquals(stand.brokers.lines(0).at(-1), "1/1: patient");
});

Deno.test("a partition that moves while its old leader is being connected to is sent to one of them at a time", async () => {
  await using stand = new Stand([1, 3]);
  const { brokers } = stand;
  const cluster = brokers.cluster as unknown as { findBroker: Cluster["findBroker"] };
  const { findBroker } = cluster;
  const reached = Promise.withResolvers<void>(), asked = Promise.withResolvers<void>();
  cluster.findBroker = async (node) => {
    if (Number(node.nodeId) === 1) {
      asked.resolve();
      await reached.promise;
    }
    return await findBroker(node);
  };
  const gate = Promise.withResolvers<void>();
  brokers.before = (sent) => sent.leader === 2 ? gate.promise : Promise.resolve();
  const moved = stand.put("a");
  await asked.promise;
  // Another partition's answer makes the writer look where its leaders are.
  brokers.sayings.push([NOT_LEADER]);
  brokers.leaders = [2, 3];
  await stand.put("x", 1);
  await waitFor(() => brokers.lines(0).length === 1, "the request to the new leader");
  reached.resolve();
  // The old one is there by now; it must be asked for nothing that is under way.
  await stand.put("y", 1);
  gate.resolve();
  assertEquals(places(await moved), ["0/0@1000"]);
  assertEquals(places(await stand.put("b")), ["0/1@1000"]);
  assertEquals(brokers.lines(0), ["1/0: a", "1/1: b"]);
});

Deno.test("a deadline that has passed already ends its own call only, and later ones are still kept", async () => {
  await using stand = new Stand([-1]);
  await assertRejects(() => stand.put("a", 0, 0), NotWritten);
  const later = assertRejects(() => stand.put("b", 0, 100), NotWritten);
  await stand.clock.advance(100);
  await later;
});

Deno.test("what may be written keeps its name, also where an earlier batch had to change its own and was given up", async () => {
  await using stand = new Stand([1, 1]);
  const { brokers } = stand;
  brokers.sayings.push(...Array.from({ length: 100 }, () => [OUT_OF_ORDER_SEQUENCE_NUMBER]));
  const given = assertRejects(() => stand.put("given-up", 0, 100), NotWritten);
  await waitFor(() => brokers.sent.length === 1, "the request");
  await stand.clock.advance(100);
  await given;
  const before = brokers.lines(0).length;
  brokers.sayings.length = 0;
  // The next batch is perhaps written; then another partition's is given up, and with it the name of both.
  brokers.sayings.push(
    ...Array.from({ length: 100 }, () => [REQUEST_TIMED_OUT, REQUEST_TIMED_OUT]),
  );
  const kept = stand.put("kept");
  const other = assertRejects(() => stand.put("other", 1, 100), OutcomeUnknown);
  await waitFor(() => brokers.lines(0).length > before && brokers.lines(1).length > 0, "both");
  await stand.clock.advance(100);
  await other;
  const named = stand.put("named", 1);
  await waitFor(() => brokers.lines(1).some((line) => line.endsWith("named")), "a new name");
  brokers.sayings.length = 0;
  await Promise.all([kept, named]);
  assertEquals(new Set(brokers.lines(0).slice(before)).size, 1);
});
