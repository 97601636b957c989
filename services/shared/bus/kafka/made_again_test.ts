/**
 * A topic that is deleted and made again under its readers. Without its id nobody would notice: the new one has the
 * old name, and a position in the old one soon stands in the new one.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { waitFor } from "@gopool/testing";
import { testKafka } from "@gopool/testing/servers";
import { miningJobs } from "../topics.ts";
import { Link } from "./link.ts";
import { ownClient, PlainWriter, Reader } from "./reading_fixture.ts";
import { TopicMadeAgain } from "./topic_identity.ts";

const url = await testKafka();
const PATIENCE = { deadlineMs: 60_000 };
const values = (word: string, count: number) => Array.from({ length: count }, (_, i) => word + i);

Deno.test({
  name: "readers of a topic that was made again stop with a sentence and move no position",
  ignore: url === null,
  async fn() {
    const client = ownClient(url!);
    const group = "readers";
    const admin = client.kafka().admin();
    await admin.connect();
    const positions = async () => {
      const [found] = await admin.fetchOffsets({
        groupId: client.groupId(group),
        topics: [client.topicName(miningJobs)],
      });
      return found?.partitions.map(({ offset }) => offset);
    };
    {
      await using writer = await PlainWriter.open(client, miningJobs, 1);
      await writer.put(0, ...values("old", 3));
      await using reader = new Reader(client, miningJobs, { group });
      await waitFor(() => reader.seen.length === 3, "the old records", PATIENCE);
      const written = async () => (await positions())?.join() === "3";
      await waitFor(written, "their position", PATIENCE);
      await admin.deleteTopics({ topics: [writer.name] });
      await using again = await PlainWriter.open(client, miningJobs, 1);
      // More than the reader's position: nothing is out of range.
      await again.put(0, ...values("new", 10));
      const fault = () => reader.troubles.find(({ kind }) => kind === "fault")?.error;
      const error = await waitFor(fault, "the reader to stop", PATIENCE);
      assertEquals(error.name, "TopicMadeAgain");
      assertEquals(reader.seen, values("old", 3));
      await again.put(0, "later");
      const link = new Link(client, writer.name, true);
      await assertRejects(() => link.use(() => Promise.resolve()), TopicMadeAgain);
      await link.close();
    }
    assertEquals(await positions(), ["-1"]);
    // A process that begins anew reads what there is: whether that fits is not the bus's to know.
    await using reader = new Reader(ownClient(url!, client.settings.prefix), miningJobs, { group });
    await waitFor(() => reader.seen.length === 11, "the new records", PATIENCE);
    await admin.disconnect();
  },
});
