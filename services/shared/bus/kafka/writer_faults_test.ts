/**
 * The writing side through faults of brokers of its own: what was called written is there once and in order, and what
 * was called not written is not. plain_faults_test.ts shows what plain kafkajs does.
 *
 * @module
 */
import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { waitFor } from "@gopool/testing";
import { type KafkaServer, startKafka, testKafkaJars } from "@gopool/testing/servers";
import { NotWritten, OutcomeUnknown } from "../port.ts";
import { blockCandidates, shareSubmissions } from "../topics.ts";
import { clock, freshTopics, Numbered } from "./writer_fixture.ts";

const jars = await testKafkaJars();
const ignore = jars === null;

/** Faults are over for writers within this, also on a busy machine. */
const PATIENCE = { deadlineMs: 90_000 };
const LONG_MS = 120_000;

function faultTest(
  name: string,
  brokers: 1 | 3,
  work: (server: KafkaServer) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore,
    async fn() {
      await using server = await startKafka(jars!, { brokers });
      await work(server);
    },
  });
}

faultTest(
  "a broker that stands still past the request's time loses, doubles and reorders nothing",
  1,
  async (server) => {
    const { client, topics } = await freshTopics(server.bootstrap, 2);
    await using numbered = new Numbered(client, topics, shareSubmissions, LONG_MS);
    const fault = (async () => {
      await waitFor(() => numbered.count("written") > 50, "the first records", PATIENCE);
      server.stall(true, 0);
      // Longer than a request may take (5 s), so that requests are given up and sent again.
      await clock.sleep(8_000);
      server.stall(false, 0);
      const before = numbered.count("written");
      await waitFor(() => numbered.count("written") > before + 500, "all to go on", PATIENCE);
    })();
    await numbered.keepPutting(fault);
    await numbered.settled();
    assertEquals(numbered.count("written"), numbered.sent);
    await numbered.check();
    assertEquals(numbered.troubles.at(-1), null);
  },
);

faultTest(
  "calls whose time runs out are told so, and what is published afterwards is whole",
  1,
  async (server) => {
    const { client, topics } = await freshTopics(server.bootstrap, 2);
    await using numbered = new Numbered(client, topics, shareSubmissions, 2_000);
    const fault = (async () => {
      await waitFor(() => numbered.count("written") > 50, "the first records", PATIENCE);
      server.stall(true, 0);
      await waitFor(() => numbered.count("unknown") > 0, "an unknown outcome", PATIENCE);
      await waitFor(
        () => numbered.count("not-written") > 100,
        "calls that were not sent",
        PATIENCE,
      );
      server.stall(false, 0);
      const before = numbered.count("written");
      await waitFor(() => numbered.count("written") > before + 200, "all to go on", PATIENCE);
    })();
    await numbered.keepPutting(fault);
    await numbered.settled();
    await numbered.check();
  },
);

faultTest(
  "a broker that is killed and comes back costs a wait, and a block that waits for ever is written",
  1,
  async (server) => {
    const { client, topics } = await freshTopics(server.bootstrap, 2);
    await using numbered = new Numbered(client, topics, shareSubmissions, LONG_MS);
    await using blocks = new Numbered(client, topics, blockCandidates, Infinity);
    await using hasty = new Numbered(client, topics, shareSubmissions, 500);
    const fault = (async () => {
      await waitFor(() => numbered.count("written") > 50, "the first records", PATIENCE);
      await server.kill(0);
      await waitFor(() => numbered.troubles.at(-1), "a word of it", PATIENCE);
      blocks.put();
      // Its writer has no connection yet: certainly nothing was written.
      hasty.put();
      await waitFor(() => hasty.outcomes.size === 1, "the end of its time", PATIENCE);
      await server.restart(0);
      const before = numbered.count("written");
      await waitFor(() => numbered.count("written") > before + 500, "all to go on", PATIENCE);
    })();
    await numbered.keepPutting(fault);
    await Promise.all([numbered.settled(), blocks.settled()]);
    assertEquals(numbered.count("written"), numbered.sent);
    assertEquals(blocks.count("written"), 1);
    assertEquals(hasty.count("not-written"), 1);
    await blocks.check();
    assertEquals(numbered.troubles.at(-1), null);
  },
);

faultTest(
  "leaders that are killed one after another take nothing with them that was called written",
  3,
  async (server) => {
    const { client, topics } = await freshTopics(server.bootstrap, 3, { replication: 3 });
    await using numbered = new Numbered(client, topics, shareSubmissions, LONG_MS);
    const fault = (async () => {
      for (const broker of [0, 1]) {
        const before = numbered.count("written");
        await waitFor(() => numbered.count("written") > before + 100, "records", PATIENCE);
        await server.kill(broker);
        const lost = numbered.count("written");
        await waitFor(() => numbered.count("written") > lost + 300, "new leaders", PATIENCE);
        await server.restart(broker);
      }
    })();
    await numbered.keepPutting(fault);
    await numbered.settled();
    assertEquals(numbered.count("written"), numbered.sent);
    await numbered.check();
  },
);

faultTest(
  "closing while the broker stands still ends in bounded time and says what is not known",
  1,
  async (server) => {
    const { client, topics } = await freshTopics(server.bootstrap, 2);
    await using numbered = new Numbered(client, topics, shareSubmissions, Infinity);
    numbered.put();
    await numbered.settled();
    server.stall(true, 0);
    try {
      const { writer } = numbered;
      const record = { partition: 0, value: new Uint8Array(1) };
      const handedOver = writer.publish(shareSubmissions, [record], { deadlineMs: Infinity });
      await clock.sleep(200);
      const waiting = writer.publish(shareSubmissions, [record], { deadlineMs: Infinity });
      const ends = Promise.all([
        assertRejects(() => handedOver, OutcomeUnknown),
        assertRejects(() => waiting, NotWritten),
      ]);
      const beganMs = performance.now();
      await writer.close();
      // A second and a half of waiting, and the ends of the connections.
      assertLess(performance.now() - beganMs, 20_000);
      await ends;
      await assertRejects(() => writer.publish(shareSubmissions, [record]), NotWritten);
    } finally {
      server.stall(false, 0);
    }
  },
);
