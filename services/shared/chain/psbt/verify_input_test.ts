import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { concat, fromHex } from "../bytes.ts";
import { decodeTransaction, type Input } from "../transaction.ts";
import type { SpentOutput } from "./digest.ts";
import { verifyInput } from "./verify_input.ts";
import file from "./vectors/signed.json" with { type: "json" };

interface Signed {
  readonly raw: Uint8Array;
  readonly spent: readonly SpentOutput[];
  readonly kinds: readonly string[];
}

const SIGNED: readonly Signed[] = file.transactions.map(({ raw, spent }) => ({
  raw: fromHex(raw),
  spent: spent.map(([sats, script]) => ({ sats: BigInt(sats!), script: fromHex(script!) })),
  kinds: spent.map(([, , kind]) => kind!),
}));

function judge({ raw, spent }: Signed, index: number) {
  return verifyInput(decodeTransaction(raw), index, spent);
}

Deno.test("BIP 143's and BIP 341's signed inputs are valid, of every hash type; a bare key is not judged", () => {
  const kinds = new Set<string>();
  for (const signed of SIGNED) {
    signed.kinds.forEach((kind, index) => {
      kinds.add(kind);
      const wanted = kind === "other" ? "unknown" : "valid";
      assertEquals(judge(signed, index).kind, wanted, `${kind} at ${index}`);
    });
  }
  assertEquals(kinds.size, 10);
});

Deno.test("a changed amount or script of what is spent is seen by every input that commits to it", () => {
  for (const signed of SIGNED) {
    const spent = signed.spent.map(({ sats, script }) => ({ sats: sats + 1n, script }));
    signed.kinds.forEach((kind, index) => {
      // The hash that a legacy signature signs leaves the amount out.
      const wanted = kind === "other" ? "unknown" : kind === "p2pkh" ? "valid" : "invalid";
      assertEquals(judge({ ...signed, spent }, index).kind, wanted, kind);
    });
  }
});

Deno.test("one changed bit in what was signed or in a signature never passes", () => {
  const [all] = SIGNED as [Signed];
  // Inputs that sign everything: hash types 0 and 1, and the two that are older than taproot.
  const strict = all.kinds.flatMap((kind, i) => /^(p2tr [01]|p2wpkh|p2pkh)$/.test(kind) ? [i] : []);
  const stripped = decodeTransaction(all.raw).strippedBytes.length;
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: stripped * 8 - 1 }),
      fc.constantFrom(...strict),
      (bit, index) => {
        const raw = all.raw.slice();
        raw[bit >> 3]! ^= 1 << (bit & 7);
        let transaction;
        try {
          transaction = decodeTransaction(raw);
        } catch {
          return;
        }
        if (transaction.inputs.length !== all.spent.length) return;
        // Another input's scriptSig is signed by nobody, and the marker is not part of what is signed.
        const before = decodeTransaction(all.raw);
        const touchedScriptSig = before.inputs.some(({ scriptSig }, i) =>
          i !== index && scriptSig.toHex() !== transaction.inputs[i]!.scriptSig.toHex()
        );
        if (touchedScriptSig || transaction.txid.toHex() === before.txid.toHex()) return;
        assertEquals(verifyInput(transaction, index, all.spent).kind, "invalid", `bit ${bit}`);
      },
    ),
    { numRuns: 150 },
  );
});

/** The verdict with other witness items, or another scriptSig: neither is part of what is signed. */
function judgeWith(signed: Signed, index: number, change: Partial<Input>) {
  const transaction = decodeTransaction(signed.raw);
  const inputs = transaction.inputs.with(index, { ...transaction.inputs[index]!, ...change });
  return verifyInput({ ...transaction, inputs }, index, signed.spent);
}

/** Order of the curve (SEC 2). */
const ORDER = 0xffffffff_ffffffff_ffffffff_fffffffe_baaedce6_af48a03b_bfd25e8c_d0364141n;

Deno.test("what is wrong is said in Bitcoin Core's words", () => {
  const [all, old] = SIGNED as [Signed, Signed];
  const [signature, key] = decodeTransaction(old.raw).inputs[1]!.witness as [
    Uint8Array,
    Uint8Array,
  ];
  const [schnorr] = decodeTransaction(all.raw).inputs[3]!.witness as [Uint8Array];
  const legacy = decodeTransaction(all.raw).inputs[2]!.scriptSig;
  const set = (bytes: Uint8Array, at: number, value: number) => {
    const out = bytes.slice();
    out[(at + out.length) % out.length] = value;
    return out;
  };
  // 30 44 02 20 r 02 20 s: the other S has a leading zero.
  const highS = (ORDER - BigInt(`0x${signature.slice(38, 70).toHex()}`)).toString(16);
  const high = fromHex(`3045${signature.slice(2, 36).toHex()}022100${highS}01`);
  const long = key.with(0, 4);
  const cases: [Signed, number, Partial<Input>, string][] = [
    [old, 1, { witness: [] }, "Witness program hash mismatch"],
    [old, 1, { witness: [signature, key, key] }, "Witness program hash mismatch"],
    [old, 1, { witness: [signature, set(key, 3, 1)] }, "Script failed an OP_EQUALVERIFY operation"],
    [old, 1, { witness: [signature, long] }, "Script failed an OP_EQUALVERIFY operation"],
    [
      old,
      1,
      { witness: [new Uint8Array(0), key] },
      "finished with a false/empty top stack element",
    ],
    [old, 1, { witness: [set(signature, -1, 4), key] }, "hash type missing or not understood"],
    [old, 1, { witness: [set(signature, 1, 0x45), key] }, "Non-canonical DER signature"],
    [old, 1, { witness: [set(signature, 6, 1), key] }, "Signature must be zero for failed"],
    [old, 1, { witness: [high, key] }, "S value is unnecessarily high"],
    [old, 1, { scriptSig: Uint8Array.of(0x51) }, "Witness requires empty scriptSig"],
    [all, 3, { witness: [] }, "Witness program was passed an empty witness"],
    [all, 3, { witness: [set(schnorr, 0, 1)] }, "Invalid Schnorr signature"],
    [all, 3, { witness: [schnorr.slice(1, 64)] }, "Invalid Schnorr signature size"],
    [all, 3, { witness: [set(schnorr, -1, 0)] }, "Invalid Schnorr signature hash type"],
    [all, 3, { witness: [set(schnorr, -1, 4)] }, "Invalid Schnorr signature hash type"],
    [all, 8, { witness: [set(schnorr, -1, 3)] }, "Invalid Schnorr signature hash type"],
    [all, 2, { witness: [key] }, "Witness provided for non-witness script"],
    [all, 2, { scriptSig: new Uint8Array(0) }, "not valid with the current stack size"],
    [all, 2, { scriptSig: concat(Uint8Array.of(0x51), legacy) }, "must be exactly one"],
    [all, 2, { scriptSig: concat(legacy, Uint8Array.of(0xac)) }, "Only push operators allowed"],
    [all, 2, { scriptSig: legacy.slice(0, 50) }, "Only push operators allowed"],
    [
      all,
      2,
      { scriptSig: concat(Uint8Array.of(0x4c), legacy) },
      "Data push larger than necessary",
    ],
  ];
  for (const [signed, index, change, words] of cases) {
    const verdict = judgeWith(signed, index, change);
    assert(verdict.kind === "invalid", words);
    assert(verdict.reason.includes(words), `${verdict.reason} should say ${words}`);
  }
});

Deno.test("a taproot script path and an annex are not judged", () => {
  const [all] = SIGNED as [Signed];
  const item = new Uint8Array(64);
  assertEquals(judgeWith(all, 3, { witness: [item, Uint8Array.of(0x50)] }), {
    kind: "unknown",
    reason: "its witness has an annex",
  });
  assertEquals(judgeWith(all, 3, { witness: [item, item] }), {
    kind: "unknown",
    reason: "it spends by a taproot script, not by the key",
  });
});

Deno.test("an output key that is no point on the curve makes the signature invalid, and nothing throws", () => {
  const [all] = SIGNED as [Signed];
  const spent = all.spent.with(3, { sats: 1n, script: fromHex(`5120${"00".repeat(32)}`) });
  assertEquals(judge({ ...all, spent }, 3), {
    kind: "invalid",
    reason: "Invalid Schnorr signature",
  });
});

Deno.test("any bytes in a witness or scriptSig give a verdict", () => {
  const [all] = SIGNED as [Signed];
  const bytes = fc.uint8Array({ maxLength: 110 });
  fc.assert(
    fc.property(
      fc.constantFrom(2, 3, 5),
      fc.array(bytes, { maxLength: 3 }),
      bytes,
      (index, witness, scriptSig) => {
        assert(judgeWith(all, index, { witness, scriptSig }).kind !== "valid");
        assert(judgeWith(all, index, index === 2 ? { scriptSig } : { witness }).kind !== "valid");
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("a question about an input that is not there is a mistake of the caller", () => {
  const [all] = SIGNED as [Signed];
  const transaction = decodeTransaction(all.raw);
  assertThrows(() => verifyInput(transaction, 9, all.spent), RangeError);
  assertThrows(() => verifyInput(transaction, 0, all.spent.slice(1)), RangeError);
});
