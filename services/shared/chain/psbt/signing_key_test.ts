import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { fromHex } from "../bytes.ts";
import { checkSigned } from "./check_signed.ts";
import { OURS, payments } from "./payment_fixture.ts";
import { signingKey, signPayment } from "./signing_key.ts";

Deno.test("a key's script is the one of BIP 143's and of BIP 341's vectors", () => {
  const old = "619c335025c7f4012e556c2a58b2506e30b8511b53ade95ea316fd8c3286feb9";
  assertEquals(
    signingKey(fromHex(old), "p2wpkh").script.toHex(),
    "00141d0f172a0ecb48aee1be1f2687d2963ae33f71a1",
  );
  // keyPathSpending, input 0: an internal key without a script tree.
  const inner = "6b973d88838f27366ed61c9ad6367663045cb456e28335c109e30717ae0c6baa";
  assertEquals(
    signingKey(fromHex(inner), "p2tr").script.toHex(),
    "512053a1f6e454df1aa2776a2814a721372d6258050de330b3c6d10ee8f4e0dda343",
  );
});

Deno.test("what is signed is what was asked, whatever is spent and paid", () => {
  fc.assert(
    fc.property(payments, (request) => {
      const { raw, txid } = signPayment(request, OURS);
      const check = checkSigned(request, raw);
      assert(check.kind === "good");
      assertEquals(check.transaction.txid, txid);
    }),
    { numRuns: 25 },
  );
});

Deno.test("a coin of a stranger is not signed for, nor what is no payment", () => {
  const [request] = fc.sample(payments, { numRuns: 1, seed: 3 }) as [
    Parameters<typeof signPayment>[0],
  ];
  const [first] = request.inputs as [typeof request.inputs[number]];
  const stranger = { ...first, vout: 7, script: fromHex(`0014${"77".repeat(20)}`) };
  assertThrows(
    () => signPayment({ ...request, inputs: [...request.inputs, stranger] }, OURS),
    RangeError,
    `no key for script 0014${"77".repeat(20)}`,
  );
  const wrong: [Partial<typeof request>, string][] = [
    [{ inputs: [] }, "it spends nothing"],
    [{ outputs: [] }, "it pays nobody"],
    [{ inputs: [...request.inputs, first] }, "twice"],
    [{ outputs: [{ script: first.script, sats: 0n }] }, "pays 0 sats"],
    [{ outputs: [{ script: new Uint8Array(0), sats: 1n }] }, "no script"],
    [{ outputs: [{ script: first.script, sats: 2_100_000_000_000_000n }] }, "more than it spends"],
    [{ lockTime: -1 }, "lock time"],
  ];
  for (const [change, words] of wrong) {
    assertThrows(() => signPayment({ ...request, ...change }, OURS), RangeError, words);
  }
});

Deno.test("no view of a key shows it", () => {
  const secret = new Uint8Array(32).map((_, i) => i * 7 + 1);
  for (const kind of ["p2wpkh", "p2tr"] as const) {
    const key = signingKey(secret, kind);
    const views = [
      JSON.stringify(key),
      Deno.inspect(key, { depth: 100, showHidden: true, iterableLimit: 1_000 }),
      String(key.sign),
    ];
    for (const view of views) {
      const digits = view.replaceAll(/[^0-9a-f,]/g, "");
      assert(!view.includes(secret.toHex()));
      assert(!digits.includes([...secret].slice(0, 8).join(",")));
    }
  }
});

Deno.test("what is no private key is refused without being quoted", () => {
  for (const secret of ["00".repeat(32), "ff".repeat(32), "ab".repeat(31)]) {
    const error = assertThrows(() => signingKey(fromHex(secret), "p2wpkh"), RangeError);
    assertStringIncludes(error.message, "32 bytes");
    assert(!error.message.includes(secret));
  }
});
