import { assert, assertEquals } from "@std/assert";
import { fromHex } from "@gopool/chain";
import { paymentWeight, virtualBytes } from "@gopool/chain/psbt";
import fc from "@gopool/testing/fc";
import { dustLimit, feeOf } from "./fees.ts";
import type { PlanCoin } from "./plan.ts";
import { planReplacement, type ReplaceRules } from "./replace.ts";

const SCRIPT = fromHex(`0014${"11".repeat(20)}`);
const RULES: ReplaceRules = { feeRate: 20_000n, feeRateMax: 100_000n, changeScript: SCRIPT };

const coin = (id: number, sats: bigint): PlanCoin => ({ id: BigInt(id), sats, script: SCRIPT });
const paid = (...amounts: bigint[]) =>
  amounts.map((sats) => ({ sats, script: SCRIPT, change: false }));

const amounts = (max: number) =>
  fc.array(fc.bigInt({ min: 1_000n, max: 2_000_000n }), { minLength: 1, maxLength: max });

Deno.test("a replacement spends all coins that are left, pays the same outputs, and more than relaying asks for", () => {
  let made = 0;
  fc.assert(
    fc.property(
      amounts(8),
      amounts(5),
      amounts(5),
      fc.bigInt({ min: 1_000n, max: 100_000n }),
      fc.bigInt({ min: 200n, max: 30_000n }),
      (outs, keptSats, moreSats, feeRate, earlierFee) => {
        const outputs = paid(...outs);
        const kept = keptSats.map((sats, i) => coin(i, sats));
        const more = moreSats.map((sats, i) => coin(100 + i, sats));
        const weight = paymentWeight(
          kept.map(({ script }) => script),
          outputs.map(({ script }) => script),
        );
        const earlier = [{ feeSats: earlierFee, weight }];
        const found = planReplacement(outputs, kept, more, earlier, { ...RULES, feeRate });
        if (typeof found === "string") return;
        made++;
        assertEquals(found.inputs.slice(0, kept.length), kept);
        const sum = found.inputs.reduce((total, { sats }) => total + sats, 0n);
        const out = outs.reduce((total, sats) => total + sats, 0n);
        assertEquals(sum, out + found.changeSats + found.feeSats);
        assert(found.changeSats === 0n || found.changeSats >= dustLimit(SCRIPT));
        // BIP 125, rules 3 and 4; and a higher rate than what it replaces.
        const vsize = BigInt(virtualBytes(found.weight));
        assert(found.feeSats >= earlierFee + vsize);
        assert(found.feeSats * BigInt(virtualBytes(weight)) > earlierFee * vsize);
        assert(found.feeSats >= feeOf(found.weight, feeRate));
      },
    ),
  );
  assert(made > 20);
});

Deno.test("what a bump costs more comes from the change; without enough change a coin is added, the oldest first", () => {
  const earlier = [{ feeSats: 700n, weight: 561 }];
  const fromChange = planReplacement(
    paid(50_000n),
    [coin(1, 100_000n)],
    [coin(2, 9n)],
    earlier,
    RULES,
  );
  assert(typeof fromChange !== "string");
  assertEquals(fromChange.inputs.length, 1);
  assertEquals(fromChange.feeSats, feeOf(fromChange.weight, 20_000n));
  const added = planReplacement(
    paid(99_000n),
    [coin(1, 100_000n)],
    [coin(2, 80_000n), coin(3, 90_000n)],
    earlier,
    RULES,
  );
  assert(typeof added !== "string");
  assertEquals(added.inputs.map(({ id }) => id), [1n, 2n]);
});

Deno.test("a replacement that cannot be is refused in words: no coin left, above the highest rate", () => {
  const earlier = [{ feeSats: 700n, weight: 561 }];
  const none = planReplacement(paid(99_000n), [coin(1, 100_000n)], [], earlier, RULES);
  assertEquals(none, "its coins do not pay for more, and no other coin is free");
  const dear = planReplacement(paid(50_000n), [coin(1, 100_000n)], [], [{
    feeSats: 14_000n,
    weight: 561,
  }], RULES);
  assert(
    typeof dear === "string" && dear.includes("the highest rate allowed gives 14100"),
    String(dear),
  );
});
