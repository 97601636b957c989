import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { canonicalAddress, scriptOfAddress } from "../address.ts";
import { DescriptorError, descriptorOf, keysOfDescriptor } from "./descriptor.ts";

/** Master key of BIP 86's test vectors, also of BIP 84's: the words "abandon" eleven times and "about". */
const MASTER =
  "xprv9s21ZrQH143K3GJpoapnV8SFfukcVBSfeCficPSGfubmSFDxo1kuHnLisriDvSnRRuL2Qrg5ggqHKNVpxR86QEC8w35uxmGoggxtQTPvfUu";

/** What BIP 84 and BIP 86 say of it: form, path below the account, address. */
const ADDRESSES = [
  ["wpkh", "84h/0h/0h/0/0", "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"],
  ["wpkh", "84'/0'/0'/0/1", "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g"],
  ["wpkh", "84h/0h/0h/1/0", "bc1q8c6fshw2dlwun7ekn9qwf37cu2rn755upcp6el"],
  ["tr", "86h/0h/0h/0/0", "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr"],
  ["tr", "86'/0'/0'/0/1", "bc1p4qhjn9zdvkux4e44uhx8tc55attvtyu358kutcqkudyccelu0was9fqzwh"],
] as const;

Deno.test("BIP 84's and BIP 86's keys sign for the addresses given there", () => {
  for (const [form, path, address] of ADDRESSES) {
    const keys = keysOfDescriptor(`${form}(${MASTER}/${path})`, "main", []);
    assertEquals(keys.map(({ script }) => canonicalAddress(script, "main")), [address]);
  }
  const wif = "KyZpNDKnfs94vbrwhJneDi77V6jF64PWPF8x5cdJb8ifgg2DUc9d";
  const [key] = keysOfDescriptor(`wpkh([73c5da0a/84'/0'/0'/0/0]${wif})`, "main", []);
  assertEquals(canonicalAddress(key!.script, "main"), ADDRESSES[0][2]);
});

Deno.test("a descriptor of many addresses gives the keys of those that are wanted", () => {
  const wanted = [ADDRESSES[1][2], ADDRESSES[0][2], ADDRESSES[3][2]]
    .map((address) => scriptOfAddress(address, "main"));
  const keys = keysOfDescriptor(`wpkh(${MASTER}/84h/0h/0h/0/*)`, "main", wanted.slice(0, 2));
  assertEquals(keys.map(({ script }) => script), [wanted[1], wanted[0]]);
});

Deno.test("a new key's descriptor reads back on its own network; one changed character never does", () => {
  const characters = "023456789acdefghjklmnpqrstuvwxyzABC()[]/*'#";
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytes.with(0, 1)),
      fc.constantFrom("p2tr" as const, "p2wpkh" as const),
      fc.constantFrom("main" as const, "signet" as const, "regtest" as const),
      fc.nat(),
      fc.constantFrom(...characters),
      (secret, kind, network, at, character) => {
        const text = descriptorOf(secret, kind, network);
        const [key] = keysOfDescriptor(text, network, []);
        assertEquals(key!.kind, kind);
        const place = at % text.length;
        if (text[place] === character) return;
        const changed = text.slice(0, place) + character + text.slice(place + 1);
        // Without its "#" it has no checksum any more; the key has one of its own.
        const error = assertThrows(() => keysOfDescriptor(changed, network, []), DescriptorError);
        assert(!error.message.includes(text.slice(5, 40)));
        const other = network === "main" ? "regtest" : "main";
        assertThrows(() => keysOfDescriptor(text, other, []), DescriptorError);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("what cannot sign, or not for one key alone, is refused without a word of it", () => {
  const wif = "KyZpNDKnfs94vbrwhJneDi77V6jF64PWPF8x5cdJb8ifgg2DUc9d";
  const xpub =
    "xpub661MyMwAqRbcFkPHucMnrGNzDwb6teAX1RbKQmqtEF8kK3Z7LZ59qafCjB9eCRLiTVG3uxBxgKvRgbubRhqSKXnGGb1aoaqLrpMBDrVxga8";
  // The private key 1 in the old form, with a public key of 65 bytes.
  const uncompressed = "5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf";
  const cases: [string, string][] = [
    ["", "must be wpkh(KEY) or tr(KEY)"],
    [wif, "must be wpkh(KEY) or tr(KEY)"],
    [`pkh(${wif})`, "must be wpkh(KEY) or tr(KEY)"],
    [`sh(wpkh(${wif}))`, "must be wpkh(KEY) or tr(KEY)"],
    [`tr(${wif},pk(${wif}))`, "must be wpkh(KEY) or tr(KEY)"],
    [`wsh(multi(1,${wif}))`, "must be wpkh(KEY) or tr(KEY)"],
    [`wpkh(${MASTER}/<0;1>/*)`, "must be wpkh(KEY) or tr(KEY)"],
    [`wpkh(${MASTER}/0)#aaaaaaaa`, "cannot be read"],
    [`wpkh(${uncompressed})`, "cannot be read"],
    [`wpkh(${xpub}/0/0)`, "this one can only watch"],
    [`tr(02${"11".repeat(32)})`, "cannot be read"],
  ];
  for (const [text, words] of cases) {
    const error = assertThrows(() => keysOfDescriptor(text, "main", []), DescriptorError, words);
    for (const secret of [wif, MASTER, xpub, uncompressed]) {
      assert(!Deno.inspect(error).includes(secret.slice(4, 20)));
    }
  }
});

Deno.test("whatever text is given, a key comes out or a sentence", () => {
  const pieces = fc.array(
    fc.constantFrom("wpkh(", "tr(", ")", "[", "]", "/", "*", "'", "h", "0", "84", MASTER, "#", "x"),
    { maxLength: 8 },
  ).map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(pieces, fc.string()), (text) => {
      try {
        keysOfDescriptor(text, "main", []);
      } catch (error) {
        assert(error instanceof DescriptorError);
      }
    }),
    { numRuns: 300 },
  );
});
