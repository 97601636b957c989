/**
 * The books against a reference of a few lines: whatever happens, in whatever order, with whatever failing in between,
 * everybody's balance is what it should be. `GOPOOL_TEST_FUZZ_FACTOR=100` runs a hundred times more histories.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { CHECKS } from "@gopool/ledger/books_tools";
import { freshLedger } from "@gopool/ledger/fixture";
import fc from "@gopool/testing/fc";
import { History, sixteenths, step, WINDOW } from "./model/histories_fixture.ts";
import { assertMoneyAddsUp } from "./model/public_money_fixture.ts";
import { lastParts, splitAmong } from "./model/reference_fixture.ts";
import { inFreshBooks, MATURITY, NETWORK, WINDOW_THOUSANDTHS } from "./model/world_fixture.ts";
import { ACCOUNTS, BITS, history, settle, value } from "@gopool/ledger/rewards/fixture";
import { schemeOf } from "@gopool/ledger/rewards";

const FACTOR = Number(Deno.env.get("GOPOOL_TEST_FUZZ_FACTOR") ?? 1);
const SPLITS = 3_000;
const HISTORIES = 8;
const STEPS_MIN = 60;
const STEPS_MAX = 160;

Deno.test("thousands of blocks, each after other shares, are split as the reference splits them", () => {
  const EASY = [0x201f_ffff, 0x200f_ffff];
  const basisPoints = fc.oneof(fc.constantFrom(0, 50, 100, 10_000), fc.nat(10_000));
  const found = fc.record({
    minute: fc.nat(20),
    minuteBefore: fc.option(fc.nat(20)),
    finder: fc.constantFrom(...ACCOUNTS),
    value,
  });
  const names = fc.constantFrom("pplns", "prop", "solo");
  fc.assert(
    fc.property(found, history(20), names, basisPoints, basisPoints, (found, all, name, f, d) => {
      const done = all.map((one) => ({
        ...one,
        nbits: EASY[BITS.indexOf(one.nbits as typeof BITS[number]) % 2]!,
      }));
      const rates = { feeBasisPoints: f, donationBasisPoints: d };
      const split = settle(found, done, {
        scheme: schemeOf(name as "pplns"),
        params: { windowThousandths: WINDOW_THOUSANDTHS },
        rates: new Map(ACCOUNTS.map((account) => [account, rates])),
      });
      const since = name === "prop" ? found.minuteBefore ?? 0 : 0;
      const parts = done.filter(({ minute }) => minute >= since).map(({ nbits, work, ...one }) => ({
        ...one,
        parts: sixteenths(nbits, work),
      }));
      const weights = name === "solo"
        ? new Map()
        : lastParts(parts, found.minute, name === "pplns" ? WINDOW : null);
      if (weights.size === 0) weights.set(found.finder, 1n);
      const wanted = splitAmong(found.value, weights, BigInt(f), BigInt(d));
      // Where nothing is left for the accounts, a satoshi of flooring is the fee's: README.md of the ledger's rewards.
      if (f === 10_000 || d === 10_000) return;
      const given = new Map([["fee", split.feeSats], ["donation", split.donationSats]]);
      for (const { account, sats } of split.credits) given.set(account, sats);
      assertEquals([...given].sort(), [...wanted].sort());
    }),
    { numRuns: SPLITS * FACTOR },
  );
});

Deno.test("whatever happens to shares, blocks and payments, balances are the reference's and verify is content", async () => {
  await using ledger = await freshLedger();
  const steps = fc.array(step, { minLength: STEPS_MIN, maxLength: STEPS_MAX, size: "max" });
  const happened = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(steps, (steps) =>
      inFreshBooks(ledger, async (tx) => {
        const history = new History(tx);
        for (const [at, step] of steps.entries()) {
          try {
            await history.step(step);
            await history.check();
            if (at % 10 === 0) await assertMoneyAddsUp(tx);
          } catch (error) {
            throw new Error(`at step ${at}, ${step.what}`, { cause: error });
          }
        }
        await assertMoneyAddsUp(tx);
        for (const check of CHECKS) {
          assertEquals(await check.find(tx, { network: NETWORK, maturity: MATURITY }), []);
        }
        const kinds = await tx.query<{ kind: string; count: bigint }>(
          "SELECT kind, count(*) AS count FROM transfer GROUP BY kind",
        );
        for (const { kind, count } of kinds) {
          happened.set(kind, (happened.get(kind) ?? 0) + Number(count));
        }
      })),
    { numRuns: HISTORIES * FACTOR, endOnFailure: true },
  );
  // Enough of everything: else the histories would prove little.
  for (const kind of ["credit", "maturity", "reversal", "payout", "payout_confirmed", "pps"]) {
    assert((happened.get(kind) ?? 0) > 0, `${kind} in ${JSON.stringify([...happened])}`);
  }
  if (FACTOR > 1) console.log(Object.fromEntries(happened));
});
