import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Batch,
  blockFound,
  type Bus,
  encodeRecord,
  openBus,
  shareValid,
  type Topic,
} from "@gopool/bus";
import { create, type JudgedShare, JudgedShareSchema } from "@gopool/proto";
import { seededRandom } from "@gopool/runtime";
import { FakeClock, tempDir } from "@gopool/testing";
import { archiveTopics } from "./archive.ts";
import { ArchiveFault } from "./archive_folder.ts";
import { openArchive } from "./archive_reader.ts";

const HOUR_MS = 3_600_000;

async function stand() {
  const clock = new FakeClock();
  const bus = await openBus("memory:", { clock, sharePartitions: 2 });
  const folder = await tempDir();
  const logId = await bus.logId();
  const to = folder.join("archive");
  return {
    clock,
    bus,
    to,
    logId,
    archive: (contents = false) => archiveTopics({ bus, clock, logId }, { to, contents }),
    async [Symbol.asyncDispose]() {
      await bus[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

type Fields = Partial<Omit<JudgedShare, "$typeName" | "$unknown">>;

/** Valid records with these source offsets; what they say beside does not matter here. */
async function shares(
  bus: Bus,
  partition: number,
  offsets: readonly number[],
  fields: Fields = {},
) {
  const logId = await bus.logId();
  await bus.publish(
    shareValid,
    offsets.map((offset) =>
      encodeRecord(
        shareValid,
        create(JudgedShareSchema, { logId, sourceOffset: BigInt(offset), ...fields }),
        { partition },
      )
    ),
  );
}

async function all(batches: AsyncIterable<Batch>) {
  const found = [];
  for await (const { messages } of batches) found.push(...messages);
  return found;
}

async function read(bus: Bus, topic: Topic, partition: number) {
  const { earliest } = (await bus.ends(topic))[partition]!;
  return await all(bus.read(topic, partition, earliest));
}

Deno.test("closed hours are copied record for record; an hour that is not over waits", async () => {
  await using it = await stand();
  await shares(it.bus, 0, [0, 1, 2]);
  await it.bus.publish(blockFound, [{ key: new Uint8Array(32), value: Uint8Array.of(7) }]);
  await it.clock.advance(HOUR_MS);
  await shares(it.bus, 0, [3]);
  await shares(it.bus, 1, [9]);
  assertEquals((await it.archive()).written.length, 0, "the hour ended this moment");
  await it.clock.advance(10 * 60_000);
  const { written, kept } = await it.archive();
  assertEquals(kept, 0);
  assertEquals(written.map(({ file, from, next, records }) => [file, from, next, records]), [
    ["share.valid/0/2026-01-01T00-0.gz", 0, 3, 3],
    ["block.found/0/2026-01-01T00-0.gz", 0, 1, 1],
  ]);
  await it.clock.advance(2 * HOUR_MS);
  assertEquals((await it.archive()).written.length, 2);
  const archive = await openArchive(it.to);
  assertEquals(archive.logId, it.logId);
  assertEquals(archive.held(shareValid, 0), { from: 0, next: 4 });
  for (const [topic, partition] of [[shareValid, 0], [shareValid, 1], [blockFound, 0]] as const) {
    assertEquals(
      await all(archive.read(topic, partition, 0)),
      await read(it.bus, topic, partition),
    );
  }
  const tail = await all(archive.read(shareValid, 0, 2));
  assertEquals(tail.map(({ offset }) => offset), [2, 3]);
});

Deno.test("a second run writes nothing again, and an archive outlives the log's retention", async () => {
  await using it = await stand();
  await shares(it.bus, 0, [0, 1]);
  await it.clock.advance(2 * HOUR_MS);
  assertEquals((await it.archive()).written.length, 1);
  assertEquals(await it.archive(true), { written: [], kept: 1 });
  const before = await read(it.bus, shareValid, 0);
  await it.clock.advance(40 * 86_400_000);
  await shares(it.bus, 0, [2]);
  assert((await it.bus.ends(shareValid))[0]!.earliest > 0);
  const archive = await openArchive(it.to);
  assertEquals(await all(archive.read(shareValid, 0, 0)), before);
});

Deno.test("what a crash left behind, half a file or half a line, is written again", async () => {
  await using it = await stand();
  await shares(it.bus, 0, [0, 1]);
  await it.clock.advance(HOUR_MS);
  await shares(it.bus, 0, [2]);
  await it.clock.advance(2 * HOUR_MS);
  await it.archive();
  const manifest = `${it.to}/manifest.jsonl`;
  const whole = await Deno.readTextFile(manifest);
  await Deno.writeTextFile(manifest, whole.slice(0, -5));
  await Deno.writeTextFile(`${it.to}/share.valid/0/2026-01-01T01-2.gz.part`, "half");
  assertEquals((await it.archive(true)).written.length, 1);
  assertEquals(await Deno.readTextFile(manifest), whole);
});

Deno.test("a file that was changed, cut or removed is named, by the archiver and by the reader", async () => {
  await using it = await stand();
  await shares(it.bus, 0, [0, 1, 2, 3]);
  await it.clock.advance(2 * HOUR_MS);
  await it.archive();
  const file = `${it.to}/share.valid/0/2026-01-01T00-0.gz`;
  const bytes = await Deno.readFile(file);
  const flipped = bytes.slice();
  // In the head of gzip: its time, which no reader looks at.
  flipped[4]! ^= 1;
  await Deno.writeFile(file, flipped);
  const read = async () => await all((await openArchive(it.to)).read(shareValid, 0, 0));
  await it.archive();
  await assertRejects(() => it.archive(true), ArchiveFault, "its contents have changed");
  await assertRejects(read, ArchiveFault, "has changed: SHA-256");
  await Deno.writeFile(file, bytes.slice(0, -9));
  await assertRejects(() => it.archive(), ArchiveFault, `the manifest says ${bytes.length}`);
  await assertRejects(read, ArchiveFault, "cannot be read");
  await Deno.remove(file);
  await assertRejects(() => it.archive(), ArchiveFault, "2026-01-01T00-0.gz is missing");
  await assertRejects(read, ArchiveFault, "is missing");
});

Deno.test("a folder of another log, or of something else, is refused and left as it was", async () => {
  await using it = await stand();
  await using other = await stand();
  await shares(it.bus, 0, [0]);
  await it.clock.advance(2 * HOUR_MS);
  await it.archive();
  const { bus, clock, logId } = other;
  await assertRejects(
    () => archiveTopics({ bus, clock, logId }, { to: it.to }),
    ArchiveFault,
    `is the archive of log "${it.logId}", this pool's log is "${logId}"`,
  );
  await Deno.mkdir(other.to);
  await Deno.writeTextFile(`${other.to}/notes.txt`, "mine");
  await assertRejects(() => other.archive(), ArchiveFault, "is not empty");
  assertEquals([...Deno.readDirSync(other.to)].length, 1);
});

Deno.test("records of another epoch, a topic made again, and a head that is gone are told", async () => {
  await using it = await stand();
  await shares(it.bus, 0, [0], { logId: "other" });
  await it.clock.advance(2 * HOUR_MS);
  await assertRejects(() => it.archive(), ArchiveFault, 'is of log "other"');

  await using cut = await stand();
  await shares(cut.bus, 0, [0, 1]);
  await cut.clock.advance(2 * HOUR_MS);
  await cut.archive();
  await shares(cut.bus, 0, [2, 3]);
  await cut.clock.advance(40 * 86_400_000);
  await shares(cut.bus, 0, [4]);
  await cut.clock.advance(2 * HOUR_MS);
  await assertRejects(() => cut.archive(), ArchiveFault, "what lay between is lost");

  await using again = await stand();
  await shares(again.bus, 0, [0, 1]);
  await again.clock.advance(2 * HOUR_MS);
  await again.archive();
  await using made = await openBus("memory:", { clock: again.clock, sharePartitions: 2 });
  const { clock, logId, to } = again;
  const onTheNew = () => archiveTopics({ bus: made, clock, logId }, { to });
  await assertRejects(onTheNew, ArchiveFault, "ends at offset 0, its archive at 2");
  await shares(made, 0, [0, 1, 2], { logId });
  await assertRejects(onTheNew, ArchiveFault, "has another record at offset 1");
});

Deno.test("two archivers on one folder: the second is told", async () => {
  await using it = await stand();
  await it.archive();
  using held = await Deno.open(`${it.to}/manifest.jsonl`, { read: true, write: true });
  await held.lock(true);
  await assertRejects(() => it.archive(), ArchiveFault, "Another process is writing");
});

Deno.test("records of any size go through in batches of bounded size", async () => {
  await using it = await stand();
  const random = seededRandom(1);
  const value = (n: number) => Uint8Array.from({ length: n }, () => random.uint32() & 255);
  const key = new Uint8Array(32);
  await it.bus.publish(blockFound, [0, 1, 60_000, 900_000].map((n) => ({ key, value: value(n) })));
  for (let i = 0; i < 3; i++) {
    await shares(it.bus, 0, Array.from({ length: 1_000 }, (_, n) => i * 1_000 + n));
  }
  await it.clock.advance(2 * HOUR_MS);
  await it.archive();
  const archive = await openArchive(it.to);
  assertEquals(await all(archive.read(blockFound, 0, 0)), await read(it.bus, blockFound, 0));
  let most = 0, count = 0;
  for await (const { messages } of archive.read(shareValid, 0, 0)) {
    most = Math.max(most, messages.length);
    count += messages.length;
  }
  assertEquals(count, 3_000);
  assert(most <= 1_000);
});
