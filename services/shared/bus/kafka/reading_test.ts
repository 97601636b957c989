import { assertEquals, assertObjectMatch } from "@std/assert";
import { waitFor } from "@gopool/testing";
import { testKafka } from "@gopool/testing/servers";
import { OffsetOutOfRange } from "../port.ts";
import { miningJobs, shareSubmissions, type Topic } from "../topics.ts";
import type { KafkaClient } from "./client.ts";
import type { Broker } from "./kafkajs_internals.ts";
import { Link } from "./link.ts";
import { ownClient, PlainWriter, Reader } from "./reading_fixture.ts";

/** One request to a group's coordinator, on connections of its own. */
async function atCoordinator(
  client: KafkaClient,
  topic: Topic,
  groupId: string,
  ask: (coordinator: Broker) => Promise<unknown>,
): Promise<void> {
  const link = new Link(client, client.topicName(topic));
  // The first request about a group makes the topic of all groups' positions.
  await waitFor(
    () =>
      link.use(async (cluster) => {
        await ask(await cluster.findGroupCoordinator({ groupId }));
        return true;
      }).catch(() => false),
    "the coordinator",
  );
  await link.close();
}

const url = await testKafka();
const ignore = url === null;

Deno.test({
  name:
    "a position out of range is a fault; plain kafkajs begins again at the other end and says nothing",
  ignore,
  async fn() {
    const client = ownClient(url!);
    await using writer = await PlainWriter.open(client, miningJobs, 1);
    await writer.put(0, "a", "b");
    for (const group of ["plain", "readers"].map((name) => client.groupId(name))) {
      await atCoordinator(client, miningJobs, group, (coordinator) =>
        coordinator.offsetCommit({
          groupId: group,
          groupGenerationId: -1,
          memberId: "",
          topics: [{ topic: writer.name, partitions: [{ partition: 0, offset: "100" }] }],
        }));
    }

    const plain = writer.kafka.consumer({
      groupId: client.groupId("plain"),
      maxWaitTimeInMs: 100,
      allowAutoTopicCreation: false,
    });
    const shown: string[] = [];
    await plain.connect();
    await plain.subscribe({ topics: [writer.name], fromBeginning: true });
    await plain.run({
      eachMessage: ({ message }) => (shown.push(message.offset), Promise.resolve()),
    });
    await waitFor(() => shown.length === 2, "plain kafkajs to jump");
    await plain.disconnect();
    assertEquals(shown, ["0", "1"]);

    await using reader = new Reader(client, miningJobs);
    await waitFor(() => reader.troubles.length > 0, "the fault");
    assertObjectMatch(reader.troubles[0]!, { kind: "fault", partition: 0 });
    const { error } = reader.troubles[0]!;
    assertEquals(
      error instanceof OffsetOutOfRange && [error.offset, error.earliest, error.next],
      [100, 0, 2],
    );
    assertEquals(reader.seen, []);
  },
});

Deno.test({
  name: "a member that the group has given up comes back, and nothing is passed over",
  ignore,
  async fn() {
    const client = ownClient(url!);
    await using writer = await PlainWriter.open(client, shareSubmissions, 2);
    await using one = new Reader(client, shareSubmissions);
    await waitFor(() => one.mine.size === 2, "the first member's partitions");
    await writer.put(0, "a");
    await writer.put(1, "b");
    await waitFor(() => one.seen.length === 2, "the first records");

    // As when its session has ended: the group forgets the member, and the member does not know.
    await using two = new Reader(client, shareSubmissions);
    await waitFor(() => one.mine.size === 1 && two.mine.size === 1, "a partition each");
    const groupId = client.groupId("readers");
    const admin = writer.kafka.admin();
    await admin.connect();
    const { groups } = await admin.describeGroups([groupId]);
    await admin.disconnect();
    for (const { memberId } of groups[0]!.members) {
      await atCoordinator(
        client,
        shareSubmissions,
        groupId,
        (coordinator) => coordinator.leaveGroup({ groupId, memberId }),
      );
    }
    await writer.put(0, "c");
    await writer.put(1, "d");
    await waitFor(() => new Set([...one.seen, ...two.seen]).size === 4, "everything");
    await waitFor(() => one.mine.size === 1 && two.mine.size === 1, "a partition each again");
    await writer.put(0, "e");
    await writer.put(1, "f");
    await waitFor(() => new Set([...one.seen, ...two.seen]).size === 6, "what came later");
    assertEquals([...new Set([...one.seen, ...two.seen])].toSorted(), [..."abcdef"]);
    assertEquals([...one.troubles, ...two.troubles], []);
  },
});

Deno.test({
  name: "a partition that stays with its member is not interrupted when others come and go",
  ignore,
  async fn() {
    const client = ownClient(url!);
    await using _writer = await PlainWriter.open(client, shareSubmissions, 4);
    const given: number[] = [];
    const assigned = (partition: number) => (given.push(partition), Promise.resolve(undefined));
    await using _one = new Reader(client, shareSubmissions, { assigned });
    await waitFor(() => given.length === 4, "all partitions");
    {
      await using two = new Reader(client, shareSubmissions);
      await waitFor(() => two.mine.size === 2, "half of them");
      await using three = new Reader(client, shareSubmissions);
      await waitFor(() => three.mine.size === 1, "one of them");
    }
    await waitFor(() => given.length >= 6, "what the others had");
    // Four at first, and only what it had given away again.
    const kept = [0, 1, 2, 3].filter((p) => given.filter((g) => g === p).length === 1);
    assertEquals(kept.length >= 1, true);
  },
});
