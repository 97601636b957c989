import { assertEquals, assertMatch } from "@std/assert";
import { waitFor } from "@gopool/testing";
import { closeThrough } from "@gopool/ledger/shares";
import {
  address,
  memoryBus,
  NBITS,
  openBooks,
  publishValid,
  said,
  slices,
  standsAt,
  START_MINUTE,
  START_MS,
  validShare,
  withKeeper,
  works,
} from "./fixture.ts";
import { FlakyLedger, messagesOf, Reading } from "./histories_fixture.ts";

Deno.test("shares are summed up by account and minute, and the position moves with them", async () => {
  await using ledger = await openBooks();
  await using bus = await memoryBus();
  await publishValid(bus, [
    validShare(0, -1, { work: 5n }),
    validShare(3, 0, { work: 7n }),
    validShare(4, 3, { work: 1n << 70n, account: address(2) }),
    validShare(9, 4, { work: 11n, loggedAtMs: START_MS + 60_000 }),
  ]);
  await withKeeper(bus, ledger, async () => {
    await waitFor(async () => (await standsAt(ledger))?.next === 4, "the end of share.valid");
  });
  const of = (account: number, minute: number, shares: number, work: bigint) => ({
    minute: START_MINUTE + minute,
    scheme: "pplns",
    account: address(account),
    nbits: NBITS,
    subsidy: 0n,
    shares,
    work,
  });
  assertEquals(await slices(ledger), [of(1, 0, 2, 12n), of(2, 0, 1, 1n << 70n), of(1, 1, 1, 11n)]);
  assertEquals(await standsAt(ledger), { source: 9, next: 4 });
  // Another start reads on, and finds everything counted.
  await publishValid(bus, [validShare(3, 0, { work: 7n }), validShare(10, 9, { work: 1n })]);
  await withKeeper(bus, ledger, async () => {
    await waitFor(async () => (await standsAt(ledger))?.next === 6, "the end of share.valid");
  });
  assertEquals((await works(ledger))[address(1)], 12n + 11n + 1n);
});

Deno.test("a ledger that is away is waited for, said on the board, and loses and doubles nothing", async () => {
  await using ledger = await openBooks();
  await using bus = await memoryBus();
  await using flaky = new FlakyLedger(ledger);
  await withKeeper(bus, flaky, async (board) => {
    await publishValid(bus, [validShare(0, -1, { work: 1n })]);
    await waitFor(async () => (await standsAt(ledger))?.source === 0, "the first share");
    for (const [n, fate] of (["refused", "unknown"] as const).entries()) {
      flaky.fate = fate;
      await publishValid(bus, [validShare(n + 1, n, { work: 1n })]);
      const { detail, health } = await waitFor(
        () => said(board, "payoutd on share.valid/0"),
        "words about the ledger",
      );
      assertEquals(health, "down");
      assertMatch(detail, /it went away, as the test wants it/);
      flaky.fate = "well";
      await waitFor(() => said(board, "payoutd on share.valid/0") === undefined, "its return");
    }
    await waitFor(async () => (await standsAt(ledger))?.source === 2, "the end");
  });
  assertEquals(await works(ledger), { [address(1)]: 3n });
});

Deno.test("a ledger that was put back to an earlier day is read to from there again", async () => {
  await using ledger = await openBooks();
  await using bus = await memoryBus();
  const shares = [0, 1, 2, 3].map((o) => validShare(o, o - 1, { work: 1n }));
  await publishValid(bus, shares);
  await withKeeper(bus, ledger, async () => {
    await waitFor(async () => (await standsAt(ledger))?.source === 3, "the end");
    await ledger.transaction(async (tx) => {
      await tx.query("DELETE FROM slice_minute");
      await tx.query(
        "UPDATE share_position SET source_offset = -1, next_offset = 0, header_hash = ''",
      );
    });
    await publishValid(bus, [validShare(4, 3, { work: 1n })]);
    await waitFor(async () => (await standsAt(ledger))?.source === 4, "the end again");
  });
  assertEquals(await works(ledger), { [address(1)]: 5n });
});

Deno.test("a share of a closed minute counts in the first open one, and stands as late", async () => {
  await using ledger = await openBooks();
  await using bus = await memoryBus();
  await publishValid(bus, [validShare(0, -1, { work: 1n })]);
  await withKeeper(bus, ledger, async () => {
    await waitFor(async () => (await standsAt(ledger))?.source === 0, "the first share");
    await ledger.transaction((tx) => closeThrough(tx, START_MINUTE + 4));
    await publishValid(bus, [
      validShare(1, 0, { work: 2n }),
      validShare(2, 1, { work: 4n, loggedAtMs: START_MS + 4 * 60_000 }),
      validShare(3, 2, { work: 8n, loggedAtMs: START_MS + 5 * 60_000 }),
    ]);
    await waitFor(async () => (await standsAt(ledger))?.source === 3, "the end");
  });
  assertEquals(
    (await slices(ledger)).map(({ minute, work, shares }) => ({ minute, work, shares })),
    [
      { minute: START_MINUTE, work: 1n, shares: 1 },
      { minute: START_MINUTE + 5, work: 14n, shares: 3 },
    ],
  );
  assertEquals(
    await ledger.ask(
      "SELECT source_offset::int AS at, logged_minute, minute FROM late_share ORDER BY 1",
    ),
    [
      { at: 1, logged_minute: START_MINUTE, minute: START_MINUTE + 5 },
      { at: 2, logged_minute: START_MINUTE + 4, minute: START_MINUTE + 5 },
    ],
  );
  assertEquals(await ledger.ask("SELECT minute, work::int FROM slice_total"), [
    { minute: START_MINUTE, work: 1 },
  ]);
});

Deno.test("of two payoutd on one partition the second finds what the first has counted, and goes on alone", async () => {
  await using ledger = await openBooks();
  await using bus = await memoryBus();
  await publishValid(bus, [0, 1, 2, 3, 4, 5].map((o) => validShare(o, o - 1, { work: 1n })));
  const messages = await messagesOf(bus);
  const [first, second] = [0, 1].map(() => new Reading(bus, ledger, messages));
  const well = (batch: number) => ({ batch, fate: "well", statement: 0 }) as const;
  // Both stand at the beginning when the first of them moves.
  await second!.step(well(0));
  await first!.step(well(3));
  while (!second!.done) await second!.step(well(1));
  assertEquals(await works(ledger), { [address(1)]: 6n });
  assertEquals(await standsAt(ledger), { source: 5, next: 6 });
});
