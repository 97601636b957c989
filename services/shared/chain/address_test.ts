import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { addresses } from "@gopool/testing/vectors";
import { AddressError, canonicalAddress, isPayable, scriptOfAddress } from "./address.ts";
import { concat, fromHex, toHex } from "./bytes.ts";
import { type Network, NETWORKS } from "./network.ts";

/** Why `address` is refused on `network`. */
function refusal(address: string, network: Network = "main"): string {
  return assertThrows(() => scriptOfAddress(address, network), AddressError).message;
}

const anyNetwork = fc.constantFrom(...NETWORKS);
/** Every script that has an address. */
const payable = fc.oneof(
  fc.uint8Array({ minLength: 20, maxLength: 20 }).map((hash) =>
    concat(fromHex("76a914"), hash, fromHex("88ac"))
  ),
  fc.uint8Array({ minLength: 20, maxLength: 20 }).map((hash) =>
    concat(fromHex("a914"), hash, fromHex("87"))
  ),
  fc.uint8Array({ minLength: 20, maxLength: 20 }).map((hash) => concat(fromHex("0014"), hash)),
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map((hash) => concat(fromHex("0020"), hash)),
  fc.tuple(fc.integer({ min: 1, max: 16 }), fc.uint8Array({ minLength: 2, maxLength: 40 }))
    .map(([version, program]) => concat(Uint8Array.of(0x50 + version, program.length), program)),
);

Deno.test("Bitcoin Core's and BIP 350's addresses of every type and network give their scripts", () => {
  for (const { network, address, script } of addresses.valid) {
    assertEquals(toHex(scriptOfAddress(address, network as Network)), script, address);
    const lower = /^(bc|tb|bcrt)1/i.test(address) ? address.toLowerCase() : address;
    assertEquals(canonicalAddress(fromHex(script), network as Network), lower);
    if (lower === address.toLowerCase()) {
      assertEquals(toHex(scriptOfAddress(address.toUpperCase(), network as Network)), script);
    }
  }
});

Deno.test("BIP 350's invalid addresses are refused on every network", () => {
  for (const { address } of addresses.invalid) {
    for (const network of NETWORKS) assertEquals(isPayable(address, network), false, address);
  }
});

Deno.test("testnet3, testnet4 and signet share their addresses; regtest shares the base58 ones", () => {
  for (const { network, address } of addresses.valid) {
    const base58 = !/^(bc|tb|bcrt)1/i.test(address);
    const family = network === "main"
      ? ["main"]
      : base58
      ? ["testnet3", "testnet4", "signet", "regtest"]
      : network === "regtest"
      ? ["regtest"]
      : ["testnet3", "testnet4", "signet"];
    assertEquals(NETWORKS.filter((n) => isPayable(address, n)) as string[], family, address);
  }
});

Deno.test("a taproot key need not be a point of the curve, as for Bitcoin Core", () => {
  for (const byte of [0x00, 0xff]) {
    const script = concat(fromHex("5120"), new Uint8Array(32).fill(byte));
    const address = canonicalAddress(script, "main")!;
    assertEquals(toHex(scriptOfAddress(address, "main")), toHex(script));
  }
});

Deno.test("an address of another network is refused with its network and the wanted one", () => {
  assertEquals(
    refusal("tb1qyazxde6558qj6z3d9np5e6msmrspwpf6k0qggk"),
    'Cannot pay to "tb1qyazxde6558qj6z3d9np5e6msmrspwpf6k0qggk": it is an address of testnet3, ' +
      "testnet4 or signet, on main an address begins with bc1, 1 or 3",
  );
  assertStringIncludes(
    refusal("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "regtest"),
    "it is an address of main, on regtest an address begins with bcrt1, m, n or 2",
  );
  assertStringIncludes(
    refusal("2NC2hEhe28ULKAJkW5MjZ3jtTMJdvXmByvK"),
    "it is an address of testnet3, testnet4, signet or regtest, on main",
  );
  assertStringIncludes(
    refusal("bcrt1qdavt4j2sd7dlhqsavtnfxvzppw6k7qy97tmnu9", "signet"),
    "it is an address of regtest, on signet an address begins with tb1, m, n or 2",
  );
});

// One thing wrong at a time: the sentence must name that thing.
const wrong: [string, string][] = [
  ["", "it has 0 characters"],
  ["b".repeat(91), "it has 91 characters"],
  ["bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "its checksum is wrong"],
  ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "its checksum is wrong"],
  ["Bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "it mixes upper and lower case"],
  ["bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3to", '"o" is no character of bech32'],
  ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfN0", '"0" is no character of base58'],
  ["bc1 w508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", '" " is no character of bech32'],
  ["not an address", '" " is no character of base58'],
  ["bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", "the checksum of another witness version"],
  ["BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R", "version is 17"],
  ["bc1pw5dgrnzv", "its witness program has 1 bytes, it must have 2 to 40"],
  ["BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P", "has 16 bytes, version 0 has 20 or 32"],
  ["bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf", "stray bits"],
  ["bc1gmk9yu", "it has no witness version"],
  ["bc1", "it has no witness version"],
  ["ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9", 'its prefix "ltc" is no Bitcoin network\'s'],
  ["3QJmnh", "it is base58 of another length"],
  ["LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1", "its version byte 48 is no Bitcoin network's"],
];
for (const [address, sentence] of wrong) {
  Deno.test(`scriptOfAddress() says "${sentence}" of ${JSON.stringify(address.slice(0, 44))}`, () => {
    const message = refusal(address);
    assertStringIncludes(message, `Cannot pay to ${JSON.stringify(address)}: `);
    assertStringIncludes(message, sentence);
  });
}

Deno.test("a private key is refused without being repeated", () => {
  for (
    const key of [
      "5JuW2AMDYu4xVwRG9DZW18VbzQrGcd5RCgb99sS6ehJsNQXu5b9",
      "L5nJeqKmpHp4P7F8ZYyjwc5a7P4d8EabuGAzfGJk7yC1BJyzNaEd",
      "92ZdE5HoLafywnTBbzPxbvRmp75pSfzvdU3XaZGh1cToipgdHVh",
      "cV83kKisF3RQSvXbUCm9ox3kaz5JjEUBWcx8tNydfGJcyeUxuH47",
    ]
  ) {
    const message = refusal(key);
    assertStringIncludes(message, "looks like a private key");
    assertEquals(message.includes(key.slice(0, 8)), false);
  }
});

Deno.test("every script that has an address comes back from it", () => {
  fc.assert(fc.property(payable, anyNetwork, (script, network) => {
    const address = canonicalAddress(script, network)!;
    assertEquals(toHex(scriptOfAddress(address, network)), toHex(script));
    assertEquals(canonicalAddress(scriptOfAddress(address, network), network), address);
  }));
});

Deno.test("one mistyped character never pays anybody", () => {
  const change = fc.tuple(payable, fc.nat(), fc.integer({ min: 33, max: 126 }));
  fc.assert(fc.property(change, ([script, place, code]) => {
    const address = canonicalAddress(script, "main")!;
    const at = place % address.length;
    const typed = address.slice(0, at) + String.fromCharCode(code) + address.slice(at + 1);
    if (typed !== address) assertEquals(isPayable(typed, "main"), false, typed);
  }));
});

Deno.test("no text makes the reader fail with anything but an AddressError", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 100 }),
    fc.string({ maxLength: 91 }).map((rest) => `bc1${rest}`),
    fc.string({ unit: fc.constantFrom(..."qpzry9x8gf2tvdw0s3jn54khce6mua7l1"), maxLength: 91 })
      .map((rest) => `tb1${rest}`),
    fc.string({ unit: fc.constantFrom(..."123456789ABCDEFGHJKLMNPQRSTUVWXYZabc"), maxLength: 60 }),
  );
  fc.assert(fc.property(text, anyNetwork, (address, network) => {
    isPayable(address, network);
  }));
});

Deno.test("no script makes the writer fail, and what it writes is read back", () => {
  const script = fc.oneof(payable, fc.uint8Array({ maxLength: 50 }));
  const bent = fc.tuple(script, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([s, at, byte]) =>
    s.length === 0 ? s : s.with(at % s.length, byte)
  );
  fc.assert(fc.property(bent, anyNetwork, (script, network) => {
    const address = canonicalAddress(script, network);
    if (address !== null) assertEquals(toHex(scriptOfAddress(address, network)), toHex(script));
  }));
  for (
    const hex of [
      "",
      "00",
      "6a",
      "0014",
      "00140000",
      "6a24aa21a9ed",
      "512100",
      "0015" + "00".repeat(21),
    ]
  ) {
    assertEquals(canonicalAddress(fromHex(hex), "main"), null, hex);
  }
  assert(canonicalAddress(fromHex("5102" + "4e73"), "main")!.startsWith("bc1p"));
});
