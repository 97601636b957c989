import { assertEquals, assertMatch } from "@std/assert";
import { waitFor } from "@gopool/testing";
import {
  address,
  memoryBus,
  openBooks,
  publishValid,
  said,
  standsAt,
  validShare,
  withKeeper,
  works,
} from "./fixture.ts";

Deno.test("an unreadable record that nobody names is passed and kept; one that a later record names is a gap", async () => {
  await using ledger = await openBooks();
  await using bus = await memoryBus();
  const junk = Uint8Array.of(0xff, 0x01);
  await publishValid(bus, [validShare(0, -1, { work: 1n }), junk, validShare(2, 0, { work: 1n })]);
  await withKeeper(bus, ledger, async (board) => {
    await waitFor(async () => (await standsAt(ledger))?.next === 3, "the end");
    const { health, detail } = said(board, "payoutd/shares/0 not counted")!;
    assertEquals(health, "degraded");
    assertMatch(detail, /1 records cannot be counted/);
    // In place of the share at 4.
    await publishValid(bus, [junk, validShare(5, 4, { work: 1n })]);
    const gap = await waitFor(() => said(board, "payoutd/shares/0"), "the gap on the board");
    assertMatch(gap.detail, /--from 3$/);
  });
  assertEquals(await works(ledger), { [address(1)]: 2n });
  const letters = await ledger.ask<{ at: number; value: Uint8Array; reason: string }>(
    "SELECT record_offset::int AS at, value, reason FROM dead_letter ORDER BY 1",
  );
  assertEquals(letters.map(({ at, value }) => ({ at, value })), [
    { at: 1, value: junk },
    { at: 3, value: junk },
  ]);
  assertMatch(letters[0]!.reason, /^Cannot read a share of 2 bytes/);
});

Deno.test("a share that cannot be credited is kept with the reason, and the chain goes on over it", async () => {
  await using ledger = await openBooks();
  await using bus = await memoryBus();
  const bad = [
    { account: "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4" },
    { account: "" },
    { account: address(1).toUpperCase() },
    { work: 0n },
    { nbits: 0xff00_0001 },
    { verdict: 2 },
    { loggedAtMs: 0 },
  ];
  await publishValid(bus, [
    validShare(0, -1, { work: 1n }),
    ...bad.map((change, i) => validShare(i + 1, i, change)),
    validShare(bad.length + 1, bad.length, { work: 1n }),
  ]);
  await withKeeper(
    bus,
    ledger,
    () => waitFor(async () => (await standsAt(ledger))?.source === bad.length + 1, "the end"),
  );
  assertEquals(await works(ledger), { [address(1)]: 2n });
  const [{ count }] = await ledger.ask<{ count: bigint }>("SELECT count(*) FROM dead_letter") as [
    never,
  ];
  assertEquals(Number(count), bad.length);
});

Deno.test("shares of another pool are passed and counted, the first is kept", async () => {
  await using ledger = await openBooks();
  await using bus = await memoryBus();
  const other = { pool: "other", account: "not ours to judge" };
  await publishValid(bus, [
    validShare(0, -1, { work: 1n }),
    validShare(1, 0, other),
    validShare(2, 1, other),
    validShare(3, 2, { work: 1n }),
  ]);
  await withKeeper(bus, ledger, async (board) => {
    await waitFor(async () => (await standsAt(ledger))?.source === 3, "the end");
    assertMatch(
      said(board, "payoutd/shares/0 not counted")!.detail,
      /2 shares are of another pool/,
    );
  });
  assertEquals(await works(ledger), { [address(1)]: 2n });
  assertEquals(
    await ledger.ask("SELECT shares::int, foreign_shares::int FROM share_position"),
    [{ shares: 2, foreign_shares: 2 }],
  );
  assertEquals(await ledger.ask("SELECT record_offset::int AS at FROM dead_letter"), [{ at: 1 }]);
});
