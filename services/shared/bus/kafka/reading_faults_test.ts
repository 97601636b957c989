/**
 * The reading side through faults of a broker of its own: none may cost a record, end a reader, or need anybody's hand.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import kafkajs from "kafkajs";
import { waitFor } from "@gopool/testing";
import { startKafka, testKafkaJars } from "@gopool/testing/servers";
import { miningJobs } from "../topics.ts";
import { ownClient, PlainWriter, Reader } from "./reading_fixture.ts";

const jars = await testKafkaJars();
const ignore = jars === null;

/** Faults of a broker are over for its readers within this, also on a busy machine. */
const PATIENCE = { deadlineMs: 90_000 };

Deno.test({
  name: "a coordinator that is not there yet ends no reader; plain kafkajs's consumer stays dead",
  ignore,
  async fn() {
    await using broker = await startKafka(jars!);
    const client = ownClient(`kafka://${broker.bootstrap}`);
    await using writer = await PlainWriter.open(client, miningJobs, 1);
    await writer.put(0, "a");

    // The first group of all: until the brokers have made the log of positions nobody coordinates it. With more tries
    // kafkajs gets over this one; through a long fault no number is enough, and it never begins again by itself.
    const plain = new kafkajs.Kafka({
      brokers: [broker.bootstrap],
      retry: { retries: 0 },
      logLevel: kafkajs.logLevel.NOTHING,
    }).consumer({ groupId: client.groupId("plain") });
    const restarts: boolean[] = [];
    plain.on(plain.events.CRASH, ({ payload }) => restarts.push(payload.restart));
    const shown: string[] = [];
    await plain.connect();
    await plain.subscribe({ topics: [writer.name], fromBeginning: true });
    await plain.run({
      eachMessage: ({ message }) => (shown.push(message.offset), Promise.resolve()),
    });
    await waitFor(() => restarts.length > 0, "plain kafkajs to give up", PATIENCE);
    assertEquals(restarts, [false]);

    await using reader = new Reader(client, miningJobs);
    await waitFor(() => reader.seen.length === 1, "our reader", PATIENCE);
    assertEquals([reader.troubles, shown], [[], []]);
    await plain.disconnect();
  },
});

Deno.test({
  name: "a broker that stands still, or is killed and comes back, costs a reader nothing",
  ignore,
  async fn() {
    await using broker = await startKafka(jars!);
    const client = ownClient(`kafka://${broker.bootstrap}`);
    await using writer = await PlainWriter.open(client, miningJobs, 1);
    await using reader = new Reader(client, miningJobs);
    // Of the whole reader; a position that could not be written is told with its partition.
    const told = () =>
      reader.troubles.flatMap(({ partition, kind }) => partition === undefined ? [kind] : []);
    await writer.put(0, "a");
    await waitFor(() => reader.seen.length === 1, "the first record");

    broker.stall(true);
    await waitFor(() => told().length > 0, "our reader to tell of it", PATIENCE);
    broker.stall(false);
    await waitFor(() => told().length > 1, "our reader to find it again", PATIENCE);
    await writer.put(0, "b");
    await waitFor(() => reader.seen.length === 2, "the next record", PATIENCE);

    await broker.kill();
    await waitFor(() => told().length > 2, "our reader to tell of the kill", PATIENCE);
    await broker.restart();
    await waitFor(
      () => writer.put(0, "c").then(() => true, () => false),
      "a record on the broker that is back",
      PATIENCE,
    );
    await waitFor(() => reader.seen.includes("c"), "it", PATIENCE);
    assertEquals([...new Set(reader.seen)], ["a", "b", "c"]);
    await waitFor(
      () => reader.troubles.length > 3,
      "our reader to tell that all is well",
      PATIENCE,
    );
    await waitFor(() => told().at(-1) === "recovered", "our reader to be well", PATIENCE);
    // Each loss of the brokers is told once, and its end.
    assertEquals(told(), told().map((_, i) => i % 2 === 0 ? "bus-away" : "recovered"));
  },
});

Deno.test({
  name: "a reader ends in bounded time while its broker stands still",
  ignore,
  async fn() {
    await using broker = await startKafka(jars!);
    const client = ownClient(`kafka://${broker.bootstrap}`);
    await using writer = await PlainWriter.open(client, miningJobs, 1);
    {
      await using reader = new Reader(client, miningJobs);
      await writer.put(0, "a");
      await waitFor(() => reader.seen.length === 1, "the first record");
      broker.stall(true);
    }
    // That it got here is the test: kafkajs would wait for answers that do not come.
    broker.stall(false);
  },
});
