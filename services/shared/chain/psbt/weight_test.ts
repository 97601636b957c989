import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { decodeTransaction, weightOf } from "../transaction.ts";
import { OURS, payments } from "./payment_fixture.ts";
import { signPayment } from "./signing_key.ts";
import file from "./vectors/signed.json" with { type: "json" };
import { inputWeight, outputWeight, paymentWeight, virtualBytes } from "./weight.ts";

Deno.test("a payment weighs at most what was estimated, and at most 3 units an input less", () => {
  fc.assert(
    fc.property(payments, (request) => {
      const { inputs, outputs } = request;
      const estimate = paymentWeight(
        inputs.map(({ script }) => script),
        outputs.map(({ script }) => script),
      );
      const left = estimate - weightOf(decodeTransaction(signPayment(request, OURS).raw));
      // An R without a leading one bit is a byte shorter, an S likewise now and then, a default hash type always.
      assert(left >= 0 && left <= 3 * inputs.length, `${left} left over`);
    }),
    { numRuns: 25 },
  );
});

Deno.test("more than 252 inputs or outputs have longer counts", () => {
  const wpkh = OURS[0]!.script;
  const many = (n: number) => paymentWeight(Array(n).fill(wpkh), [wpkh]);
  assertEquals(many(253) - many(252), inputWeight(wpkh)! + 8);
});

Deno.test("BIP 341's transaction with nine inputs weighs at most its estimate", () => {
  const { raw, spent } = file.transactions[0]!;
  const transaction = decodeTransaction(Uint8Array.fromHex(raw));
  const estimate = paymentWeight(
    spent.map(([, script]) => Uint8Array.fromHex(script!)),
    transaction.outputs.map(({ script }) => script),
  );
  const left = estimate - weightOf(transaction);
  assert(left >= 0 && left <= 9, `${left} left over`);
});

Deno.test("what is known by heart: 68, 57.75 and 148.25 virtual bytes in, 31, 43 and 34 out", () => {
  const [wpkh, tr] = OURS.map(({ script }) => script) as [Uint8Array, Uint8Array];
  const pkh = Uint8Array.fromHex(`76a914${"44".repeat(20)}88ac`);
  assertEquals([wpkh, tr, pkh].map(inputWeight), [272, 231, 593]);
  assertEquals([wpkh, tr, pkh].map(outputWeight), [124, 172, 136]);
  assertEquals([400, 401, 404].map(virtualBytes), [100, 101, 101]);
});

Deno.test("a coin whose spending is not known has no weight", () => {
  const script = Uint8Array.fromHex(`0020${"22".repeat(32)}`);
  assertEquals(inputWeight(script), null);
  assertThrows(() => paymentWeight([script], [script]), RangeError, script.toHex());
});
