import { assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { rates, value } from "./history_fixture.ts";
import { splitValue } from "./split.ts";
import { BASIS_POINTS, type Split, type Weight } from "./types.ts";

const at = (account: string, weight: bigint, fee = 0, donation = 0): Weight => ({
  account,
  weight,
  feeBasisPoints: fee,
  donationBasisPoints: donation,
});

const satsOf = ({ credits }: Split) => credits.map(({ sats }) => sats);

const total = ({ credits, feeSats, donationSats }: Split) =>
  credits.reduce((sum, { sats }) => sum + sats, feeSats + donationSats);

/** Up to 30 accounts; equal weights are common. */
const weights: fc.Arbitrary<Weight[]> = fc.array(
  fc.tuple(fc.oneof(fc.bigInt(1n, 3n), fc.bigInt(0n, 1n << 400n)), rates),
  { minLength: 1, maxLength: 30 },
).map((all) =>
  all.map(([weight, rates], n) => ({ account: `bc1q${String(n * 7 % 30)}`, weight, ...rates }))
).filter((all) => all.some(({ weight }) => weight > 0n));

Deno.test("a block is split to the last satoshi, whatever the weights and rates", () => {
  fc.assert(fc.property(value, weights, (value, weights) => {
    const split = splitValue(value, weights);
    assertEquals(total(split), value);
    assertEquals(split.credits.some(({ sats }) => sats < 0n), false);
    assertEquals(split.feeSats >= 0n && split.donationSats >= 0n, true);
  }));
});

Deno.test("a split does not depend on the order of the weights", () => {
  fc.assert(fc.property(
    value,
    weights.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))
    ),
    (value, [all, shuffled]) => assertEquals(splitValue(value, shuffled), splitValue(value, all)),
  ));
});

Deno.test("a split does not depend on the scale of the weights", () => {
  fc.assert(fc.property(value, weights, fc.bigInt(1n, 1n << 90n), (value, weights, scale) => {
    const scaled = weights.map((one) => ({ ...one, weight: one.weight * scale }));
    assertEquals(satsOf(splitValue(value, scaled)), satsOf(splitValue(value, weights)));
  }));
});

Deno.test("fee and donation are the exact sums, floored; every credit is less than 3 sats from its exact part", () => {
  const full = BigInt(BASIS_POINTS);
  fc.assert(fc.property(value, weights, (value, weights) => {
    const { credits, feeSats, donationSats } = splitValue(value, weights);
    const scale = weights.reduce((sum, { weight }) => sum + weight, 0n) * full * full;
    let fee = 0n;
    let donation = 0n;
    for (const { weight, sats, feeBasisPoints, donationBasisPoints } of credits) {
      const [f, d] = [BigInt(feeBasisPoints), BigInt(donationBasisPoints)];
      fee += value * weight * f * full;
      donation += value * weight * (full - f) * d;
      const off = sats * scale - value * weight * (full - f) * (full - d);
      // A floor costs less than 1; what fee and donation were floored by is handed out, less than 2, and 1 at most for
      // a remainder.
      assertEquals(off > -scale && off < 3n * scale, true);
    }
    if (credits.some(({ sats }) => sats > 0n)) assertEquals(feeSats, fee / scale);
    assertEquals(donationSats, donation / scale);
  }));
});

Deno.test("more weight never earns less, but for a satoshi that rounding moves", () => {
  const same = fc.tuple(weights, rates).map(([all, rates]) =>
    all.map((one) => ({ ...one, ...rates }))
  );
  fc.assert(
    fc.property(value, same, fc.bigInt(1n, 1n << 400n), fc.nat(), (value, all, more, which) => {
      const { account } = all[which % all.length]!;
      const creditOf = (weights: readonly Weight[]) =>
        splitValue(value, weights).credits.find((credit) => credit.account === account)?.sats ?? 0n;
      const grown = all.map((one) =>
        one.account === account ? { ...one, weight: one.weight + more } : one
      );
      assertEquals(creditOf(grown) >= creditOf(all) - 1n, true);
    }),
  );
});

Deno.test("equal remainders go to the greater weight, then to the lesser address", () => {
  assertEquals(satsOf(splitValue(10n, [at("c", 1n), at("b", 1n), at("a", 1n)])), [4n, 3n, 3n]);
  // 1 : 2 : 1 of 2 is 0.5, 1, 0.5; of 6 it is 1.5, 3, 1.5. A remainder of 0 never gets one.
  assertEquals(satsOf(splitValue(6n, [at("a", 1n), at("b", 2n), at("c", 1n)])), [2n, 3n, 1n]);
  // 1 : 3 of 2 is 0.5 and 1.5.
  assertEquals(satsOf(splitValue(2n, [at("a", 1n), at("b", 3n)])), [0n, 2n]);
});

Deno.test("where everything is fee or donation, what flooring leaves is the fee's", () => {
  const split = splitValue(3n, [at("a", 1n, 10_000), at("b", 1n, 0, 10_000)]);
  assertEquals(split.feeSats, 2n);
  assertEquals(split.donationSats, 1n);
  assertEquals(satsOf(split), [0n, 0n]);
});

Deno.test("a split among nobody, a negative weight, an account twice and a rate out of range are refused", () => {
  assertThrows(() => splitValue(1n, []), RangeError, "among nobody");
  assertThrows(() => splitValue(1n, [at("a", 0n)]), RangeError, "among nobody");
  assertThrows(() => splitValue(1n, [at("a", -1n)]), RangeError, "weight -1");
  assertThrows(() => splitValue(1n, [at("a", 1n), at("a", 2n)]), RangeError, "two weights");
  assertThrows(() => splitValue(-1n, [at("a", 1n)]), RangeError, "must be >= 0");
  for (const rate of [-1, 10_001, 0.5, NaN]) {
    assertThrows(() => splitValue(1n, [at("a", 1n, rate)]), RangeError, "basis points");
    assertThrows(() => splitValue(1n, [at("a", 1n, 0, rate)]), RangeError, "basis points");
  }
});
