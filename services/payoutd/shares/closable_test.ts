import { assertEquals, assertMatch } from "@std/assert";
import { type Bus, shareSubmissions } from "@gopool/bus";
import { silent } from "@gopool/runtime";
import { FakeClock, waitFor } from "@gopool/testing";
import { closable, type Proof } from "./closable.ts";
import { shareBook } from "@gopool/ledger/shares";
import { createMinuteCloser, type Unsettled } from "./minute_closer.ts";
import { createStatusBoard } from "@gopool/runtime";
import type { FreshLedger } from "@gopool/ledger/fixture";
import {
  address,
  memoryBus,
  onPartition,
  openBooks,
  publishValid,
  said,
  slices,
  standsAt,
  START_MINUTE,
  START_MS,
  validShare,
  withKeeper,
} from "./fixture.ts";

/** Two partitions, with this many submissions on the first, none on the second. */
async function pool(clock: FakeClock, submissions: number): Promise<Bus> {
  const bus = await memoryBus(clock, 2);
  for (let n = 0; n < submissions; n++) await submit(bus);
  return bus;
}

async function submit(bus: Bus): Promise<void> {
  await bus.publish(shareSubmissions, [onPartition(Uint8Array.of(1))]);
}

/** As shareproc commits: what it does with them is not this test's matter. */
async function judge(bus: Bus, upTo: number): Promise<void> {
  const stop = new AbortController();
  const judging = bus.consume(shareSubmissions, {
    group: "shareproc",
    batchMax: 1,
    signal: stop.signal,
  }, async ({ partition, messages }, signal) => {
    if (partition !== 0 || messages[0]!.offset < upTo) return;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    throw new Error("no further");
  });
  await waitFor(async () => (await bus.committed(shareSubmissions, "shareproc"))[0] === upTo, "it");
  stop.abort();
  await judging;
}

const ask = (bus: Bus, ledger: FreshLedger, minute: number) =>
  ledger.transaction((tx) => closable(bus, tx, minute));

Deno.test("a minute is closable once all before it is judged and applied", async () => {
  await using ledger = await openBooks();
  const clock = new FakeClock();
  await using bus = await pool(clock, 2);
  await clock.advance(60_000);
  await submit(bus);
  const next = START_MINUTE + 1;
  const first = await ask(bus, ledger, next);
  assertMatch(String(first), /share.submissions\/0 is judged up to offset 0, the minute needs 2/);
  await publishValid(bus, [validShare(0, -1), validShare(1, 0)]);
  await judge(bus, 1);
  assertMatch(String(await ask(bus, ledger, next)), /judged up to offset 1, the minute needs 2/);
  await judge(bus, 2);
  assertMatch(
    String(await ask(bus, ledger, next)),
    /share.valid\/0 is applied up to offset 0, the minute needs 2/,
  );
  await withKeeper(
    bus,
    ledger,
    () => waitFor(async () => (await standsAt(ledger))?.next === 2, "the end"),
  );
  const proof = await ask(bus, ledger, next) as Proof;
  assertEquals(proof.cuts, [
    { partition: 0, submissions: 2, valid: 2 },
    { partition: 1, submissions: 0, valid: 0 },
  ]);
  // The next minute holds a submission that is not judged.
  assertMatch(String(await ask(bus, ledger, next + 1)), /the minute needs 3/);
});

Deno.test("a pool where nothing was ever submitted is closable at any time", async () => {
  await using ledger = await openBooks();
  await using bus = await pool(new FakeClock(), 0);
  assertEquals((await ask(bus, ledger, START_MINUTE) as Proof).cuts.length, 2);
});

Deno.test("positions on another bus prove nothing", async () => {
  await using ledger = await openBooks();
  await using old = await pool(new FakeClock(), 0);
  await publishValid(old, [validShare(0, -1)]);
  await withKeeper(
    old,
    ledger,
    () => waitFor(async () => (await standsAt(ledger))?.next === 1, "the end"),
  );
  await using bus = await pool(new FakeClock(), 0);
  assertMatch(
    String(await ask(bus, ledger, START_MINUTE)),
    /is on another bus.*deno task ledger begin/,
  );
});

/** Runs the closer by a fake clock while `work` goes on. */
async function withCloser(
  bus: Bus,
  ledger: FreshLedger,
  clock: FakeClock,
  work: (board: ReturnType<typeof createStatusBoard>) => Promise<void>,
  unsettled: Unsettled = { kind: "none" },
): Promise<void> {
  const stop = new AbortController();
  const board = createStatusBoard(clock);
  const running = createMinuteCloser({
    bus,
    ledger,
    clock,
    log: silent,
    board,
    unsettled: () => Promise.resolve(unsettled),
  }).run(stop.signal);
  try {
    await Promise.race([work(board), running.then(() => Promise.reject(new Error("it ended")))]);
  } finally {
    stop.abort();
    await running;
  }
}

const book = (ledger: FreshLedger) => ledger.transaction(shareBook);

/** Until the condition holds, fake time passes: the database answers in real time. */
const passing = (clock: FakeClock, condition: () => Promise<boolean>, what: string) =>
  waitFor(async () => {
    if (await condition()) return true;
    await clock.advance(5_000);
    return false;
  }, what);

Deno.test("minutes are closed two minutes after their end, also where nobody mines", async () => {
  await using ledger = await openBooks();
  const clock = new FakeClock();
  await using bus = await pool(clock, 0);
  await withCloser(bus, ledger, clock, async () => {
    await passing(
      clock,
      async () => (await book(ledger)).firstOpenMinute > START_MINUTE,
      "closing",
    );
    const closedBefore = (await book(ledger)).firstOpenMinute;
    assertEquals(clock.now() >= closedBefore * 60_000 + 120_000, true);
    // Hours without shares are jumped over.
    await passing(
      clock,
      async () => (await book(ledger)).firstOpenHour >= Math.floor(START_MINUTE / 60),
      "hours",
    );
  });
});

Deno.test("what minutes wait for stands on the board when it lasts, and goes when they are closed", async () => {
  await using ledger = await openBooks();
  const clock = new FakeClock();
  await using bus = await pool(clock, 1);
  await withCloser(bus, ledger, clock, async (board) => {
    const part = () => said(board, "payoutd/minutes");
    await passing(
      clock,
      () => Promise.resolve(part()?.health === "degraded"),
      "a word on the board",
    );
    assertMatch(
      part()!.detail,
      /No minute can be closed.*share.submissions\/0 is judged up to offset 0/,
    );
    await publishValid(bus, [validShare(0, -1, { work: 9n })]);
    await judge(bus, 1);
    await passing(
      clock,
      () => Promise.resolve(part()!.detail.includes("share.valid/0 is applied up to offset 0")),
      "what it waits for next",
    );
    assertEquals((await book(ledger)).firstOpenMinute <= START_MINUTE, true);
    await withKeeper(
      bus,
      ledger,
      () => waitFor(async () => (await standsAt(ledger))?.next === 1, "the end"),
      { clock },
    );
    await passing(clock, () => Promise.resolve(part()!.health === "ok"), "a clean board");
  });
  assertEquals(await ledger.ask("SELECT minute, work::int FROM slice_total"), [
    { minute: START_MINUTE, work: 9 },
  ]);
  assertEquals((await slices(ledger)).length, 1);
});

const DAY = 24 * 60;
for (
  const [unsettled, kept] of [
    [{ kind: "none" }, "no block"],
    [{ kind: "since", minute: START_MINUTE + 2 * DAY }, "a block of the second day"],
    [{ kind: "unknown" }, "blocks that nobody knows of yet"],
  ] as const
) {
  Deno.test(`slices of minutes are dropped after eight days, as far as ${kept} may need them`, async () => {
    await using ledger = await openBooks();
    const clock = new FakeClock();
    await using bus = await pool(clock, 0);
    // A share an hour for three days.
    const shares = Array.from({ length: 72 }, (_, hour) =>
      validShare(hour, hour - 1, {
        work: 1n,
        account: address(hour % 3),
        loggedAtMs: START_MS + hour * 3_600_000,
      }));
    await publishValid(bus, shares);
    await withKeeper(
      bus,
      ledger,
      () => waitFor(async () => (await standsAt(ledger))?.next === 72, "the end"),
      { clock },
    );
    clock.stepWall(12 * DAY * 60_000);
    await withCloser(bus, ledger, clock, async () => {
      const left = { none: 0, since: 72, unknown: 72 }[unsettled.kind];
      const settled = async () => {
        const rows = (await slices(ledger)).length;
        const { firstOpenHour } = await book(ledger);
        // It sleeps only when it has dropped what it may.
        const done = firstOpenHour >= Math.floor(START_MINUTE / 60) + 11 * 24 && clock.sleepers > 0;
        return rows === left && done;
      };
      await passing(clock, settled, `${left} slices that are left`);
    }, unsettled);
    const [hours] = await ledger.ask(
      "SELECT count(*)::int AS rows, sum(work)::int AS work FROM slice_hour",
    );
    assertEquals(hours, { rows: 72, work: 72 });
  });
}

Deno.test("workers are known with when they were last seen, and forgotten after a month", async () => {
  await using ledger = await openBooks();
  const clock = new FakeClock();
  await using bus = await pool(clock, 0);
  const at = (loggedAtMs: number) => ({ loggedAtMs });
  await publishValid(bus, [
    validShare(0, -1, at(START_MS)),
    validShare(1, 0, at(START_MS + 5_000)),
    validShare(2, 1, { worker: "with a \0 in it", ...at(START_MS + 6_000) }),
  ]);
  const workers = () =>
    ledger.ask("SELECT name, (last_seen_ms - $1)::int AS seen FROM worker ORDER BY 1", [START_MS]);
  await withKeeper(bus, ledger, async () => {
    await waitFor(async () => (await standsAt(ledger))?.next === 3, "the first");
    assertEquals(await workers(), [
      { name: "rig", seen: 5_000 },
      { name: "with a \ufffd in it", seen: 6_000 },
    ]);
    // Not written again within a minute of this process's time.
    await publishValid(bus, [validShare(3, 2, at(START_MS + 9_000))]);
    await waitFor(async () => (await standsAt(ledger))?.next === 4, "the second");
    assertEquals((await workers())[0], { name: "rig", seen: 5_000 });
    await clock.advance(60_000);
    await publishValid(bus, [validShare(4, 3, at(START_MS + 70_000))]);
    await waitFor(async () => (await standsAt(ledger))?.next === 5, "the third");
    assertEquals((await workers())[0], { name: "rig", seen: 70_000 });
  }, { clock });
  clock.stepWall(30 * DAY * 60_000);
  await withCloser(
    bus,
    ledger,
    clock,
    () =>
      passing(clock, async () => (await workers()).length === 1, "one that is left")
        .then(() => {}),
  );
});
