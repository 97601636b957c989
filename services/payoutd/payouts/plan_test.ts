import { assert, assertEquals } from "@std/assert";
import { decodeTransaction, fromHex, weightOf } from "@gopool/chain";
import { paymentWeight, signingKey, signPayment } from "@gopool/chain/psbt";
import fc from "@gopool/testing/fc";
import { boundRate, dustLimit, feeOf } from "./fees.ts";
import { TX_WEIGHT_MAX } from "./limits.ts";
import { planRun } from "./batches.ts";
import { type DueLine, type PlanCoin, planPayment, type PlanRules } from "./plan.ts";

const P2WPKH = fromHex(`0014${"11".repeat(20)}`);
const P2TR = fromHex(`5120${"22".repeat(32)}`);
const P2PKH = fromHex(`76a914${"33".repeat(20)}88ac`);
const P2SH = fromHex(`a914${"44".repeat(20)}87`);
const P2WSH = fromHex(`0020${"55".repeat(32)}`);

const RULES: PlanRules = {
  feeRate: 5_000n,
  feePayer: "pool",
  changeScript: P2WPKH,
  maxOutputs: 500,
  budgetSats: null,
  leastPartSats: 10_000n,
};

function line(account: number, sats: bigint, script = P2WPKH): DueLine {
  return { account, name: `a${String(account).padStart(5, "0")}`, script, sats };
}

function coin(id: number, sats: bigint, script = P2WPKH): PlanCoin {
  return { id: BigInt(id), sats, script };
}

const anyLines = fc.array(
  fc.record({
    sats: fc.bigInt({ min: 546n, max: 3_000_000n }),
    script: fc.constantFrom(P2WPKH, P2TR, P2PKH, P2SH, P2WSH),
  }),
  { minLength: 1, maxLength: 40 },
).map((all) => all.map(({ sats, script }, i) => line(i, sats, script)));

const anyCoins = fc.array(
  fc.record({
    sats: fc.bigInt({ min: 1n, max: 8_000_000n }),
    script: fc.constantFrom(P2WPKH, P2TR, P2PKH),
  }),
  { maxLength: 20 },
).map((all) => all.map(({ sats, script }, i) => coin(i, sats, script)));

const anyRules: fc.Arbitrary<PlanRules> = fc.record({
  feeRate: fc.bigInt({ min: 0n, max: 300_000n }),
  feePayer: fc.constantFrom("pool", "shared"),
  changeScript: fc.constantFrom(P2WPKH, P2TR, P2PKH),
  maxOutputs: fc.integer({ min: 1, max: 50 }),
  budgetSats: fc.option(fc.bigInt({ min: 0n, max: 20_000_000n })),
  leastPartSats: fc.constantFrom(0n, 1_000n, 500_000n),
});

Deno.test("a plan's coins are to the satoshi what it pays, gives back and costs, whoever pays the fee", () => {
  let plans = 0;
  fc.assert(fc.property(anyLines, anyCoins, anyRules, (lines, coins, rules) => {
    const { plan, dust } = planPayment(lines, coins, rules);
    if (plan === null) return;
    plans++;
    const { feeRate, changeScript, budgetSats } = rules;
    const sum = plan.inputs.reduce((total, { sats }) => total + sats, 0n);
    const gross = plan.lines.reduce((total, { grossSats }) => total + grossSats, 0n);
    const shares = plan.lines.reduce((total, { feeSats }) => total + feeSats, 0n);
    assertEquals(sum, gross - shares + plan.changeSats + plan.feeSats);
    assert(budgetSats === null || gross <= budgetSats);

    // The fee is that of the rate; beyond it only what would be dust as change.
    const least = feeOf(plan.weight, feeRate);
    const gift = plan.feeSats - least;
    assert(gift >= 0n);
    if (plan.changeSats > 0n) assertEquals(gift, 0n);
    else assert(gift < dustLimit(changeScript) + feeOf(34 * 4 + 16, feeRate) + 1n, `${gift}`);
    assertEquals(shares, rules.feePayer === "shared" ? least : 0n);

    const outputs = plan.lines.map(({ script }) => script);
    if (plan.changeSats > 0n) {
      assert(plan.changeSats >= dustLimit(changeScript));
      outputs.push(changeScript);
    }
    assertEquals(plan.weight, paymentWeight(plan.inputs.map(({ script }) => script), outputs));
    assert(plan.weight <= TX_WEIGHT_MAX && plan.lines.length <= rules.maxOutputs);

    // Whole and in their turn, but for the last; none below dust, none above what is owed.
    const small = new Set(dust);
    const turn = lines.filter((one) => !small.has(one)).slice(0, plan.lines.length);
    assertEquals(plan.lines.map(({ account }) => account), turn.map(({ account }) => account));
    plan.lines.forEach(({ grossSats, feeSats, sats, script }, i) => {
      assert(grossSats - feeSats >= dustLimit(script) && grossSats <= sats);
      if (i < plan.lines.length - 1) assertEquals(grossSats, sats);
    });

    // The oldest coins that are worth spending, and no more than needed.
    const worth = coins.filter(({ sats, script }) =>
      sats > feeOf(paymentWeight([script], []) - 42, feeRate)
    );
    assertEquals(
      plan.inputs.map(({ id }) => id),
      worth.slice(0, plan.inputs.length).map(({ id }) => id),
    );
    const without = sum - plan.inputs.at(-1)!.sats;
    assert(without < gross + (rules.feePayer === "pool" ? least : 0n));
  }));
  assert(plans > 20, "the property was tried on plans");
});

Deno.test("a run pays everybody who can be paid, over as many payments as it takes, and nobody twice", () => {
  fc.assert(fc.property(anyLines, anyCoins, anyRules, (lines, coins, rules) => {
    const run = planRun(lines, coins, rules);
    const paid = run.plans.flatMap((plan) => plan.lines.map(({ account }) => account));
    assertEquals(new Set(paid).size, paid.length);
    const spent = run.plans.flatMap((plan) => plan.inputs.map(({ id }) => id));
    assertEquals(new Set(spent).size, spent.length);
    assert(rules.budgetSats === null || run.plannedSats <= rules.budgetSats);
    if (run.stop === null) {
      assertEquals(paid.length + run.asides.length, lines.length);
    }
  }));
});

Deno.test("a batch is full at its number of outputs; the rest are in the next payment of the same run", () => {
  const lines = Array.from({ length: 25 }, (_, i) => line(i, 20_000n));
  const coins = [coin(1, 300_000n), coin(2, 300_000n), coin(3, 300_000n)];
  const run = planRun(lines, coins, { ...RULES, maxOutputs: 10 });
  assertEquals(run.plans.map((plan) => plan.lines.length), [10, 10, 5]);
  assertEquals(run.stop, null);
  assertEquals(run.plannedSats, 500_000n);
});

Deno.test("a batch is full at the weight that nodes relay", () => {
  const lines = Array.from({ length: 3_000 }, (_, i) => line(i, 20_000n, P2WSH));
  const { plan, stop } = planPayment(lines, [coin(1, 10n ** 10n)], { ...RULES, maxOutputs: 5_000 });
  assertEquals(stop, "full");
  assert(plan!.weight <= TX_WEIGHT_MAX && plan!.weight > TX_WEIGHT_MAX - 2_000);
});

Deno.test("where coins are short the oldest balance is paid first, the one at which they end in part", () => {
  const lines = [line(1, 400_000n), line(2, 900_000n), line(3, 20_000n)];
  const { plan, stop } = planPayment(lines, [coin(1, 1_000_000n)], RULES);
  assertEquals(stop, "coins");
  assertEquals(plan!.changeSats, 0n);
  assertEquals(plan!.lines.map(({ account, grossSats }) => [account, grossSats]), [
    [1, 400_000n],
    [2, 600_000n - plan!.feeSats],
  ]);
});

Deno.test("a limit is paid up to, never past; a part below the least is not paid", () => {
  const lines = [line(1, 400_000n), line(2, 900_000n)];
  const coins = [coin(1, 10_000_000n)];
  const paid = (budgetSats: bigint) => {
    const { plan, stop } = planPayment(lines, coins, { ...RULES, budgetSats });
    return [stop, ...(plan?.lines.map(({ grossSats }) => grossSats) ?? [])];
  };
  assertEquals(paid(1_300_000n), [null, 400_000n, 900_000n]);
  assertEquals(paid(1_299_999n), ["budget", 400_000n, 899_999n]);
  assertEquals(paid(410_000n), ["budget", 400_000n, 10_000n]);
  assertEquals(paid(409_999n), ["budget", 400_000n]);
  assertEquals(paid(9_999n), ["budget"]);
  assertEquals(paid(0n), ["budget"]);
});

Deno.test("a shared fee is handed out by largest remainder; one whom it would leave dust is set aside, not the batch", () => {
  const lines = [line(1, 400n), line(2, 30_000n), line(3, 30_000n), line(4, 39_400n)];
  const { plan, dust } = planPayment(lines, [coin(1, 200_000n)], {
    ...RULES,
    feePayer: "shared",
    feeRate: 150_000n,
  });
  assertEquals(dust.map(({ account }) => account), [1]);
  // 1 input, 3 outputs and change: 68 + 4 · 31 + 10.5 vB, at 150 sats each.
  assertEquals(plan!.feeSats, 30_450n);
  assertEquals(plan!.lines.map(({ feeSats }) => feeSats), [9_190n, 9_190n, 12_070n]);
  assertEquals(plan!.changeSats, 200_000n - 99_400n);
});

Deno.test("coins that cost more to spend than they hold are left where they are", () => {
  const coins = [coin(1, 300n), coin(2, 100_000n)];
  const { plan } = planPayment([line(1, 20_000n)], coins, RULES);
  assertEquals(plan!.inputs.map(({ id }) => id), [2n]);
});

Deno.test("dust limits are Bitcoin Core's for each kind of script", () => {
  assertEquals(
    [P2WPKH, P2TR, P2WSH, P2SH, P2PKH].map(dustLimit),
    [294n, 330n, 330n, 540n, 546n],
  );
});

Deno.test("the fee rate is the node's within the operator's bounds, and the operator's own where it has none", () => {
  const bounds = { min: 1_000n, max: 50_000n, fallback: 5_000n };
  assertEquals([null, 500n, 7_000n, 10n ** 8n].map((rate) => boundRate(rate, bounds)), [
    5_000n,
    1_000n,
    7_000n,
    50_000n,
  ]);
  assertEquals(feeOf(401, 1_000n), 101n);
  assertEquals(feeOf(400, 1_001n), 101n);
});

Deno.test("the weight estimated is never below the signed one and at most two units an input above it", () => {
  const secret = (byte: number) => new Uint8Array(32).fill(byte);
  const keys = [signingKey(secret(7), "p2wpkh"), signingKey(secret(8), "p2tr")] as const;
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...keys), { minLength: 1, maxLength: 12 }),
      fc.array(fc.constantFrom(P2WPKH, P2TR, P2PKH), { minLength: 1, maxLength: 300 }),
      (inputKeys, outputScripts) => {
        const inputs = inputKeys.map(({ script }, i) => ({
          txid: new Uint8Array(32).fill(i + 1) as ReturnType<typeof decodeTransaction>["txid"],
          vout: i,
          sats: 1_000_000n,
          script,
          sequence: 0xffff_fffd,
        }));
        const outputs = outputScripts.map((script) => ({ script, sats: 1_000n }));
        const { raw } = signPayment({ inputs, outputs, lockTime: 0 }, keys);
        const estimated = paymentWeight(inputs.map(({ script }) => script), outputScripts);
        const real = weightOf(decodeTransaction(raw));
        assert(estimated >= real && estimated <= real + 2 * inputs.length, `${estimated} ${real}`);
      },
    ),
    { numRuns: 15 },
  );
});
