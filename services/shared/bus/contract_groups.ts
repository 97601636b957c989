import { assertEquals, assertObjectMatch, assertRejects } from "@std/assert";
import { waitFor } from "@gopool/testing";
import {
  CONTRACT_PARTITIONS,
  type ContractAdapter,
  eventually,
  promising,
  put,
  texts,
  Watcher,
} from "./contract_stand.ts";
import { lag } from "./lag.ts";
import { OffsetOutOfRange } from "./port.ts";
import { miningJobs, shareSubmissions } from "./topics.ts";

const topic = shareSubmissions;
const every = Array.from({ length: CONTRACT_PARTITIONS }, (_, partition) => partition);

export function groupsContract(adapter: ContractAdapter): void {
  const promises = promising(adapter);

  promises(
    "starts a new group at the earliest record and shows each group everything",
    async (stand) => {
      await put(stand.bus, topic, 0, "a", "b");
      const one = new Watcher(stand, topic, { group: "one" });
      const two = new Watcher(stand, topic, { group: "two" });
      await waitFor(() => one.seen().length === 2 && two.seen().length === 2, "both groups");
      await put(stand.bus, topic, 1, "c");
      await waitFor(() => one.seen().length === 3 && two.seen().length === 3, "both groups");
      assertEquals([one.seen(0), one.seen(1)], [["a", "b"], ["c"]]);
      // Positions are durable a moment after the first is taken.
      await waitFor(async () => (await stand.bus.groups(topic)).length === 2, "their positions");
      assertEquals(await stand.bus.groups(topic), ["one", "two"]);
      assertEquals(await stand.bus.groups(miningJobs), []);
    },
  );

  promises("refuses a group that reads another topic: a group has one", async (stand) => {
    await put(stand.bus, topic, 0, "a");
    const watcher = new Watcher(stand, topic, { group: "one" });
    await waitFor(() => watcher.seen().length === 1, "the first topic");
    const options = { group: "one", batchMax: 1, signal: new AbortController().signal };
    await assertRejects(
      () => stand.bus.consume(miningJobs, options, () => Promise.resolve()),
      RangeError,
      "a group has one topic",
    );
    await watcher.stop();
    const other = new Watcher(stand, miningJobs, { group: "one" });
    await put(stand.bus, miningJobs, 0, "b");
    await waitFor(() => other.seen().length === 1, "another topic, later");
  });

  promises("goes on where the group was when it comes back", async (stand) => {
    await put(stand.bus, topic, 0, "a", "b");
    const first = new Watcher(stand, topic);
    await waitFor(() => first.seen().length === 2, "the first reading");
    await first.stop();
    assertEquals((await stand.bus.committed(topic, "readers"))[0], 2);
    await put(stand.bus, topic, 0, "c");
    const second = new Watcher(stand, topic);
    await waitFor(() => second.seen().length > 0, "the second reading");
    assertEquals(second.seen(), ["c"]);
  });

  promises("moves the position only after the handler is done", async (stand) => {
    await put(stand.bus, miningJobs, 0, "a");
    const working = stand.gate(), done = stand.gate();
    const watcher = new Watcher(stand, miningJobs, {}, () => (working.open(), done.opened));
    await working.opened;
    assertEquals((await stand.bus.committed(miningJobs, "readers"))[0] ?? 0, 0);
    done.open();
    await waitFor(() => watcher.seen().length === 1, "the handler");
    await waitFor(
      async () => (await stand.bus.committed(miningJobs, "readers"))[0] === 1,
      "the position",
    );
  });

  promises("has no position of a group that never read", async ({ bus }) => {
    assertEquals(await bus.committed(topic, "nobody"), every.map(() => null));
  });

  promises("waits for the batch in hand when it is told to stop, and counts it", async (stand) => {
    await put(stand.bus, miningJobs, 0, "a", "b");
    const working = stand.gate(), done = stand.gate();
    const handle = () => (working.open(), done.opened);
    const watcher = new Watcher(stand, miningJobs, { batchMax: 1 }, handle);
    await working.opened;
    const stopped = watcher.stop();
    done.open();
    await stopped;
    assertEquals(watcher.seen(), ["a"]);
    assertEquals(await stand.bus.committed(miningJobs, "readers"), [1]);
  });

  promises(
    "shows a batch again whose handler gave up because it was told to stop",
    async (stand) => {
      await put(stand.bus, miningJobs, 0, "a");
      const working = stand.gate();
      const first = new Watcher(stand, miningJobs, {}, async (_batch, signal) => {
        working.open();
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        throw new Error("stopped");
      });
      await working.opened;
      await first.stop();
      assertEquals(first.troubles, []);
      const second = new Watcher(stand, miningJobs);
      await waitFor(() => second.seen().length === 1, "the batch again");
    },
  );

  promises("reads from the offset that assigned() answers", async (stand) => {
    await put(stand.bus, topic, 0, "a", "b", "c");
    await put(stand.bus, topic, 1, "d", "e");
    const asked: number[] = [];
    const watcher = new Watcher(stand, topic, {
      assigned: (partition) => {
        asked.push(partition);
        return Promise.resolve(partition === 0 ? 2 : undefined);
      },
    });
    await waitFor(() => watcher.seen().length === 3, "both partitions");
    assertEquals([watcher.seen(0), watcher.seen(1)], [["c"], ["d", "e"]]);
    assertEquals(asked.toSorted(), every);
  });

  promises("asks assigned() again when it throws, and tells", async (stand) => {
    await put(stand.bus, miningJobs, 0, "a");
    let asked = 0;
    const watcher = new Watcher(stand, miningJobs, {
      assigned: () => {
        asked += 1;
        return asked < 3 ? Promise.reject(new Error("not yet")) : Promise.resolve(undefined);
      },
    });
    await eventually(stand, () => watcher.seen().length === 1, "the batch");
    assertEquals(watcher.troubles.map((t) => t.kind), [
      "handler-threw",
      "handler-threw",
      "recovered",
    ]);
  });

  promises("stops a partition whose position is not in the log, and no other", async (stand) => {
    await put(stand.bus, topic, 0, "a");
    await put(stand.bus, topic, 1, "b");
    const watcher = new Watcher(stand, topic, {
      assigned: (partition) => Promise.resolve(partition === 0 ? 7 : undefined),
    });
    await waitFor(() => watcher.troubles.length > 0 && watcher.seen().length === 1, "the fault");
    const [fault] = watcher.troubles;
    assertObjectMatch(fault!, { kind: "fault", topic: topic.name, group: "readers", partition: 0 });
    const { error } = fault!;
    assertEquals(error instanceof OffsetOutOfRange && [error.earliest, error.next], [0, 1]);
    await put(stand.bus, topic, 0, ..."cdefghijk");
    await put(stand.bus, topic, 1, "l");
    await waitFor(() => watcher.seen().length === 2, "the other partition");
    await watcher.stop();
    assertEquals([watcher.seen(0), watcher.seen(1)], [[], ["b", "l"]]);
  });

  promises("shares the partitions among the members of a group", async (stand) => {
    const got = [new Set<number>(), new Set<number>(), new Set<number>()];
    const members = got.map((mine) =>
      new Watcher(stand, topic, {
        assigned: (partition) => (mine.add(partition), Promise.resolve(undefined)),
        revoked: (partition) => (mine.delete(partition), Promise.resolve()),
      })
    );
    const sizes = () => got.map((mine) => mine.size).toSorted();
    await waitFor(() => `${sizes()}` === "1,1,2", "a share for each");
    assertEquals(got.flatMap((mine) => [...mine]).toSorted(), every);
    for (const partition of every) await put(stand.bus, topic, partition, `p${partition}`);
    await waitFor(() => members.flatMap((m) => m.seen()).length === every.length, "every record");
    assertEquals(members.flatMap((m) => m.seen()).toSorted(), every.map((p) => `p${p}`));
    await members[0]!.stop();
    await waitFor(() => `${sizes()}` === "0,2,2", "the shares of those who stay");
    await Promise.all(members.map((m) => m.stop()));
    assertEquals(sizes(), [0, 0, 0]);
  });

  promises("gives a partition to another only after revoked() is done", async (stand) => {
    await put(stand.bus, miningJobs, 0, "a", "b");
    const events: string[] = [];
    const working = stand.gate(),
      handled = stand.gate(),
      revoking = stand.gate(),
      revoked = stand.gate();
    const first = new Watcher(stand, miningJobs, {
      batchMax: 1,
      revoked: async () => {
        events.push("first revoked");
        revoking.open();
        await revoked.opened;
        events.push("first gone");
      },
    }, async (batch) => {
      working.open();
      await handled.opened;
      events.push(`first ${texts(batch)}`);
    });
    await working.opened;
    const second = new Watcher(stand, miningJobs, {
      assigned: () => (events.push("second assigned"), Promise.resolve(undefined)),
    }, (batch) => void events.push(`second ${texts(batch)}`));
    const stopped = first.stop();
    handled.open();
    await revoking.opened;
    await put(stand.bus, miningJobs, 0, "c");
    revoked.open();
    await stopped;
    await waitFor(() => second.seen().length === 2, "the second member");
    const expected = ["first a", "first revoked", "first gone", "second assigned"];
    assertEquals(events.slice(0, 4), expected);
    assertEquals(second.seen(), ["b", "c"]);
  });

  promises("calls revoked() for what was assigned, and for nothing else", async (stand) => {
    const revoked: number[] = [];
    const watcher = new Watcher(stand, topic, {
      assigned: (partition, signal) =>
        partition < 2 ? Promise.resolve(undefined) : new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("too late")));
        }),
      revoked: (partition) => (revoked.push(partition), Promise.reject(new Error("cannot"))),
    });
    await put(stand.bus, topic, 0, "a");
    await put(stand.bus, topic, 1, "b");
    await waitFor(() => watcher.seen().length === 2, "both partitions");
    await watcher.stop();
    assertEquals(revoked.toSorted(), [0, 1]);
    assertEquals(watcher.troubles.map((t) => t.kind), ["handler-threw", "handler-threw"]);
  });

  promises("ends consuming when the bus is closed, the batch in hand counted", async (stand) => {
    await put(stand.bus, miningJobs, 0, "a", "b");
    const working = stand.gate(), done = stand.gate();
    const handle = () => (working.open(), done.opened);
    const watcher = new Watcher(stand, miningJobs, { batchMax: 1 }, handle);
    await working.opened;
    const closed = stand.bus[Symbol.asyncDispose]();
    done.open();
    await closed;
    await watcher.ended;
    assertEquals(watcher.seen(), ["a"]);
  });

  promises("tells how far a group is behind", async (stand) => {
    await put(stand.bus, topic, 2, "a", "b", "c");
    assertEquals((await lag(stand.bus, topic, "readers"))[2], {
      partition: 2,
      position: null,
      next: 3,
      lag: 3,
    });
    const watcher = new Watcher(stand, topic);
    await waitFor(() => watcher.seen().length === 3, "the reading");
    await watcher.stop();
    assertEquals((await lag(stand.bus, topic, "readers")).map((l) => l.lag), [0, 0, 0, 0]);
  });
}
