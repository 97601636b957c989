import { assertEquals } from "@std/assert";
import fc from "@gopool/testing/fc";
import { carried, earnings, type MinuteWork, PART_BITS } from "./earnings.ts";
import { expectedFees, FEE_BLOCKS } from "./expected_fees.ts";
import { ACCOUNTS, BITS, ratesOfAll } from "./history_fixture.ts";
import { ruinProbability } from "./ruin.ts";
import { unitWork } from "./units.ts";

const SUBSIDY = 312_500_000n;

const work: fc.Arbitrary<MinuteWork[]> = fc.array(
  fc.record({
    account: fc.constantFrom(...ACCOUNTS),
    nbits: fc.constantFrom(...BITS),
    subsidy: fc.constantFrom(SUBSIDY, SUBSIDY / 2n),
    work: fc.bigInt(1n, 1n << 40n),
  }),
  { maxLength: 20 },
);
const fees = fc.bigInt(0n, 100_000_000n);

Deno.test("earnings do not depend on the order or the batches of work, and none is below 0", () => {
  const shuffled = work.chain((done) => {
    const halves = done.flatMap((one) =>
      one.work === 1n ? [one] : [{ ...one, work: 1n }, { ...one, work: one.work - 1n }]
    );
    return fc.tuple(
      fc.constant(done),
      fc.shuffledSubarray(halves, { minLength: halves.length }),
    );
  });
  fc.assert(fc.property(shuffled, fees, ratesOfAll, ([done, other], fees, rates) => {
    const ratesOf = (account: string) => rates.get(account)!;
    const earned = earnings(done, fees, ratesOf);
    assertEquals(earnings(other, fees, ratesOf), earned);
    assertEquals(
      earned.earnings.some(({ parts }) => parts < 0n) || earned.donationParts < 0n,
      false,
    );
  }));
});

Deno.test("more work, more fees of blocks and lower rates never earn less", () => {
  fc.assert(
    fc.property(work, fees, ratesOfAll, fc.bigInt(1n, 1n << 40n), (done, fees, rates, more) => {
      if (done.length === 0) return;
      const { account } = done[0]!;
      const earned = (done: readonly MinuteWork[], fees: bigint, less = 0) =>
        earnings(done, fees, (one) => {
          const { feeBasisPoints, donationBasisPoints } = rates.get(one)!;
          return { feeBasisPoints: Math.max(0, feeBasisPoints - less), donationBasisPoints };
        }).earnings.find((one) => one.account === account)!.parts;
      const was = earned(done, fees);
      const grown = done.with(0, { ...done[0]!, work: done[0]!.work + more });
      assertEquals(earned(grown, fees) >= was, true);
      assertEquals(earned(done, fees + more) >= was, true);
      assertEquals(earned(done, fees, 50) >= was, true);
    }),
  );
});

Deno.test("a whole unit at one nBits earns the subsidy and the fees, less the rates", () => {
  for (const nbits of BITS) {
    const one = [{ account: "a", nbits, subsidy: SUBSIDY, work: unitWork(nbits) }];
    const none = { feeBasisPoints: 0, donationBasisPoints: 0 };
    assertEquals(earnings(one, 7n, () => none).earnings[0]!.parts >> PART_BITS, SUBSIDY + 7n);
    const rates = { feeBasisPoints: 100, donationBasisPoints: 1_000 };
    const { earnings: [earned], donationParts } = earnings(one, 0n, () => rates);
    assertEquals(earned!.parts >> PART_BITS, SUBSIDY * 99n * 9n / 1_000n);
    assertEquals(donationParts >> PART_BITS, SUBSIDY * 99n / 1_000n);
  }
});

Deno.test("what is carried is never lost: minutes paid one by one are worth what they are worth together", () => {
  fc.assert(
    fc.property(fc.array(work, { maxLength: 10 }), fees, ratesOfAll, (minutes, fees, rates) => {
      const ratesOf = (account: string) => rates.get(account)!;
      const partsOf = (done: readonly MinuteWork[]) =>
        new Map(
          earnings(done, fees, ratesOf).earnings.map(({ account, parts }) => [account, parts]),
        );
      const paid = new Map<string, { sats: bigint; carry: bigint }>();
      for (const minute of minutes) {
        for (const [account, parts] of partsOf(minute)) {
          const before = paid.get(account) ?? { sats: 0n, carry: 0n };
          const { sats, carry } = carried(before.carry, parts);
          assertEquals(sats >= 0n && carry >= 0n && carry < 1n << PART_BITS, true);
          paid.set(account, { sats: before.sats + sats, carry });
        }
      }
      for (const [account, parts] of partsOf(minutes.flat())) {
        const { sats, carry } = paid.get(account)!;
        const lost = parts - (sats << PART_BITS) - carry;
        // Each minute is floored to 2^-64 satoshi.
        assertEquals(lost >= 0n && lost <= BigInt(minutes.length), true);
      }
    }),
  );
});

Deno.test("F is never above the mean, nor above three medians, and a payment by mistake moves it little", () => {
  const blocks = fc.array(fc.bigInt(0n, 10n ** 9n), { minLength: 1, maxLength: FEE_BLOCKS });
  fc.assert(fc.property(blocks, (fees) => {
    const mean = fees.reduce((sum, fee) => sum + fee, 0n) / BigInt(fees.length);
    assertEquals(expectedFees(fees) <= mean, true);
    assertEquals(expectedFees(fees.toReversed()), expectedFees(fees));
  }));
  const usual = Array.from({ length: FEE_BLOCKS - 1 }, () => 1_000_000n);
  assertEquals(expectedFees([...usual, 29_100_000_000n]), (143_000_000n + 3_000_000n) / 144n);
  assertEquals(expectedFees([]), 0n);
});

Deno.test("the chance of ruin is exp(-2 f R / B), and certain without a fee or a reserve", () => {
  const shown = (reserve: bigint, feeBasisPoints: number) =>
    ruinProbability({ reserve, blockValue: 312_500_000n, feeBasisPoints }).toFixed(6);
  assertEquals(shown(10_000_000_000n, 200), Math.exp(-1.28).toFixed(6));
  assertEquals(shown(0n, 200), "1.000000");
  assertEquals(shown(-5n, 200), "1.000000");
  assertEquals(shown(10_000_000_000n, 0), "1.000000");
});
