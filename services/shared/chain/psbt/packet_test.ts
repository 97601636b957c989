import { assert, assertEquals } from "@std/assert";
import { Psbt } from "bitcoinjs-lib";
import fc from "@gopool/testing/fc";
import { checkSigned } from "./check_signed.ts";
import { packet, PSBT_MAX_BYTES, takePsbt, unsignedPsbt } from "./packet.ts";
import { OURS, payments } from "./payment_fixture.ts";
import type { PaymentRequest } from "./request.ts";
import { signPayment } from "./signing_key.ts";

/** What an external signer does: reads the file, signs what is its own, writes the file. */
function signedBySomebody(request: PaymentRequest, inputs: number, finalized: boolean): Psbt {
  const psbt = Psbt.fromBuffer(unsignedPsbt(request));
  for (let index = 0; index < inputs; index++) {
    const script = psbt.data.inputs[index]!.witnessUtxo!.script;
    const key = OURS.find((key) => key.script.toHex() === script.toHex())!;
    if (key.kind === "p2tr") psbt.updateInput(index, { tapInternalKey: key.publicKey.slice(1) });
    psbt.signInput(index, key);
    if (finalized) psbt.finalizeInput(index);
  }
  return psbt;
}

Deno.test("a PSBT signed elsewhere comes back as the payment asked for, as bytes or text, finalized or not", () => {
  const text = (value: string) => new TextEncoder().encode(value);
  fc.assert(
    fc.property(
      payments,
      fc.boolean(),
      fc.constantFrom<(psbt: Psbt) => Uint8Array>(
        (psbt) => psbt.toBuffer(),
        (psbt) => text(psbt.toBase64()),
        (psbt) => text(`${psbt.toHex()}\r\n`),
      ),
      (request, finalized, written) => {
        const psbt = signedBySomebody(request, request.inputs.length, finalized);
        const taken = takePsbt(request, written(psbt));
        assert(taken.kind === "signed");
        assertEquals(checkSigned(request, taken.raw).kind, "good");
      },
    ),
    { numRuns: 25 },
  );
});

const [REQUEST] = fc.sample(payments, { numRuns: 50, seed: 5 })
  .filter(({ inputs }) => inputs.length === 3) as [PaymentRequest];

Deno.test("a PSBT signed in part says how many signatures are missing", () => {
  for (const [signed, finalized] of [[0, false], [1, true], [2, false], [2, true]] as const) {
    const psbt = signedBySomebody(REQUEST, signed, finalized);
    assertEquals(takePsbt(REQUEST, psbt.toBuffer()), { kind: "partly", missing: 3 - signed });
  }
});

Deno.test("a raw transaction is taken as well, signed or not yet", () => {
  const { raw } = signPayment(REQUEST, OURS);
  for (const given of [raw, new TextEncoder().encode(raw.toHex())]) {
    const taken = takePsbt(REQUEST, given);
    assert(taken.kind === "signed");
    assertEquals(taken.raw.toHex(), raw.toHex());
  }
  const unsigned = packet(REQUEST).data.getTransaction();
  assertEquals(takePsbt(REQUEST, unsigned), { kind: "partly", missing: 3 });
});

Deno.test("another payment's PSBT is refused with what differs", () => {
  const [output] = REQUEST.outputs as [PaymentRequest["outputs"][number]];
  const other = { ...REQUEST, outputs: [{ ...output, sats: output.sats - 1n }] };
  const psbt = signedBySomebody(other, 3, true);
  const taken = takePsbt(REQUEST, psbt.toBuffer());
  assert(taken.kind === "bad");
  assertEquals(checkSigned(REQUEST, signPayment(other, OURS).raw), taken);
});

Deno.test("a signature over other amounts comes out of the PSBT, but not through the check", () => {
  const [input] = REQUEST.inputs as [PaymentRequest["inputs"][number]];
  const lied = { ...REQUEST, inputs: REQUEST.inputs.with(0, { ...input, sats: input.sats + 5n }) };
  const taken = takePsbt(REQUEST, signedBySomebody(lied, 3, true).toBuffer());
  assert(taken.kind === "signed");
  const check = checkSigned(REQUEST, taken.raw);
  assert(check.kind === "bad" && check.why.includes("not signed as it must be"));
});

Deno.test("whatever a file holds, it gives an answer", () => {
  const good = signedBySomebody(REQUEST, 3, false).toBuffer();
  const damaged = fc.record({
    at: fc.nat({ max: good.length - 1 }),
    value: fc.nat({ max: 255 }),
    cut: fc.nat({ max: good.length }),
    keep: fc.boolean(),
  }).map(({ at, value, cut, keep }) => {
    const bytes = good.slice();
    bytes[at] = value;
    return keep ? bytes : bytes.slice(0, cut);
  });
  const anything = fc.oneof(
    damaged,
    fc.uint8Array({ maxLength: 200 }),
    fc.string().map((text) => new TextEncoder().encode(text)),
    damaged.map((bytes) => new TextEncoder().encode(bytes.toBase64())),
  );
  fc.assert(
    fc.property(anything, (bytes) => {
      const taken = takePsbt(REQUEST, bytes);
      if (taken.kind !== "signed") return;
      const check = checkSigned(REQUEST, taken.raw);
      // A changed byte may lie in what the payment does not need; what passes is what was asked for.
      if (check.kind === "good") {
        assertEquals(check.transaction.outputs.length, REQUEST.outputs.length);
      }
    }),
    { numRuns: 400 },
  );
  assertEquals(takePsbt(REQUEST, new Uint8Array(0)).kind, "bad");
  assertEquals(takePsbt(REQUEST, new Uint8Array(PSBT_MAX_BYTES + 1)).kind, "bad");
});
