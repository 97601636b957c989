import { assert, assertEquals, assertGreater, assertMatch, assertRejects } from "@std/assert";
import { settle, waitFor } from "@gopool/testing";
import { DatabaseSync } from "node:sqlite";
import { bytes, put } from "./contract_stand.ts";
import { miningJobs, NotWritten, OutcomeUnknown, PUBLISH_DEADLINE_MS } from "./mod.ts";
import type { Bus, ConsumeTrouble, Placement } from "./port.ts";
import { inFolder, linesOf, openFile, openWithFile, spawnChild } from "./sqlite_stand_fixture.ts";
import { WAITING_MAX_BYTES } from "./sqlite_writer.ts";

const SQLITE_FULL = 13;
const SQLITE_IOERR_FSYNC = 1034;

function sqliteError(errcode: number): Error {
  return Object.assign(new Error(`errcode ${errcode}`), { errcode });
}

/** Every text on the partition. */
async function all(bus: Bus): Promise<string[]> {
  const texts: string[] = [], text = new TextDecoder();
  for await (const { messages } of bus.read(miningJobs, 0, 0)) {
    texts.push(...messages.map((message) => text.decode(message.value)));
  }
  return texts;
}

/** How a publish ended, once it has. */
function outcomeOf(published: Promise<Placement[]>): { now: string | undefined; said: string } {
  const outcome = { now: undefined as string | undefined, said: "" };
  published.then(() => outcome.now = "written", (error: Error) => {
    outcome.now = error.name;
    outcome.said = error.message;
  });
  return outcome;
}

Deno.test("sqlite: waits for another process's lock up to the deadline, then has written nothing", () =>
  inFolder(async (folder) => {
    const path = `${folder}/bus.db`;
    const { bus, clock } = openWithFile(path);
    await using _closing = bus;
    await put(bus, miningJobs, 0, "before");
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const soon = outcomeOf(
      bus.publish(miningJobs, [{ partition: 0, value: bytes("soon") }], { deadlineMs: 100 }),
    );
    const late = outcomeOf(put(bus, miningJobs, 0, "late"));
    await waitFor(async () => (await clock.advance(25), soon.now), "the refusal");
    assertEquals([soon.now, late.now], ["NotWritten", undefined]);
    assertMatch(
      soon.said,
      /Cannot write mining\.jobs to the log at .*bus\.db: another process holds it locked/,
    );
    other.exec("COMMIT");
    other.close();
    await waitFor(async () => (await clock.advance(25), late.now), "the lock to be free");
    assertEquals([late.now, await all(bus)], ["written", ["before", "late"]]);
  }));

Deno.test("sqlite: a publish without a deadline outlasts any trouble", () =>
  inFolder(async (folder) => {
    const { bus, file, clock } = openWithFile(`${folder}/bus.db`);
    await using _closing = bus;
    const begin = file.begin.bind(file);
    file.begin = () => {
      throw sqliteError(SQLITE_FULL);
    };
    const block = outcomeOf(
      bus.publish(miningJobs, [{ partition: 0, value: bytes("block") }], { deadlineMs: Infinity }),
    );
    const share = outcomeOf(put(bus, miningJobs, 0, "share"));
    await settle();
    for (let i = 0; i < 40; i += 1) await clock.advance(PUBLISH_DEADLINE_MS / 20);
    assertEquals([block.now, share.now], [undefined, "NotWritten"]);
    assertMatch(share.said, /the disk is full/);
    file.begin = begin;
    await waitFor(async () => (await clock.advance(50), block.now), "the disk");
    assertEquals([block.now, await all(bus)], ["written", ["block"]]);
  }));

Deno.test("sqlite: a full disk at COMMIT means not written", () =>
  inFolder(async (folder) => {
    const { bus, file, clock } = openWithFile(`${folder}/bus.db`);
    await using _closing = bus;
    const commit = file.commit.bind(file);
    file.commit = () => {
      throw sqliteError(SQLITE_FULL);
    };
    const share = outcomeOf(put(bus, miningJobs, 0, "share"));
    await waitFor(async () => (await clock.advance(10_000), share.now), "the refusal");
    assertEquals(share.now, "NotWritten");
    file.commit = commit;
    assertEquals(await all(bus), []);
  }));

Deno.test("sqlite: a COMMIT whose sync failed is outcome unknown, unless a later try succeeds", () =>
  inFolder(async (folder) => {
    const { bus, file, clock } = openWithFile(`${folder}/bus.db`);
    await using _closing = bus;
    const commit = file.commit.bind(file);
    let failures = 0;
    file.commit = () => {
      failures += 1;
      throw sqliteError(SQLITE_IOERR_FSYNC);
    };
    const unknown = outcomeOf(
      bus.publish(miningJobs, [{ partition: 0, value: bytes("a") }], { deadlineMs: 60 }),
    );
    await waitFor(async () => (await clock.advance(20), unknown.now), "the deadline");
    assertEquals(unknown.now, "OutcomeUnknown");
    assertMatch(
      unknown.said,
      /Cannot tell whether mining\.jobs was written .*file system failed \(1034\)/,
    );
    const lucky = outcomeOf(put(bus, miningJobs, 0, "b"));
    const before = failures;
    await waitFor(() => failures > before, "another failure");
    file.commit = commit;
    await waitFor(async () => (await clock.advance(50), lucky.now), "the success");
    assertEquals([lucky.now, await all(bus)], ["written", ["b"]]);
  }));

Deno.test("sqlite: keeps the order of calls over a failure, and each of them once", () =>
  inFolder(async (folder) => {
    const { bus, file, clock } = openWithFile(`${folder}/bus.db`);
    await using _closing = bus;
    const commit = file.commit.bind(file);
    let turn = 0;
    file.commit = () => {
      turn += 1;
      if (turn % 3 !== 0) throw sqliteError(turn % 2 ? SQLITE_IOERR_FSYNC : SQLITE_FULL);
      commit();
    };
    const values = Array.from({ length: 30 }, (_, i) => `${i}`);
    const outcomes: ReturnType<typeof outcomeOf>[] = [];
    for (const value of values) {
      outcomes.push(outcomeOf(put(bus, miningJobs, 0, value)));
      if (Number(value) % 4 === 0) await clock.advance(10);
    }
    await waitFor(
      async () => (await clock.advance(50), outcomes.every((o) => o.now)),
      "every publish",
    );
    assertEquals(outcomes.map((o) => o.now), values.map(() => "written"));
    assertEquals(await all(bus), values);
  }));

Deno.test("sqlite: refuses at once when too much is waiting for the disk", () =>
  inFolder(async (folder) => {
    const { bus, file } = openWithFile(`${folder}/bus.db`);
    file.begin = () => {
      throw sqliteError(SQLITE_FULL);
    };
    const value = new Uint8Array(miningJobs.maxBytes);
    const waiting = Array.from(
      { length: Math.floor(WAITING_MAX_BYTES / (value.length + 16)) },
      () => outcomeOf(bus.publish(miningJobs, [{ partition: 0, value }])),
    );
    await settle();
    const error = await assertRejects(
      () => bus.publish(miningJobs, [{ partition: 0, value }]),
      NotWritten,
    );
    assertMatch(error.message, /the disk is full/);
    assertEquals(waiting.map((outcome) => outcome.now), waiting.map(() => undefined));
    await bus[Symbol.asyncDispose]();
    await settle();
    assertEquals(new Set(waiting.map((outcome) => outcome.now)), new Set(["NotWritten"]));
  }));

Deno.test("sqlite: what waits for the disk when the bus is closed is told so", () =>
  inFolder(async (folder) => {
    const { bus, file } = openWithFile(`${folder}/bus.db`);
    file.commit = () => {
      throw sqliteError(SQLITE_IOERR_FSYNC);
    };
    const unknown = assertRejects(() => put(bus, miningJobs, 0, "a"), OutcomeUnknown, "closing");
    await settle();
    await bus[Symbol.asyncDispose]();
    await unknown;
  }));

Deno.test("sqlite: tells of positions it cannot write, and writes the newest when it can", () =>
  inFolder(async (folder) => {
    const { bus, file, clock } = openWithFile(`${folder}/bus.db`);
    await using _closing = bus;
    for (let i = 0; i < 10; i += 1) await put(bus, miningJobs, 0, `${i}`);
    const begin = file.begin.bind(file);
    const stop = new AbortController();
    const troubles: ConsumeTrouble[] = [];
    let handled = 0;
    const options = {
      group: "g",
      batchMax: 1,
      signal: stop.signal,
      onTrouble: (trouble: ConsumeTrouble) => troubles.push(trouble),
    };
    const consuming = bus.consume(miningJobs, options, () => {
      handled += 1;
      if (handled === 3) {
        file.begin = () => {
          throw sqliteError(SQLITE_FULL);
        };
      }
      return Promise.resolve();
    });
    await waitFor(() => handled === 10 && troubles.length > 0, "all batches and the trouble");
    assertEquals(troubles[0]!.kind, "bus-away");
    file.begin = begin;
    await waitFor(
      async () => (await clock.advance(200), troubles.at(-1)!.kind === "recovered"),
      "the position",
    );
    assertEquals(await bus.committed(miningJobs, "g"), [10]);
    stop.abort();
    await consuming;
  }));

Deno.test("sqlite: a reader whose file cannot be read tries again and goes on", () =>
  inFolder(async (folder) => {
    const { bus, file, clock } = openWithFile(`${folder}/bus.db`);
    await using _closing = bus;
    await put(bus, miningJobs, 0, "a");
    const [table] = file.tables(miningJobs);
    const spanAt = table!.spanAt.bind(table);
    let broken = true;
    table!.spanAt = (offset) => {
      if (broken) throw sqliteError(10);
      return spanAt(offset);
    };
    const stop = new AbortController();
    const troubles: string[] = [];
    const consuming = bus.consume(miningJobs, {
      group: "g",
      batchMax: 1,
      signal: stop.signal,
      onTrouble: ({ kind }) => troubles.push(kind),
    }, () => Promise.resolve(stop.abort()));
    await waitFor(async () => (await clock.advance(100), troubles.length >= 2), "two failures");
    broken = false;
    await waitFor(async () => (await clock.advance(1000), stop.signal.aborted), "the batch");
    await consuming;
    assertEquals(new Set(troubles), new Set(["bus-away", "recovered"]));
  }));

Deno.test("sqlite: damaged records are a fault of their partition", () =>
  inFolder(async (folder) => {
    const path = `${folder}/bus.db`;
    const { bus } = openWithFile(path);
    await put(bus, miningJobs, 0, "aaaaaaaa");
    await bus[Symbol.asyncDispose]();
    const database = new DatabaseSync(path);
    const { id } = database.prepare("SELECT id FROM partition WHERE topic = 'mining.jobs'").get()!;
    database.exec(`UPDATE chunk_${id} SET records = x'00ff7f'`);
    database.close();
    await using again = await openFile(path);
    const stop = new AbortController();
    const troubles: ConsumeTrouble[] = [];
    const options = { from: { kind: "earliest" as const }, batchMax: 1, signal: stop.signal };
    const following = again.follow(miningJobs, {
      ...options,
      onTrouble: (trouble) => {
        troubles.push(trouble);
        stop.abort();
      },
    }, () => Promise.reject(new Error("nothing to handle")));
    await following;
    assertEquals(troubles.map((t) => [t.kind, t.error?.name]), [["fault", "LogDamaged"]]);
  }));

Deno.test({
  name: "sqlite: on a full disk nothing confirmed is lost and nothing refused is there",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const path = `${folder}/bus.db`;
      // 4,000 blocks of 512 bytes: room for some thirty records, then the file may not grow.
      const child = spawnChild("until full", folder, `sqlite:${path}`, { fileBlocks: 4_000 });
      const [said, { code }, stderr] = await Promise.all([
        Array.fromAsync(linesOf(child)),
        child.status,
        new Response(child.stderr).text(),
      ]);
      assertEquals([code, stderr], [0, ""]);
      const refusal = said.pop() as { name: string; message: string };
      assertEquals(refusal.name, "NotWritten");
      assertMatch(refusal.message, /Cannot write mining\.jobs to the log at .*: the disk/);
      assertGreater(said.length, 5);
      await using bus = await openFile(path);
      assertEquals((await bus.ends(miningJobs))[0]!.next, said.length);
      assertEquals(said, said.map((_, i) => i));
      const texts = await all(bus);
      assert(texts.every((text) => text.length === 65_536));
    }),
});
