import { assertEquals } from "@std/assert";
import { waitFor } from "@gopool/testing";
import {
  address,
  memoryBus,
  NBITS,
  openBooks,
  publishValid,
  slices,
  standsAt,
  START_MINUTE,
  START_MS,
  validShare,
  withKeeper,
} from "./fixture.ts";

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
  assertEquals(
    await slices(ledger),
    [of(1, 0, 2, 12n), of(2, 0, 1, 1n << 70n), of(1, 1, 1, 11n)].sort((a, b) =>
      a.minute - b.minute || (a.account < b.account ? -1 : 1)
    ),
  );
  assertEquals(await standsAt(ledger), { source: 9, next: 4 });
});
