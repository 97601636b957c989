import { assertEquals, assertRejects } from "@std/assert";
import { type Batch, blockFound, encodeRecord, openBus, shareValid } from "@gopool/bus";
import { busSource, HistoryMissing, historyOf } from "@gopool/payoutd/books";
import { create, JudgedShareSchema } from "@gopool/proto";
import { FakeClock, tempDir } from "@gopool/testing";
import { archiveTopics } from "../topics/archive.ts";
import { archiveSource } from "./archive_source.ts";

const HOUR_MS = 3_600_000;

async function offsets(batches: AsyncIterable<Batch>): Promise<number[]> {
  const found = [];
  for await (const { messages } of batches) found.push(...messages.map(({ offset }) => offset));
  return found;
}

Deno.test("what retention has taken is read from the archive, what came after from the bus", async () => {
  const clock = new FakeClock();
  await using bus = await openBus("memory:", { clock, sharePartitions: 1 });
  await using folder = await tempDir();
  const id = `${await bus.logId()}.second`;
  const log = { id, busId: await bus.logId() };
  const share = () =>
    bus.publish(shareValid, [
      encodeRecord(shareValid, create(JudgedShareSchema, { logId: id }), { partition: 0 }),
    ]);
  const archive = () => archiveTopics({ bus, clock, logId: id }, { to: folder.path });
  for (let i = 0; i < 3; i++) await share();
  await clock.advance(2 * HOUR_MS);
  await archive();
  await share();
  await clock.advance(2 * HOUR_MS);
  await archive();
  await clock.advance(40 * 24 * HOUR_MS);
  await share();
  await share();
  assertEquals((await bus.ends(shareValid))[0]!.earliest, 4);

  const sources = [await archiveSource(folder.path), await busSource(bus)];
  const history = historyOf(sources);
  assertEquals(await history.held(log, shareValid), [{ partition: 0, from: 0, next: 6 }]);
  assertEquals(await history.held(log, blockFound), []);
  assertEquals(await offsets(history.read(log, shareValid, 0, 0, 6)), [0, 1, 2, 3, 4, 5]);
  assertEquals(await offsets(history.read(log, shareValid, 0, 2, 5)), [2, 3, 4]);
  const another = { ...log, id: `${log.busId}.third` };
  assertEquals(await history.held(another, shareValid), [{ partition: 0, from: 4, next: 6 }]);
  await assertRejects(
    () => offsets(historyOf(sources.slice(1)).read(log, shareValid, 0, 0, 6)),
    HistoryMissing,
    "cannot be read at offset 0",
  );
});
