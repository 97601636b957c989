import { assert, assertEquals, assertThrows } from "@std/assert";
import { decodeHeader, fromHex, headerHash } from "@gopool/chain";
import { headers, shares } from "@gopool/testing/vectors";
import fc from "@gopool/testing/fc";
import { numberOf, Numbers, target32 } from "./fixtures.ts";
import { createNonceScanner } from "./miner.ts";

const scanner = createNonceScanner();

/** One nonce after another, with the chain's own hash. */
function plainScan(header: Uint8Array, target: bigint, from: number, count: number): number[] {
  const copy = header.slice();
  const view = new DataView(copy.buffer);
  const found = [];
  for (let nonce = from; nonce < from + count; nonce++) {
    view.setUint32(76, nonce, true);
    if (numberOf(headerHash(copy)) <= target) found.push(nonce);
  }
  return found;
}

Deno.test("scan() finds exactly the nonces that a plain search finds, at any range and target", () => {
  fc.assert(fc.property(
    fc.integer(),
    fc.oneof(fc.nat({ max: 2 ** 32 - 300 }), fc.constantFrom(0, 2 ** 31 - 5, 2 ** 32 - 300)),
    fc.nat({ max: 300 }),
    fc.nat({ max: 8 }),
    (seed, from, count, bits) => {
      const header = new Numbers(seed).bytes(80);
      const target = (1n << BigInt(256 - bits)) - 1n;
      const found = scanner.scan(header, target32(target), from, count);
      assertEquals(found, plainScan(header, target, from, count));
      // The whole target counts, not its first word: exactly at a hash, and one below it.
      for (const nonce of found.slice(0, 2)) {
        const solved = header.slice();
        new DataView(solved.buffer).setUint32(76, nonce, true);
        const exact = numberOf(headerHash(solved));
        assertEquals(scanner.scan(header, target32(exact), nonce, 1), [nonce]);
        assertEquals(scanner.scan(header, target32(exact - 1n), nonce, 1), []);
      }
    },
  ));
});

Deno.test("scan() gives every nonce of a range where all are good, though they outgrow its list", () => {
  const header = new Numbers(3).bytes(80);
  const found = scanner.scan(header, new Uint8Array(32).fill(255), 7, 40_001);
  assertEquals(found, Array.from({ length: 40_001 }, (_, i) => 7 + i));
});

Deno.test("scan() ends at the last nonce there is", () => {
  const header = new Numbers(4).bytes(80);
  const all = new Uint8Array(32).fill(255);
  const last = 2 ** 32 - 1;
  assertEquals(scanner.scan(header, all, last - 1, 2), [last - 1, last]);
  assertEquals(scanner.scan(header, all, 2 ** 32, 0), []);
});

Deno.test("scan() finds the nonces of real blocks and shares", () => {
  const known = [...headers, ...shares].filter((h) => "header" in h).map((h) => h.header);
  assert(known.length >= 6);
  for (const hex of known) {
    const header = fromHex(hex);
    const { nonce } = decodeHeader(header);
    const target = numberOf(headerHash(header));
    const from = Math.max(0, nonce - 1000);
    const found = scanner.scan(header, target32(target), from, Math.min(2001, 2 ** 32 - from));
    assert(found.includes(nonce));
    // Some are regtest's, where every other nonce is as good.
    if (target < 2n ** 230n) assertEquals(found, [nonce]);
  }
});

Deno.test("scan() refuses what is no header, no target and no nonce", () => {
  const header = new Uint8Array(80);
  const target = new Uint8Array(32);
  for (
    const refused of [
      () => scanner.scan(header.subarray(1), target, 0, 1),
      () => scanner.scan(header, target.subarray(1), 0, 1),
      () => scanner.scan(header, target, -1, 1),
      () => scanner.scan(header, target, 0.5, 1),
      () => scanner.scan(header, target, 2 ** 32 - 1, 2),
      () => scanner.scan(header, target, 0, NaN),
    ]
  ) assertThrows(refused, RangeError, "Cannot scan");
});
