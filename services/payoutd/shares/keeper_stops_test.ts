import { assertEquals, assertMatch } from "@std/assert";
import { waitFor } from "@gopool/testing";
import { closeLog, openLog } from "@gopool/ledger/shares";
import {
  address,
  hashOf,
  memoryBus,
  openBooks,
  publishValid,
  said,
  standsAt,
  START_MS,
  validShare,
  withKeeper,
  works,
} from "./fixture.ts";
import { shareValid } from "@gopool/bus";
import { SHARE_GROUP } from "./keeper.ts";

Deno.test("a gap stops the partition and names the command; nothing counts until a record links", async () => {
  await using ledger = await openBooks();
  await using bus = await memoryBus();
  const share = (o: number, p: number) => validShare(o, p, { work: 1n });
  await publishValid(bus, [share(0, -1), share(5, 3), share(6, 5)]);
  await withKeeper(bus, ledger, async (board) => {
    const part = await waitFor(() => said(board, "payoutd/shares/0"), "the gap on the board");
    assertEquals(part.health, "down");
    assertMatch(part.detail, /deno task topics republish --partition 0 --from 1$/);
    await publishValid(bus, [share(9, 6)]);
    // What it reads meanwhile moves nothing.
    await waitFor(
      async () => (await bus.committed(shareValid, SHARE_GROUP))[0] === 4,
      "the reading",
    );
    assertEquals(await standsAt(ledger), { source: 0, next: 1 });
    // As shareproc publishes again: from there to the end, with the links of the first time.
    await publishValid(bus, [share(3, 0), share(5, 3), share(6, 5), share(9, 6)]);
    await waitFor(async () => (await standsAt(ledger))?.source === 9, "the end");
    await waitFor(() => said(board, "payoutd/shares/0") === undefined, "a clean board");
  });
  assertEquals(await works(ledger), { [address(1)]: 5n });
  assertEquals(await standsAt(ledger), { source: 9, next: 8 });
});

Deno.test("started anew in a gap it stands where it stood, and says so", async () => {
  await using ledger = await openBooks();
  await using bus = await memoryBus();
  await publishValid(bus, [validShare(0, -1), validShare(5, 3)]);
  for (let start = 0; start < 2; start++) {
    await withKeeper(
      bus,
      ledger,
      (board) => waitFor(() => said(board, "payoutd/shares/0"), "the gap on the board"),
    );
    assertEquals(await standsAt(ledger), { source: 0, next: 1 });
  }
});

Deno.test("books do not begin by themselves on a log whose head is gone", async () => {
  await using ledger = await openBooks();
  await using bus = await memoryBus();
  await publishValid(bus, [validShare(7, 4)]);
  await withKeeper(bus, ledger, async (board) => {
    const { detail, health } = await waitFor(
      () => said(board, "payoutd on share.valid/0"),
      "words",
    );
    assertEquals(health, "down");
    assertMatch(
      detail,
      /begins after the valid share at offset 4 of share.submissions.*deno task ledger begin/,
    );
  });
  assertEquals(await standsAt(ledger), null);
});

Deno.test("nor on one of which one partition of several is cut", async () => {
  await using ledger = await openBooks();
  await using bus = await memoryBus(undefined, 3);
  await publishValid(bus, [validShare(0, -1)]);
  await publishValid(bus, [validShare(2, -2, { sourcePartition: 2 })], 2);
  await withKeeper(bus, ledger, async (board) => {
    await waitFor(() => said(board, "payoutd on share.valid/0"), "words about the partition");
  });
  assertEquals(await standsAt(ledger), null);
});

Deno.test("books begin when the first share is written to an empty log", async () => {
  await using ledger = await openBooks();
  await using bus = await memoryBus(undefined, 2);
  await withKeeper(bus, ledger, async () => {
    await waitFor(
      async () => (await bus.committed(shareValid, SHARE_GROUP))[1] === 0,
      "the reader",
    );
    assertEquals(await standsAt(ledger), null);
    await publishValid(bus, [validShare(4, -1, { sourcePartition: 1 })], 1);
    await waitFor(async () => (await standsAt(ledger, 1))?.next === 1, "the first share");
  });
  assertEquals(await standsAt(ledger, 0), { source: -1, next: 0 });
});

Deno.test("another log stops the partition; once an operator has begun it, it is counted on", async () => {
  await using ledger = await openBooks();
  await using bus = await memoryBus();
  await publishValid(bus, [
    validShare(8, -1, { work: 1n }),
    validShare(0, -1, { work: 2n, logId: "log.2", loggedAtMs: START_MS + 1_000 }),
  ]);
  const busId = await bus.logId();
  await withKeeper(bus, ledger, async (board) => {
    const { detail } = await waitFor(() => said(board, "payoutd on share.valid/0"), "words");
    assertMatch(
      detail,
      /offset 1: it is of log "log.2", the ledger reads "log".*deno task ledger begin/,
    );
    assertEquals(await standsAt(ledger), { source: 8, next: 1 });
    await ledger.transaction(async (tx) => {
      const closed = await closeLog(tx, null, START_MS);
      const [at] = closed!.positions;
      const positions = [{ ...at!, sourceOffset: -1, headerHash: new Uint8Array() }];
      const opening = { id: "log.2", busId, beginsAtMs: 0, positions, adjustmentId: null };
      assertEquals(await openLog(tx, opening, START_MS), true);
    });
    await waitFor(async () => (await standsAt(ledger))?.next === 2, "the new log's share");
    // Of the closed log: one that was counted is dropped, one that was not is kept for people.
    await publishValid(bus, [validShare(8, -1), validShare(9, 8)]);
    await waitFor(async () => (await standsAt(ledger))?.next === 4, "the end");
  });
  assertEquals(await works(ledger), { [address(1)]: 3n });
  const letters = await ledger.ask("SELECT record_offset::int AS at, reason FROM dead_letter");
  assertEquals(letters, [{ at: 3, reason: 'it came when its log "log" was closed at offset 8' }]);
});

Deno.test("a topic that was made again is a fault, whether it is shorter or its records are younger", async () => {
  await using ledger = await openBooks();
  await using bus = await memoryBus();
  await publishValid(bus, [validShare(0, -1), validShare(5, 0)]);
  await withKeeper(
    bus,
    ledger,
    () => waitFor(async () => (await standsAt(ledger))?.next === 2, "the end"),
  );
  const later = { loggedAtMs: START_MS + 3_600_000, headerHash: hashOf(77) };
  await publishValid(bus, [validShare(1, -1, later)]);
  await withKeeper(bus, ledger, async (board) => {
    const { detail } = await waitFor(() => said(board, "payoutd on share.valid/0"), "words");
    assertMatch(detail, /the topic was made again\. .*deno task ledger begin/);
  });
  await ledger.transaction((tx) => tx.query("UPDATE share_position SET next_offset = 9"));
  await withKeeper(bus, ledger, async (board) => {
    const { detail } = await waitFor(() => said(board, "payoutd on share.valid/0"), "words");
    assertMatch(detail, /ends at 3, the ledger has read it up to 9.*deno task ledger begin/);
  });
});

Deno.test("books of another bus are not read on", async () => {
  await using ledger = await openBooks();
  await using first = await memoryBus();
  await publishValid(first, [validShare(0, -1)]);
  await withKeeper(
    first,
    ledger,
    () => waitFor(async () => (await standsAt(ledger))?.next === 1, "the end"),
  );
  await using second = await memoryBus();
  await publishValid(second, [validShare(0, -1, { headerHash: hashOf(9) })]);
  await withKeeper(second, ledger, async (board) => {
    const { detail } = await waitFor(() => said(board, "payoutd on share.valid/0"), "words");
    assertMatch(detail, /is on bus ".*", this one is ".*deno task ledger begin/);
  });
});
