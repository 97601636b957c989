import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "@gopool/testing/fc";
import { checkSigned } from "./check_signed.ts";
import { OURS, payments } from "./payment_fixture.ts";
import type { PaymentRequest } from "./request.ts";
import { signPayment } from "./signing_key.ts";

const [REQUEST] = fc.sample(payments, { numRuns: 1, seed: 11 }) as [PaymentRequest];
const SIGNED = signPayment(REQUEST, OURS);

function why(request: PaymentRequest, raw: Uint8Array): string {
  const check = checkSigned(request, raw);
  assert(check.kind === "bad");
  return check.why;
}

Deno.test("another payment than the one asked for is told apart, with what differs", () => {
  const { inputs, outputs, lockTime } = REQUEST;
  const [input] = inputs as [PaymentRequest["inputs"][number]];
  const [output] = outputs as [PaymentRequest["outputs"][number]];
  const other = { ...output, script: Uint8Array.of(0x51) };
  const cases: [Partial<PaymentRequest>, string][] = [
    [{ lockTime: lockTime + 1 }, `its lock time is ${lockTime}`],
    [{ inputs: inputs.slice(1) }, `it has ${inputs.length} inputs`],
    [{ inputs: inputs.with(0, { ...input, vout: input.vout + 1 }) }, "its input 0 spends"],
    [{ inputs: inputs.with(0, { ...input, sequence: 1 }) }, "the sequence of its input 0"],
    [{ inputs: inputs.with(0, { ...input, sats: input.sats + 1n }) }, "not signed as it must be"],
    [{ outputs: [...outputs, output] }, `it has ${outputs.length} outputs`],
    [{ outputs: outputs.with(0, { ...output, sats: output.sats + 1n }) }, "its output 0 pays"],
    [{ outputs: outputs.with(0, other) }, "its output 0 pays to script"],
  ];
  for (const [change, words] of cases) {
    assertStringIncludes(why({ ...REQUEST, ...change }, SIGNED.raw), words);
  }
});

Deno.test("no changed bit passes for the transaction that was asked for", () => {
  fc.assert(
    fc.property(fc.nat({ max: SIGNED.raw.length * 8 - 1 }), (bit) => {
      const raw = SIGNED.raw.slice();
      raw[bit >> 3]! ^= 1 << (bit & 7);
      assertEquals(checkSigned(REQUEST, raw).kind, "bad", `bit ${bit}`);
    }),
    { numRuns: 200 },
  );
});

Deno.test("bytes that are no transaction, too many or too few, are said to be so", () => {
  assertStringIncludes(why(REQUEST, new Uint8Array(0)), "cannot be read");
  assertStringIncludes(why(REQUEST, SIGNED.raw.slice(1)), "cannot be read");
  assertStringIncludes(why(REQUEST, new Uint8Array([...SIGNED.raw, 0])), "cannot be read");
});
