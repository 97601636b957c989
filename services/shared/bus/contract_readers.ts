import { assert, assertEquals, assertObjectMatch, assertRejects } from "@std/assert";
import { waitFor } from "@gopool/testing";
import {
  CONTRACT_PARTITIONS,
  type ContractAdapter,
  eventually,
  promising,
  put,
  type Stand,
  texts,
} from "./contract_stand.ts";
import { type Batch, type ConsumeTrouble, type From, OffsetOutOfRange } from "./port.ts";
import { miningJobs, shareSubmissions, type Topic } from "./topics.ts";

const topic = shareSubmissions;

/** Follows in the background; keeps what it was shown and told. */
function follower(
  { bus, stop }: Stand,
  of: Topic,
  from: From,
  handle: (batch: Batch) => void = () => {},
) {
  const seen: string[] = [], caughtUp: number[] = [], troubles: ConsumeTrouble[] = [];
  const ended = bus.follow(of, {
    from,
    batchMax: 10,
    signal: stop.signal,
    caughtUp: (partition) => caughtUp.push(partition),
    onTrouble: (trouble) => troubles.push(trouble),
  }, (batch) => {
    handle(batch);
    seen.push(...texts(batch));
    return Promise.resolve();
  });
  return { seen, caughtUp, troubles, ended };
}

/** The texts of a partition from an offset on. */
async function readAll({ bus }: Stand, partition: number, from: number): Promise<string[]> {
  const seen: string[] = [];
  for await (const batch of bus.read(topic, partition, from)) {
    assert(batch.messages.length > 0 && batch.partition === partition);
    seen.push(...texts(batch));
  }
  return seen;
}

export function readersContract(adapter: ContractAdapter): void {
  const promises = promising(adapter);

  promises(
    "shows a broadcast reader everything from the earliest, and leaves no position",
    async (stand) => {
      await put(stand.bus, topic, 0, "a", "b");
      await put(stand.bus, topic, 3, "c");
      const [one, two] = [1, 2].map(() => follower(stand, topic, { kind: "earliest" }));
      await waitFor(() => one!.seen.length === 3 && two!.seen.length === 3, "both readers");
      await put(stand.bus, topic, 1, "d");
      await waitFor(() => one!.seen.length === 4 && two!.seen.length === 4, "both readers");
      assertEquals(one!.seen.toSorted(), ["a", "b", "c", "d"]);
      assertEquals(await stand.bus.groups(topic), []);
      stand.stop.abort();
      await Promise.all([one!.ended, two!.ended]);
    },
  );

  promises(
    "says once per partition when a broadcast reader has what stood there",
    async (stand) => {
      await put(stand.bus, topic, 0, ...Array.from({ length: 25 }, (_, i) => `${i}`));
      const at: number[] = [];
      const { seen, caughtUp } = follower(stand, topic, { kind: "earliest" }, (batch) => {
        if (batch.partition === 0) at.push(caughtUp.filter((p) => p === 0).length);
      });
      await waitFor(() => caughtUp.length === CONTRACT_PARTITIONS, "every partition");
      assertEquals(caughtUp.toSorted(), [0, 1, 2, 3]);
      assertEquals(seen.length, 25);
      assertEquals(at, [0, 0, 0]);
      await put(stand.bus, topic, 0, "more");
      await waitFor(() => seen.length === 26, "what came later");
      assertEquals(caughtUp.length, CONTRACT_PARTITIONS);
    },
  );

  promises("follows from the end: what is appended after the call, and no more", async (stand) => {
    await put(stand.bus, miningJobs, 0, "before");
    const { seen, caughtUp } = follower(stand, miningJobs, { kind: "end" });
    await waitFor(() => caughtUp.length === 1, "the end");
    await put(stand.bus, miningJobs, 0, "after");
    await waitFor(() => seen.length > 0, "the record");
    assertEquals(seen, ["after"]);
  });

  promises("follows from stated offsets, one per partition", async (stand) => {
    await put(stand.bus, topic, 0, "a", "b", "c");
    await put(stand.bus, topic, 1, "d");
    const { seen } = follower(stand, topic, { kind: "offsets", offsets: [2, 1, 0, 0] });
    await waitFor(() => seen.length > 0, "the record");
    await put(stand.bus, topic, 1, "e");
    await waitFor(() => seen.length > 1, "the next record");
    assertEquals(seen, ["c", "e"]);
    await assertRejects(
      () => follower(stand, topic, { kind: "offsets", offsets: [0] }).ended,
      RangeError,
    );
  });

  promises("stops a broadcast reader's partition whose offset is not in the log", async (stand) => {
    await put(stand.bus, topic, 1, "a");
    const from: From = { kind: "offsets", offsets: [5, 0, 0, 0] };
    const { seen, troubles, caughtUp } = follower(stand, topic, from);
    await waitFor(() => troubles.length > 0 && caughtUp.length === 3, "the fault");
    assertObjectMatch(troubles[0]!, { kind: "fault", topic: topic.name, partition: 0 });
    assertEquals([seen, caughtUp.toSorted()], [["a"], [1, 2, 3]]);
  });

  promises("shows a broadcast reader again what its handler refused", async (stand) => {
    await put(stand.bus, miningJobs, 0, "a");
    let tries = 0;
    const { seen, troubles, caughtUp } = follower(stand, miningJobs, { kind: "earliest" }, () => {
      tries += 1;
      assertEquals(caughtUp, []);
      if (tries < 3) throw new Error("not yet");
    });
    await eventually(stand, () => seen.length === 1, "the third try");
    assertEquals(troubles.map((t) => t.kind), ["handler-threw", "handler-threw", "recovered"]);
  });

  promises("reads a partition from an offset to its end", async (stand) => {
    const values = Array.from({ length: 2500 }, (_, i) => `${i}`);
    await put(stand.bus, topic, 2, ...values);
    const reading = stand.bus.read(topic, 2, 10);
    await put(stand.bus, topic, 2, "later");
    const seen: string[] = [];
    for await (const batch of reading) seen.push(...texts(batch));
    // Nobody can say of a broker what it held at the moment of the call: a little later is as good.
    assertEquals(seen.filter((value) => value !== "later"), values.slice(10));
    assertEquals(await readAll(stand, 2, 2501), []);
    assertEquals(await readAll(stand, 0, 0), []);
  });

  promises("refuses to read from where the log is not", async (stand) => {
    await put(stand.bus, topic, 0, "a");
    const error = await assertRejects(() => readAll(stand, 0, 2), OffsetOutOfRange);
    assertEquals([error.topic, error.partition, error.offset, error.next], [topic.name, 0, 2, 1]);
    await assertRejects(() => readAll(stand, 0, -1), OffsetOutOfRange);
    await assertRejects(async () => await readAll(stand, CONTRACT_PARTITIONS, 0), RangeError);
  });

  promises("knows the last record and the ends of a partition", async ({ bus }) => {
    assertEquals(await bus.last(topic, 0), null);
    assertEquals(
      await bus.ends(topic),
      [0, 1, 2, 3].map((partition) => ({ partition, earliest: 0, next: 0 })),
    );
    const placed = await put(bus, topic, 0, "a", "b");
    await put(bus, topic, 0, "c");
    const last = await bus.last(topic, 0);
    assertEquals([last?.offset, last?.value], [2, new TextEncoder().encode("c")]);
    assertEquals((await bus.ends(topic))[0], { partition: 0, earliest: 0, next: 3 });
    assertEquals(placed.map((p) => p.offset), [0, 1]);
    await assertRejects(() => bus.last(topic, CONTRACT_PARTITIONS), RangeError);
  });

  promises("keeps the log's identity", async ({ bus }) => {
    const id = await bus.logId();
    assert(id.length >= 16);
    await put(bus, miningJobs, 0, "a");
    assertEquals(await bus.logId(), id);
  });

  promises("tells two logs apart", async ({ bus, clock }) => {
    await using other = await adapter.open(clock);
    assert(await other.logId() !== await bus.logId());
  });

  if (!adapter.takesTheClock) return;

  promises("finds the first record logged at or after a time", async (stand) => {
    const { bus, clock } = stand;
    const startMs = clock.now();
    for (const value of ["a", "b", "c", "d"]) {
      await put(bus, topic, 0, value, `${value}'`);
      await clock.advance(1000);
    }
    const at = async (ms: number) => (await bus.offsetAt(topic, startMs + ms))[0];
    assertEquals(
      await Promise.all([-1, 0, 1, 1000, 2500, 3000, 3001].map(at)),
      [0, 0, 2, 2, 6, 6, 8],
    );
    assertEquals(await bus.offsetAt(topic, startMs), [0, 0, 0, 0]);
    assertEquals(await bus.offsetAt(topic, -1), [0, 0, 0, 0]);
    const { seen } = follower(stand, topic, { kind: "time", ms: startMs + 1500 });
    await waitFor(() => seen.length === 4, "the younger half");
    assertEquals(seen, ["c", "c'", "d", "d'"]);
  });
}
