import { assert, assertEquals, assertLess, assertMatch, assertRejects } from "@std/assert";
import { systemClock } from "@gopool/runtime";
import { FakeClock, waitFor } from "@gopool/testing";
import { DatabaseSync } from "node:sqlite";
import { bytes, put } from "./contract_stand.ts";
import { BusNotOpened, miningJobs, miningTemplates, openBus, shareSubmissions } from "./mod.ts";
import { RETENTION_EVERY_MS } from "./retention.ts";
import { inFolder, linesOf, openFile, openWithFile, spawnChild } from "./sqlite_stand_fixture.ts";

/** Asks a closed file. */
function ask(path: string, sql: string): Record<string, unknown>[] {
  const database = new DatabaseSync(path);
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

Deno.test("sqlite: keeps log id, records, positions and partition counts when closed and opened", () =>
  inFolder(async (folder) => {
    const path = `${folder}/new/folder/bus.db`;
    let id: string;
    {
      await using bus = await openFile(path, 3);
      id = await bus.logId();
      await put(bus, shareSubmissions, 2, "a", "b", "c");
      const stop = new AbortController();
      const options = { group: "g", batchMax: 2, signal: stop.signal };
      await bus.consume(shareSubmissions, options, () => Promise.resolve(stop.abort()));
    }
    await using bus = await openFile(path);
    assertEquals(await bus.logId(), id);
    assertEquals(await bus.partitions(shareSubmissions), 3);
    assertEquals(await bus.committed(shareSubmissions, "g"), [0, 0, 2]);
    assertEquals((await bus.last(shareSubmissions, 2))?.value, bytes("c"));
    assertEquals(bus.name, `sqlite:${path}`);
  }));

Deno.test("sqlite: writes positions that are still waiting when it is closed at once", () =>
  inFolder(async (folder) => {
    const path = `${folder}/bus.db`;
    const bus = await openFile(path);
    const published = put(bus, miningJobs, 0, "a");
    await bus[Symbol.asyncDispose]();
    assertEquals((await published)[0]!.offset, 0);
    await using again = await openFile(path);
    assertEquals((await again.ends(miningJobs))[0]!.next, 1);
  }));

Deno.test("sqlite: refuses another count of share partitions", () =>
  inFolder(async (folder) => {
    const path = `${folder}/bus.db`;
    await (await openFile(path, 3))[Symbol.asyncDispose]();
    const { message } = await assertRejects(() => openFile(path, 4), BusNotOpened);
    assertMatch(
      message,
      /with 4 share partitions: it was made with 3, and .* never change in place/,
    );
    await (await openFile(path, 3))[Symbol.asyncDispose]();
  }));

Deno.test("sqlite: refuses a topic whose count in topics.ts is no longer the file's", () =>
  inFolder(async (folder) => {
    await using bus = await openFile(`${folder}/bus.db`);
    const other = { ...miningJobs, name: "not.in.the.table", partitions: 2 };
    assertEquals(await bus.partitions(other), 2);
    assertEquals((await put(bus, other, 1, "a"))[0]!.offset, 0);
    await bus[Symbol.asyncDispose]();
    await using again = await openFile(`${folder}/bus.db`);
    await assertRejects(() => again.partitions({ ...other, partitions: 5 }), BusNotOpened, "has 2");
  }));

Deno.test("sqlite: refuses files that it cannot know, and leaves them alone", () =>
  inFolder(async (folder) => {
    const refusal = async (path: string) =>
      (await assertRejects(() => openFile(path), BusNotOpened)).message;
    const other = `${folder}/other.db`, newer = `${folder}/newer.db`, text = `${folder}/text.db`;
    ask(other, "CREATE TABLE mine (x)");
    assertMatch(await refusal(other), /database of something else/);
    assertEquals(
      ask(other, "SELECT name FROM sqlite_schema"),
      [{ name: "mine" }].map((row) => Object.assign(Object.create(null), row)),
    );
    await (await openFile(newer))[Symbol.asyncDispose]();
    ask(newer, "PRAGMA user_version = 2");
    assertMatch(await refusal(newer), /written in format 2, and this build knows only 1/);
    await Deno.writeTextFile(text, "These are no pages of a database.\n".repeat(300));
    assertMatch(await refusal(text), /not a SQLite database/);
    assertMatch(await refusal(folder), /cannot be opened|unable to open/);
    assertMatch(await refusal(`${text}/below/a/file.db`), /Not a directory/);
  }));

Deno.test("openBus() says what a URL must be", async () => {
  const options = { clock: new FakeClock() };
  await assertRejects(() => openBus("sqlite:", options), BusNotOpened, "must name a file");
  await assertRejects(() => openBus("nats://host:4222", options), BusNotOpened, "nats:");
});

Deno.test("sqlite: a file that another process is just making is waited for", () =>
  inFolder(async (folder) => {
    const path = `${folder}/bus.db`;
    const other = new DatabaseSync(path);
    other.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    const opening = openBus(`sqlite:${path}`, { clock: new FakeClock() });
    // Longer than SQLite itself waits.
    await new Promise((resolve) => setTimeout(resolve, 300));
    other.exec("ROLLBACK");
    other.close();
    await using bus = await opening;
    assertEquals((await put(bus, miningJobs, 0, "a"))[0]!.offset, 0);
  }));

Deno.test("sqlite: puts the calls of one turn into one row, and no row over 1 MiB", () =>
  inFolder(async (folder) => {
    const path = `${folder}/bus.db`;
    const bus = await openFile(path);
    await Promise.all([..."abcdefgh"].map((value) => put(bus, miningJobs, 0, value)));
    const half = { partition: 0, value: new Uint8Array(400_000) };
    await bus.publish(miningJobs, [half, half, half, half, half]);
    await bus[Symbol.asyncDispose]();
    const [{ id }] = ask(path, "SELECT id FROM partition WHERE topic = 'mining.jobs'") as [
      { id: number },
    ];
    const rows = ask(path, `SELECT base, count, length(records) AS bytes FROM chunk_${id}`);
    assertEquals(rows.map((row) => [row.base, row.count]), [[0, 8], [8, 2], [10, 2], [12, 1]]);
    assert(rows.every((row) => Number(row.bytes) <= 1024 * 1024));
  }));

Deno.test("sqlite: keeps a gzip topic small on the disk", () =>
  inFolder(async (folder) => {
    await using bus = await openFile(`${folder}/bus.db`);
    await bus.publish(miningTemplates, [{ partition: 0, value: new Uint8Array(4_000_000) }]);
    assertEquals((await bus.last(miningTemplates, 0))?.value.length, 4_000_000);
    assertLess((await Deno.stat(`${folder}/bus.db-wal`)).size, 500_000);
  }));

Deno.test("sqlite: hands over no more than 1 MiB at a time, whatever batchMax says", () =>
  inFolder(async (folder) => {
    await using bus = await openFile(`${folder}/bus.db`);
    for (let i = 0; i < 5; i += 1) {
      await bus.publish(
        miningJobs,
        Array.from({ length: 7 }, () => ({ partition: 0, value: new Uint8Array(300_000).fill(i) })),
      );
    }
    const stop = new AbortController();
    const sizes: number[] = [];
    const options = { group: "g", batchMax: 1000, signal: stop.signal };
    await bus.consume(miningJobs, options, ({ messages }) => {
      sizes.push(messages.length);
      if (sizes.reduce((a, b) => a + b) === 35) stop.abort();
      return Promise.resolve();
    });
    assertEquals(Math.max(...sizes), 3);
    const offsets: number[] = [];
    for await (const { messages } of bus.read(miningJobs, 0, 0)) {
      offsets.push(...messages.map((m) => m.offset));
    }
    assertEquals(offsets, offsets.map((_, i) => i));
  }));

Deno.test("sqlite: lets a long tail of old rows go bit by bit, and keeps the last row", () =>
  inFolder(async (folder) => {
    const { bus, clock } = openWithFile(`${folder}/bus.db`);
    await using _closing = bus;
    for (let i = 0; i < 200; i += 1) await put(bus, miningJobs, 0, `${i}`);
    await put(bus, shareSubmissions, 0, "far away");
    await clock.advance(2 * miningJobs.retentionMs);
    const earliest: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      await put(bus, miningJobs, 0, "new");
      earliest.push((await bus.ends(miningJobs))[0]!.earliest);
    }
    assertEquals(earliest, [64, 128, 192, 200, 200]);
    await clock.advance(2 * miningJobs.retentionMs);
    await put(bus, miningJobs, 0, "a", "b");
    await clock.advance(RETENTION_EVERY_MS);
    await put(bus, miningJobs, 0, "c");
    assertEquals((await bus.ends(miningJobs))[0], { partition: 0, earliest: 205, next: 208 });
    // The other topic's partition was not appended to: its old record is still the last of its partition.
    assertEquals((await bus.last(shareSubmissions, 0))?.value, bytes("far away"));
  }));

Deno.test("sqlite: another process reads and appends while this one works, and is noticed", () =>
  inFolder(async (folder) => {
    const path = `${folder}/bus.db`;
    // The real clock: a lock that is held too long is waited for by it.
    await using bus = await openBus(`sqlite:${path}`, { clock: systemClock });
    const stop = new AbortController();
    const seen: string[] = [], text = new TextDecoder();
    const options = { group: "g", batchMax: 10, signal: stop.signal };
    const consuming = bus.consume(miningJobs, options, ({ messages }) => {
      seen.push(...messages.map((message) => text.decode(message.value)));
      return Promise.resolve();
    });
    const child = spawnChild("notes", folder, `sqlite:${path}`);
    const said = Array.fromAsync(linesOf(child));
    let own = 0;
    await waitFor(async () => {
      // As fast as it goes, so that the two meet.
      for (let i = 0; i < 20; i += 1) await put(bus, miningJobs, 0, `own ${own++}`);
      return seen.includes("child 99");
    }, "the other process");
    const [{ code }, offsets] = await Promise.all([child.status, said]);
    assertEquals([code, await new Response(child.stderr).text()], [0, ""]);
    await waitFor(() => seen.length === own + 100, "everything");
    stop.abort();
    await consuming;
    assertEquals(new Set(seen).size, own + 100);
    assertEquals(
      seen.filter((value) => value.startsWith("child")),
      Array.from({ length: 100 }, (_, i) => `child ${i}`),
    );
    assertEquals(
      (offsets as number[]).map((offset) => seen[offset]),
      Array.from({ length: 100 }, (_, i) => `child ${i}`),
    );
  }));

Deno.test("sqlite: a reader that waits sees a record of another process without one of its own", () =>
  inFolder(async (folder) => {
    const path = `${folder}/bus.db`;
    await using bus = await openFile(path);
    await using other = await openFile(path);
    const stop = new AbortController();
    const following = bus.follow(
      miningJobs,
      { from: { kind: "end" }, batchMax: 1, signal: stop.signal },
      () => Promise.resolve(stop.abort()),
    );
    await put(other, miningJobs, 0, "note");
    await following;
    assertEquals(await other.logId(), await bus.logId());
  }));

Deno.test("sqlite: keeps the order of calls that need more than one transaction", () =>
  inFolder(async (folder) => {
    await using bus = await openFile(`${folder}/bus.db`);
    const calls = Array.from({ length: 40 }, (_, i) =>
      bus.publish(miningJobs, [{
        partition: 0,
        value: new Uint8Array(miningJobs.maxBytes).fill(i),
      }]));
    const offsets = (await Promise.all(calls)).map(([placed]) => placed!.offset);
    assertEquals(offsets, offsets.map((_, i) => i));
    const first: number[] = [];
    for await (const { messages } of bus.read(miningJobs, 0, 0)) {
      first.push(...messages.map((m) => m.value[0]!));
    }
    assertEquals(first, offsets);
  }));
