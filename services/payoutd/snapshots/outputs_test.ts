import { assertEquals } from "@std/assert";
import fc from "@gopool/testing/fc";
import { chooseOutputs, type Claimant } from "./outputs.ts";

const BOUNDS = { minSats: 1_000n, maxOutputs: 10 };

function claimant(account: number, rest: Partial<Claimant> = {}): Claimant {
  return {
    account,
    address: `a${String(account).padStart(4, "0")}`,
    script: Uint8Array.of(0x51, account & 0xff, account >> 8),
    credit: 10_000n,
    balance: 0n,
    threshold: 500_000n,
    ...rest,
  };
}

function paid(claimants: readonly Claimant[], bounds = BOUNDS): [number, bigint, bigint][] {
  return chooseOutputs(claimants, bounds).map((
    { account, sats, carried },
  ) => [account, sats, carried]);
}

Deno.test("outputs come largest first, equal ones by address", () => {
  const three = [claimant(3), claimant(1), claimant(2, { credit: 20_000n })];
  assertEquals(paid(three), [[2, 20_000n, 0n], [1, 10_000n, 0n], [3, 10_000n, 0n]]);
});

Deno.test("what is owed from before rides along while it is below the threshold of payouts", () => {
  assertEquals(paid([claimant(1, { balance: 499_999n })]), [[1, 509_999n, 499_999n]]);
  assertEquals(paid([claimant(1, { balance: 500_000n })]), [[1, 10_000n, 0n]]);
});

Deno.test("who was paid too much before gets less, or nothing, and never a carried amount", () => {
  assertEquals(paid([claimant(1, { balance: -4_000n })]), [[1, 6_000n, 0n]]);
  assertEquals(paid([claimant(1, { balance: -10_000n })], { ...BOUNDS, minSats: 0n }), []);
});

Deno.test("an output below the least stays owed, unless what is carried lifts it", () => {
  assertEquals(paid([claimant(1, { credit: 999n })]), []);
  assertEquals(paid([claimant(1, { credit: 999n, balance: 1n })]), [[1, 1_000n, 1n]]);
});

Deno.test("no more outputs than there is room for, the largest of them", () => {
  const many = Array.from({ length: 30 }, (_, i) => claimant(i, { credit: BigInt(10_000 + i) }));
  assertEquals(paid(many, { ...BOUNDS, maxOutputs: 3 }).map(([account]) => account), [29, 28, 27]);
});

Deno.test("a script stands in a coinbase once: of two accounts that share it the larger is paid", () => {
  const script = Uint8Array.of(0x51);
  const two = [claimant(1, { script }), claimant(2, { script, credit: 20_000n })];
  assertEquals(paid(two), [[2, 20_000n, 0n]]);
});

Deno.test("no output is more than share and balance, and all of them are no more than what was divided and carried", () => {
  const sats = fc.bigInt({ min: -1_000_000n, max: 1_000_000n });
  const one = fc.record({ credit: fc.bigInt({ min: 0n, max: 1_000_000n }), balance: sats });
  fc.assert(fc.property(fc.array(one, { maxLength: 40 }), (accounts) => {
    const claimants = accounts.map((rest, i) => claimant(i, rest));
    const chosen = chooseOutputs(claimants, BOUNDS);
    for (const { account, sats, carried } of chosen) {
      const { credit, balance, threshold } = claimants[account]!;
      assertEquals(sats <= credit + (balance < 0n ? balance : carried), true);
      assertEquals(carried === 0n || (carried === balance && balance < threshold), true);
    }
    const all = chosen.reduce((sum, { sats, carried }) => sum + sats - carried, 0n);
    assertEquals(all <= claimants.reduce((sum, { credit }) => sum + credit, 0n), true);
  }));
});
