import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { crypto } from "bitcoinjs-lib";
import fc from "@gopool/testing/fc";
import { canonicalAddress, scriptOfAddress } from "../address.ts";
import { concat, displayHash, fromHex, toHex } from "../bytes.ts";
import { signingKey } from "../psbt/signing_key.ts";
import { bip322Hash, toSign, toSpend } from "./bip322.ts";
import { signBip137, signMessage } from "./fixture.ts";
import { SIGNATURE_MAX_LENGTH, verifyMessage } from "./verify.ts";
import file from "./vectors/messages.json" with { type: "json" };

type Case = readonly [address: string, message: string, signature: string];

function judge([address, message, signature]: Case, network: "main" | "regtest" = "main") {
  return verifyMessage({ address, message, signature }, network);
}

Deno.test("Bitcoin Core's signed messages are valid, and what it refuses is not", () => {
  for (const signed of file.bip137.valid as unknown as Case[]) {
    assertEquals(judge(signed), { kind: "valid", form: "bip137" });
    assertEquals(judge(signed.with(1, "Trust everybody") as unknown as Case).kind, "invalid");
  }
  for (const signed of file.bip137.invalid as unknown as Case[]) {
    assertEquals(judge(signed).kind, "invalid");
  }
});

Deno.test("BIP 322's virtual transactions have the hashes given there", () => {
  for (const [message, address, hash, spend, sign] of file.bip322.hashes as unknown as string[][]) {
    const said = new TextEncoder().encode(message);
    const script = scriptOfAddress(address!, "main");
    assertEquals(toHex(bip322Hash(said)), hash);
    assertEquals(displayHash(toSpend(script, said).txid), spend);
    assertEquals(displayHash(toSign(script, said).txid), sign);
  }
});

Deno.test("BIP 322's simple signatures are valid with and without prefix, its errors are not", () => {
  for (const signed of file.bip322.valid as unknown as Case[]) {
    assertEquals(judge(signed), { kind: "valid", form: "bip322" });
    const bare = signed[2].replace(/^smp/, "");
    assertEquals(judge(signed.with(2, ` ${bare}\n`) as unknown as Case).kind, "valid");
    assertEquals(judge(signed.with(1, `${signed[1]}.`) as unknown as Case).kind, "invalid");
  }
  const kinds = (file.bip322.notValid as unknown as Case[]).map((signed) => judge(signed).kind);
  // Unknown: a script address, and the full form.
  assertEquals(kinds, [
    "invalid",
    "invalid",
    "invalid",
    "unknown",
    "invalid",
    "invalid",
    "unknown",
  ]);
});

Deno.test("a key of Bitcoin Core's vectors signs for all its addresses, whatever header says which", () => {
  const [[address, message, signature]] = file.bip137.valid as unknown as [Case];
  const keyHash = scriptOfAddress(address, "main").slice(3, 23);
  const witness = concat(Uint8Array.of(0, 20), keyHash);
  const wrapped = concat(Uint8Array.of(0xa9, 20), crypto.hash160(witness), Uint8Array.of(0x87));
  const bytes = Uint8Array.fromBase64(signature);
  const valid = (script: Uint8Array) =>
    [27, 31, 35, 39, 43].filter((first) => {
      const header = first + (bytes[0]! - 27) % 4;
      const given = bytes.with(0, header).toBase64();
      return judge([canonicalAddress(script, "main")!, message, given]).kind === "valid";
    });
  assertEquals(valid(scriptOfAddress(address, "main")), [31]);
  assertEquals(valid(witness), [31, 35, 39]);
  assertEquals(valid(wrapped), [31, 35, 39]);
});

const SECRET = new Uint8Array(32).fill(0x55);

Deno.test("what is signed is valid for its address alone, of every kind, in any language", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: "grapheme" })),
      fc.constantFrom("p2wpkh" as const, "p2tr" as const),
      (message, kind) => {
        const key = signingKey(SECRET, kind);
        const address = canonicalAddress(key.script, "regtest")!;
        const signature = signMessage(key, message);
        assertEquals(judge([address, message, signature], "regtest").kind, "valid");
        assertEquals(judge([address, `${message} `, signature], "regtest").kind, "invalid");
        const other = canonicalAddress(
          signingKey(new Uint8Array(32).fill(1), kind).script,
          "regtest",
        )!;
        assertEquals(judge([other, message, signature], "regtest").kind, "invalid");
        if (kind === "p2tr") return;
        const old = signBip137(SECRET, message);
        assertEquals(judge([address, message, old], "regtest").kind, "valid");
        assertEquals(judge([other, message, old], "regtest").kind, "invalid");
      },
    ),
    { numRuns: 20 },
  );
});

Deno.test("a signature that leaves parts unsigned is no signature of a message", () => {
  // SIGHASH_NONE and SIGHASH_ALL | ANYONECANPAY.
  for (const hashType of [0x02, 0x81]) {
    for (const kind of ["p2wpkh", "p2tr"] as const) {
      const key = signingKey(SECRET, kind);
      const address = canonicalAddress(key.script, "regtest")!;
      const verdict = judge([address, "hi", signMessage(key, "hi", hashType)], "regtest");
      assertEquals(verdict, { kind: "invalid", why: "does not sign the whole message" });
    }
  }
  const taproot = signingKey(SECRET, "p2tr");
  const address = canonicalAddress(taproot.script, "regtest")!;
  assertEquals(judge([address, "hi", signMessage(taproot, "hi", 0x01)], "regtest").kind, "valid");
});

Deno.test("an address of another network or kind, and the old form for taproot, are told apart", () => {
  const key = signingKey(SECRET, "p2tr");
  const address = canonicalAddress(key.script, "regtest")!;
  const signature = signMessage(key, "hi");
  const elsewhere = judge([address, "hi", signature]);
  assertEquals(elsewhere, { kind: "invalid", why: "is for no address of main" });
  assertEquals(judge([address, "hi", signBip137(SECRET, "hi")], "regtest").kind, "unknown");
  const script = canonicalAddress(fromHex(`a914${"11".repeat(20)}87`), "regtest")!;
  assertEquals(judge([script, "hi", signature], "regtest").kind, "unknown");
});

Deno.test("no changed character of a signature passes, none throws", () => {
  const key = signingKey(SECRET, "p2wpkh");
  const address = canonicalAddress(key.script, "regtest")!;
  const signatures = [signMessage(key, "hi"), signBip137(SECRET, "hi")];
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=!";
  fc.assert(
    fc.property(
      fc.constantFrom(...signatures),
      fc.nat(),
      fc.constantFrom(...alphabet),
      (signature, at, character) => {
        const place = at % signature.length;
        if (signature[place] === character) return;
        const changed = signature.slice(0, place) + character + signature.slice(place + 1);
        // The header of the old form has several values for one address.
        if (changed.length === 88 && place < 2) return;
        assert(judge([address, "hi", changed], "regtest").kind !== "valid", changed);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("whatever is given for a signature, it is judged within bounds", () => {
  const taproot = canonicalAddress(signingKey(SECRET, "p2tr").script, "regtest")!;
  const wpkh = canonicalAddress(signingKey(SECRET, "p2wpkh").script, "regtest")!;
  const anything = fc.oneof(
    fc.string(),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => bytes.toBase64()),
    fc.uint8Array({ minLength: 65, maxLength: 65 }).map((bytes) => bytes.toBase64()),
    fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 3 }).map((items) =>
      `smp${
        concat(
          Uint8Array.of(items.length),
          ...items.map((item) => concat(Uint8Array.of(item.length), item)),
        ).toBase64()
      }`
    ),
  );
  fc.assert(
    fc.property(anything, fc.constantFrom(taproot, wpkh), (signature, address) => {
      assert(judge([address, "hi", signature], "regtest").kind !== "valid");
    }),
    { numRuns: 400 },
  );
  const good = Uint8Array.fromBase64(signMessage(signingKey(SECRET, "p2wpkh"), "hi").slice(3));
  const longer = concat(good, Uint8Array.of(0)).toBase64();
  assertEquals(judge([wpkh, "hi", good.toBase64()], "regtest").kind, "valid");
  assertEquals(judge([wpkh, "hi", longer], "regtest").kind, "invalid");
  const verdict = judge([wpkh, "hi", "A".repeat(SIGNATURE_MAX_LENGTH + 1)], "regtest");
  assert(verdict.kind === "invalid");
  assertStringIncludes(verdict.why, "characters");
});
