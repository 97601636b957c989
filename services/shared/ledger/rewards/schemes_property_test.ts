/**
 * What holds for every scheme, whatever is worked and found.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import fc from "@gopool/testing/fc";
import { windowOf } from "./basis.ts";
import {
  ACCOUNTS,
  claimsTo,
  type Done,
  type Found,
  history,
  type InForce,
  NO_RATES,
  ratesOfAll,
  settle,
  sumsIn,
  value,
} from "./history_fixture.ts";
import { type BlockSplit, schemeOf, splitBlock } from "./mod.ts";
import { weightsOf } from "./weights.ts";

const MINUTES = 20;
const NAMES = ["pplns", "solo", "pps", "fpps", "prop"] as const;

const found: fc.Arbitrary<Found> = fc.record({
  minute: fc.nat(MINUTES),
  minuteBefore: fc.option(fc.nat(MINUTES)),
  finder: fc.option(fc.constantFrom(...ACCOUNTS)),
  value,
}).map((one) => ({
  ...one,
  minuteBefore: one.minuteBefore === null ? null : Math.min(one.minuteBefore, one.minute),
}));

const params = fc.record({ windowThousandths: fc.integer({ min: 1, max: 100_000 }) });

const inForce = (name: typeof NAMES[number]): fc.Arbitrary<InForce> =>
  fc.record({ scheme: fc.constant(schemeOf(name)), params, rates: ratesOfAll });

function total(split: BlockSplit): bigint {
  const { credits, feeSats, donationSats, reserveSats, unclaimedSats } = split;
  return credits.reduce(
    (sum, { sats }) => sum + sats,
    feeSats + donationSats + reserveSats + unclaimedSats,
  );
}

const creditOf = ({ credits }: BlockSplit, account: string) =>
  credits.find((credit) => credit.account === account)?.sats ?? 0n;

/** The same work in two halves, as two batches bring it. */
const halved = (done: readonly Done[]): Done[] =>
  done.flatMap((one) =>
    one.work === 1n ? [one] : [
      { ...one, work: one.work / 2n },
      { ...one, work: one.work - one.work / 2n },
    ]
  );

for (const name of NAMES) {
  Deno.test(`${name}: credits, fee, donation, reserve and unclaimed add up to the block, none below 0`, () => {
    fc.assert(fc.property(found, history(MINUTES), inForce(name), (found, done, inForce) => {
      const split = settle(found, done, inForce);
      assertEquals(total(split), found.value);
      const { credits, feeSats, donationSats, reserveSats, unclaimedSats } = split;
      const all = [feeSats, donationSats, reserveSats, unclaimedSats];
      for (const { sats } of credits) all.push(sats);
      assertEquals(all.some((sats) => sats < 0n), false);
    }));
  });

  Deno.test(`${name}: neither the order of shares nor their batches change a split`, () => {
    const shuffled = history(MINUTES).chain((done) =>
      fc.tuple(
        fc.constant(done),
        fc.shuffledSubarray(halved(done), { minLength: halved(done).length }),
      )
    );
    fc.assert(fc.property(found, shuffled, inForce(name), (found, [done, other], inForce) => {
      assertEquals(settle(found, other, inForce), settle(found, done, inForce));
    }));
  });

  Deno.test(`${name}: shares of the minute of T and later change nothing`, () => {
    fc.assert(fc.property(found, history(MINUTES), inForce(name), (found, done, inForce) => {
      const before = done.filter(({ minute }) => minute < found.minute);
      assertEquals(settle(found, before, inForce), settle(found, done, inForce));
    }));
  });

  Deno.test(`${name}: more work is never paid less, but for a satoshi that rounding moves`, () => {
    const more = fc.record({ which: fc.nat(), work: fc.bigInt(1n, 1n << 41n) });
    fc.assert(
      fc.property(found, history(MINUTES), inForce(name), more, (found, done, given, more) => {
        if (done.length === 0) return;
        // Everybody at the same rates: the sums of fees are then the same.
        const [rate = NO_RATES] = given.rates.values();
        const inForce = { ...given, rates: new Map(ACCOUNTS.map((one) => [one, rate])) };
        const which = more.which % done.length;
        const { account } = done[which]!;
        const grown = done.with(which, { ...done[which]!, work: done[which]!.work + more.work });
        const was = creditOf(settle(found, done, inForce), account);
        assertEquals(creditOf(settle(found, grown, inForce), account) >= was - 1n, true);
      }),
    );
  });

  Deno.test(`${name}: what is stored with a block gives its split again`, () => {
    fc.assert(fc.property(found, history(MINUTES), inForce(name), (found, done, inForce) => {
      const claims = claimsTo(found, done, inForce);
      const split = splitBlock(found.value, claims);
      const basis = JSON.parse(JSON.stringify(claims.basis)) as typeof claims.basis;
      assertEquals(basis, claims.basis);
      const window = windowOf(basis);
      const weights = basis.goes !== "accounts"
        ? []
        : basis.by === "finder"
        ? [{ account: basis.finder!, weight: 1n }]
        : weightsOf(window!, sumsIn(done, window!));
      assertEquals(String(weights.reduce((sum, { weight }) => sum + weight, 0n)), basis.weight);
      const again = weights.map((one) => ({ ...one, ...inForce.rates.get(one.account)! }));
      assertEquals(splitBlock(found.value, { ...claims, weights: again }), split);
    }));
  });
}
