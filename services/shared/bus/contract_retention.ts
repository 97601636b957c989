import { assertEquals, assertGreater, assertObjectMatch } from "@std/assert";
import { waitFor } from "@gopool/testing";
import {
  type ContractAdapter,
  promising,
  put,
  type Stand,
  texts,
  Watcher,
} from "./contract_stand.ts";
import { RETENTION_EVERY_MS } from "./retention.ts";
import { miningJobs as topic } from "./topics.ts";

/** Appends a record after every stretch of time, so that the log has reason to look at its age. */
async function pass({ bus, clock }: Stand, ms: number): Promise<void> {
  for (let i = 0; i < 4; i += 1) {
    await clock.advance(ms / 4);
    await put(bus, topic, 0, "tick");
  }
}

async function earliest({ bus }: Stand): Promise<number> {
  return (await bus.ends(topic))[0]!.earliest;
}

export function retentionContract(adapter: ContractAdapter): void {
  const promises = promising(adapter);

  promises("lets records go that are past their retention, and no younger ones", async (stand) => {
    await put(stand.bus, topic, 0, "old", "old");
    await stand.clock.advance(topic.retentionMs / 2);
    const [young] = await put(stand.bus, topic, 0, "young");
    await stand.clock.advance(topic.retentionMs / 2 - 1);
    await put(stand.bus, topic, 0, "tick");
    assertEquals(await earliest(stand), 0);
    await stand.clock.advance(RETENTION_EVERY_MS);
    await put(stand.bus, topic, 0, "tick");
    assertEquals(await earliest(stand), young!.offset);
    const first = await stand.bus.read(topic, 0, young!.offset)[Symbol.asyncIterator]().next();
    assertEquals(texts(first.value!)[0], "young");
  });

  promises("never lets go what a registered group has not read", async (stand) => {
    for (const value of ["a", "b", "c"]) await put(stand.bus, topic, 0, value);
    const busy = stand.gate();
    const watcher = new Watcher(stand, topic, { batchMax: 1 }, (batch) => {
      if (texts(batch)[0] === "b") return busy.opened;
    });
    await waitFor(async () => (await stand.bus.committed(topic, "readers"))[0] === 1, "a position");
    await pass(stand, 10 * topic.retentionMs);
    assertEquals(await earliest(stand), 1);
    const stopped = watcher.stop();
    busy.open();
    await stopped;
    // Nobody is reading now: the group is registered all the same.
    await pass(stand, 10 * topic.retentionMs);
    assertEquals(await earliest(stand), 2);
    const back = new Watcher(stand, topic);
    await waitFor(() => back.seen().length === 9, "all the rest");
    assertEquals(back.seen()[0], "c");
    await back.stop();
    await pass(stand, 10 * topic.retentionMs);
    assertGreater(await earliest(stand), 9);
  });

  promises("stops a reader whose offset has gone, rather than jump", async (stand) => {
    await put(stand.bus, topic, 0, "a");
    await pass(stand, 4 * topic.retentionMs);
    assertGreater(await earliest(stand), 0);
    const watcher = new Watcher(stand, topic, { assigned: () => Promise.resolve(0) });
    await waitFor(() => watcher.troubles.length > 0, "the fault");
    assertObjectMatch(watcher.troubles[0]!, { kind: "fault", partition: 0 });
    assertEquals(watcher.seen(), []);
  });

  promises("knows offsets and times of a log whose head has gone", async (stand) => {
    await put(stand.bus, topic, 0, "a", "b");
    await pass(stand, 4 * topic.retentionMs);
    const first = await earliest(stand);
    const [ends] = await stand.bus.ends(topic);
    assertEquals(ends!.next, 6);
    assertEquals(await stand.bus.offsetAt(topic, 0), [first]);
    assertEquals((await stand.bus.last(topic, 0))?.offset, 5);
    assertEquals((await put(stand.bus, topic, 0, "c"))[0]!.offset, 6);
  });
}
