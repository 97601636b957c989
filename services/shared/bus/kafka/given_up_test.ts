import { assertEquals } from "@std/assert";
import { waitFor } from "@gopool/testing";
import { testKafka } from "@gopool/testing/servers";
import { miningJobs } from "../topics.ts";
import { consume } from "./consume.ts";
import { KafkaLog } from "./kafka_log.ts";
import { Link } from "./link.ts";
import { ownClient, PlainWriter } from "./reading_fixture.ts";
import { clock } from "./writer_fixture.ts";

const url = await testKafka();
const PATIENCE = { deadlineMs: 60_000 };

Deno.test({
  name:
    "a member that the group has given up begins anew from the group's position, and moves none",
  ignore: url === null,
  async fn() {
    const client = ownClient(url!);
    const groupId = client.groupId("readers");
    await using writer = await PlainWriter.open(client, miningJobs, 1);
    await writer.put(0, "a", "b", "c");
    const log = new KafkaLog(client, () => 1);
    const shown: number[] = [];
    const told: boolean[] = [];
    let assigned = 0;
    const troubles: string[] = [];
    const stop = new AbortController();
    const consuming = consume(
      client,
      clock,
      miningJobs,
      {
        group: "readers",
        batchMax: 2,
        signal: stop.signal,
        assigned: () => (assigned += 1, Promise.resolve(undefined)),
        onTrouble: ({ kind }) => troubles.push(kind),
      },
      stop.signal,
      async ({ messages }, signal) => {
        shown.push(messages[0]!.offset);
        if (shown.length > 1) return;
        // The batch in hand is done, but only after the group has given the member up.
        await waitFor(() => signal.aborted, "the end of the first turn", PATIENCE);
        told.push(signal.aborted);
      },
    );
    try {
      await waitFor(() => shown.length === 1, "the first batch", PATIENCE);
      const admin = client.kafka().admin();
      await admin.connect();
      const { groups } = await admin.describeGroups([groupId]);
      await admin.disconnect();
      const link = new Link(client, writer.name);
      await link.use(async (cluster) => {
        const coordinator = await cluster.findGroupCoordinator({ groupId });
        await coordinator.leaveGroup({ groupId, memberId: groups[0]!.members[0]!.memberId });
      });
      await link.close();
      await waitFor(() => shown.length > 2, "the batches of the second turn", PATIENCE);
      assertEquals([told, shown, assigned], [[true], [0, 0, 2], 2]);
      assertEquals(troubles, []);
    } finally {
      stop.abort();
      await consuming;
    }
    assertEquals(await log.committed(miningJobs, "readers"), [3]);
    await log.close();
  },
});
