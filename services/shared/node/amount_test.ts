import { assertEquals } from "@std/assert";
import { MAX_SUPPLY_SATS } from "@gopool/chain";
import fc from "@gopool/testing/fc";
import { satsOfDecimal } from "./amount.ts";

/** As Bitcoin Core writes it: eight decimals always (core_io.h ValueFromAmount). */
function asCore(sats: bigint): string {
  const digits = sats.toString().padStart(9, "0");
  return `${digits.slice(0, -8)}.${digits.slice(-8)}`;
}

/** As Go's encoding/json writes btcd's double: shortest, with an exponent of two digits below a millionth. */
function asBtcd(sats: bigint): string {
  return JSON.stringify(Number(sats) / 1e8).replace(/e-(\d)$/, "e-0$1");
}

/** Amounts of every length, the largest and the smallest among them. */
const amounts = fc.oneof(
  fc.bigInt({ min: 0n, max: MAX_SUPPLY_SATS }),
  fc.integer({ min: 0, max: 15 }).chain((n) => fc.bigInt({ min: 0n, max: 10n ** BigInt(n) })),
  fc.bigInt({ min: 0n, max: 1000n }).map((n) => MAX_SUPPLY_SATS - n),
);

Deno.test("satsOfDecimal() reads every amount as Bitcoin Core and as btcd write it", () => {
  fc.assert(
    fc.property(amounts, (sats) => {
      assertEquals(satsOfDecimal(asCore(sats)), sats);
      assertEquals(satsOfDecimal(asBtcd(sats)), sats);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("satsOfDecimal() reads every last digit and every power of ten, at both ends of all money", () => {
  const cases: bigint[] = [];
  for (let low = 0n; low < 1000n; low++) cases.push(low, MAX_SUPPLY_SATS - low);
  for (let power = 1n; power <= MAX_SUPPLY_SATS; power *= 10n) {
    for (let digit = 1n; digit <= 9n; digit++) cases.push(digit * power - 1n, digit * power + 1n);
  }
  for (const sats of cases.filter((sats) => sats <= MAX_SUPPLY_SATS)) {
    assertEquals(satsOfDecimal(asCore(sats)), sats);
    assertEquals(satsOfDecimal(asBtcd(sats)), sats);
  }
});

Deno.test("satsOfDecimal() loses nothing where a double's arithmetic would", () => {
  assertEquals(satsOfDecimal("20999999.9769"), 2_099_999_997_690_000n);
  assertEquals(satsOfDecimal("0.29"), 29_000_000n); // 0.29 * 1e8 is 28999999.999999996
  assertEquals(satsOfDecimal("1e-08"), 1n);
  assertEquals(satsOfDecimal("1.5E-7"), 15n);
  assertEquals(satsOfDecimal("21e6"), MAX_SUPPLY_SATS);
  assertEquals(satsOfDecimal("0.000000010"), 1n);
});

Deno.test("satsOfDecimal() takes no part of a satoshi, nothing owed, and no more than there is", () => {
  for (
    const text of [
      "0.000000001",
      "0.1000000000001",
      "0.30000000000000004",
      "-0.1",
      "21000000.00000001",
      "1e9",
      "1e99",
      "1e-99",
      "1e100",
      `0.${"0".repeat(60)}`,
      "",
      ".5",
      "5.",
      "01",
      "+1",
      "0x10",
      "1_000",
      " 1",
      "NaN",
    ]
  ) assertEquals(satsOfDecimal(text), null, text);
});
