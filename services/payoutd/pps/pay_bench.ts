/**
 * A minute of PPS with 10,000 accounts, from its slices to balances.
 *
 * Run: deno bench -P=tests services/payoutd/pps (with a server: GOPOOL_TEST_POSTGRES).
 *
 * Budget: 2 s of the 60 that a minute has, so that who comes back after a day is through in an hour. Asserts first that the minute is
 * paid to the satoshi.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { freshLedger } from "@gopool/ledger/fixture";
import { openFees, openSchedule } from "@gopool/ledger/schemes";
import { payMinute } from "./pay.ts";
import { EIGHT, MINUTE, money, NOW_MS, params, SUBSIDY, work } from "./pps_fixture.ts";

const ACCOUNTS = 10_000;
const MINUTES = 4;
const BUDGET_MS = 2_000;

Deno.bench(
  `pay ${ACCOUNTS} accounts for a minute`,
  { n: 1, warmup: 0 },
  async () => {
    await using ledger = await freshLedger();
    await ledger.transaction(async (tx) => {
      await openSchedule(tx, { scheme: "pps", params }, 0);
      await openFees(tx, { feeBasisPoints: 100, donationBasisPoints: 0 }, 0);
    }, money);
    const done = Array.from({ length: ACCOUNTS }, (_, n) => ({
      account: `bcrt1q${String(n).padStart(38, "0")}`,
      work: 1n + BigInt(n % 3),
      nbits: EIGHT,
      subsidy: SUBSIDY,
    }));
    const earned = done.reduce((sum, one) => sum + one.work * SUBSIDY / 8n * 99n / 100n, 0n);
    let bestMs = Infinity;
    for (let minute = MINUTE; minute < MINUTE + MINUTES; minute++) {
      await work(ledger, minute, ...done);
      const startedMs = performance.now();
      const paid = await ledger.transaction((tx) => payMinute(tx, NOW_MS), money);
      bestMs = Math.min(bestMs, performance.now() - startedMs);
      assertEquals(paid, { kind: "paid", minute, sats: earned });
    }
    console.log(`\n${bestMs.toFixed(0)} ms for ${ACCOUNTS} accounts (budget ${BUDGET_MS} ms)`);
    assert(bestMs <= BUDGET_MS);
  },
);
