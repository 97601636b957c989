/** That estimates are payoutd's own to the satoshi is tests/contract/public_books_test.ts. */
import { assert, assertEquals } from "@std/assert";
import { canonicalAddress } from "@gopool/chain";
import { accountsOf, type Ledger, LedgerUnavailable } from "@gopool/ledger";
import { type FreshLedger, freshLedger } from "@gopool/ledger/fixture";
import { noteFee, openFees, openSchedule } from "@gopool/ledger/schemes";
import { closeThrough, minuteOf } from "@gopool/ledger/shares";
import { FakeClock, settle, waitFor } from "@gopool/testing";
import { Estimates } from "./estimates.ts";
import {
  ESTIMATE_FRESH_MS,
  ESTIMATE_LOOK_MS,
  ESTIMATE_SHOWN_MS,
  ESTIMATE_WANTED_MS,
} from "./limits.ts";

const address = (n: number) =>
  canonicalAddress(Uint8Array.from([0x00, 0x14, ...new Array(20).fill(n)]), "regtest")!;
const NBITS = 0x200f_ffff;

/** Books under PPLNS with work of some miners in the minute before now. */
async function worked(ledger: FreshLedger, clock: FakeClock, work: Record<number, bigint>) {
  const minute = minuteOf(clock.now());
  await ledger.transaction(async (tx) => {
    await openSchedule(tx, { scheme: "pplns", params: { windowThousandths: 4_000 } }, 0);
    await openFees(tx, { feeBasisPoints: 100, donationBasisPoints: 0 }, 0);
    const miners = Object.entries(work);
    const ids = await accountsOf(tx, miners.map(([n]) => address(Number(n))));
    for (const [i, [, units]] of miners.entries()) {
      await tx.query(
        `INSERT INTO slice_minute (subsidy, minute, account_id, nbits, scheme, shares, work)
         VALUES (0, $1, $2, $3, 'pplns', 1, $4)`,
        [minute - 1, ids[i], NBITS, units],
      );
    }
    await closeThrough(tx, minute - 1);
  }, { money: true });
}

const knowsChain = (ledger: FreshLedger) =>
  ledger.transaction((tx) => noteFee(tx, { height: 100, hash: new Uint8Array(32), fees: 0n }));

/** Counts what is asked of the books, and fails when told to. */
function counted(ledger: Ledger) {
  const counts = { asked: 0, answered: 0, away: false };
  const transaction: Ledger["transaction"] = async (work, options) => {
    counts.asked++;
    if (counts.away) throw new LedgerUnavailable("away", false);
    const answer = await ledger.transaction(work, options);
    counts.answered++;
    return answer;
  };
  return { counts, transaction };
}

Deno.test("many who ask at once have the window reckoned once, and for a while nobody again", async () => {
  await using ledger = await freshLedger();
  const clock = new FakeClock();
  await worked(ledger, clock, { 2: 1n, 3: 3n });
  await knowsChain(ledger);
  const { counts, transaction } = counted(ledger);
  const estimates = new Estimates({ ledger: { transaction }, clock, network: "regtest" });
  const told = await Promise.all([2, 3, 4].map((n) => estimates.of(address(n))));
  assertEquals(counts.asked, 1);
  assertEquals(told.map((one) => one!.windowShare), [0.25, 0.75, 0]);
  // 50 coins less 1 %.
  assertEquals(told.map((one) => one!.rewardSats), [1_237_500_000n, 3_712_500_000n, 0n]);
  assertEquals(told[0]!.asOfMs, minuteOf(clock.now()) * 60_000);
  await clock.advance(ESTIMATE_FRESH_MS - 1);
  await estimates.of(address(2));
  assertEquals(counts.asked, 1);
  await clock.advance(1);
  await estimates.of(address(2));
  assertEquals(counts.asked, 2);
});

Deno.test("kept fresh it is renewed for as long as somebody asks, and nobody waits for a ledger that is away", async () => {
  await using ledger = await freshLedger();
  const clock = new FakeClock();
  await worked(ledger, clock, { 2: 1n });
  await knowsChain(ledger);
  const { counts, transaction } = counted(ledger);
  const estimates = new Estimates({ ledger: { transaction }, clock, network: "regtest" });
  const stop = new AbortController();
  const running = estimates.keepFresh(stop.signal);
  // Before anybody has asked: the first visitor is expected.
  await waitFor(() => counts.answered === 1, "the first reckoning");
  await settle();
  assert((await estimates.of(address(2)))!.rewardSats > 0n);
  assertEquals(counts.asked, 1);
  await waitFor(async () => {
    await clock.advance(ESTIMATE_LOOK_MS);
    return counts.asked > 1;
  }, "the next reckoning to begin");
  // No time passes by the clock while the server works: else what it answers would look newer than it is.
  await waitFor(() => counts.answered === counts.asked, "the next reckoning");
  await settle();
  counts.away = true;
  await clock.advance(ESTIMATE_FRESH_MS * 2);
  assert((await estimates.of(address(2)))!.rewardSats > 0n, "what was reckoned before is shown");
  // For ten minutes nobody asks.
  await clock.advance(ESTIMATE_WANTED_MS + ESTIMATE_LOOK_MS);
  await settle();
  const before = counts.asked;
  await clock.advance(ESTIMATE_WANTED_MS);
  assertEquals(counts.asked, before);
  assert(ESTIMATE_SHOWN_MS > ESTIMATE_FRESH_MS);
  const away = await estimates.of(address(2)).catch((error) => error);
  assert(away instanceof LedgerUnavailable, "it is too old to be shown");
  stop.abort();
  await running;
});

Deno.test("where the books have no schedule, or have seen no block of the chain, there is nothing to tell", async () => {
  await using ledger = await freshLedger();
  const clock = new FakeClock();
  const estimates = new Estimates({ ledger, clock, network: "regtest" });
  await knowsChain(ledger);
  assertEquals(await estimates.of(address(2)), null);
  await ledger.ask("DELETE FROM chain_fee");
  await worked(ledger, clock, { 2: 1n });
  assertEquals(await estimates.of(address(2)), null);
  await knowsChain(ledger);
  assert((await estimates.of(address(2)))!.rewardSats > 0n);
});
