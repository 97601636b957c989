import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { fromHex, toHex } from "./bytes.ts";
import { MAX_SUPPLY_SATS, type Sats, sats } from "./units.ts";
import {
  assertVariant,
  coinbaseOutputs,
  type OutputRecipe,
  OUTPUTS_MAX,
  paysAccount,
  SCRIPT_MAX_BYTES,
  type VariantRecipe,
} from "./variant.ts";

const pool = fromHex("0014ca81d03f2707c355502622c7db77fdf79546926e");
const miner = fromHex("0014fd8b1a0b2a4c387d0a418969c62f2812c76ee45d");

const fixed = (amount: bigint, script = pool): OutputRecipe => ({
  amount: { kind: "sats", sats: sats(amount) },
  payee: { kind: "script", script },
});
const rest = (script = pool): OutputRecipe => ({
  amount: { kind: "remainder" },
  payee: { kind: "script", script },
});
const fee = (basisPoints: number, script = pool): OutputRecipe => ({
  amount: { kind: "fee", basisPoints },
  payee: { kind: "script", script },
});
const account: OutputRecipe = { amount: { kind: "remainder" }, payee: { kind: "account" } };

function recipe(...outputs: OutputRecipe[]): VariantRecipe {
  return { id: 7, name: "tried", outputs, snapshotId: new Uint8Array(0) };
}

function amounts(variant: VariantRecipe, value: bigint): string {
  return coinbaseOutputs(variant, value as Sats, miner).map(({ sats }) => sats).join();
}

Deno.test("the pool's own variant pays everything to one script", () => {
  const [output, ...others] = coinbaseOutputs(recipe(rest()), sats(625_002_820n), null);
  assertEquals([output!.sats as bigint, toHex(output!.script)], [625_002_820n, toHex(pool)]);
  assertEquals(others, []);
});

Deno.test("a session's account takes what the fee leaves, the fee being cut down to whole sats", () => {
  const solo = recipe(account, fee(200));
  const [toMiner, toPool] = coinbaseOutputs(solo, sats(625_002_820n), miner);
  assertEquals([toMiner!.sats, toPool!.sats] as bigint[], [612_502_764n, 12_500_056n]);
  assertEquals([toHex(toMiner!.script), toHex(toPool!.script)], [toHex(miner), toHex(pool)]);
  assertEquals(amounts(solo, 49n), "49,0");
  assertEquals(amounts(solo, 0n), "0,0");
  assertEquals(amounts(recipe(fee(10_000), rest()), 312_500_001n), "312500001,0");
});

Deno.test("a fixed list pays each amount as it stands, in its order", () => {
  assertEquals(amounts(recipe(fixed(5n), rest(), fixed(0n), fee(1)), 20_000n), "5,19993,0,2");
});

Deno.test("a list that asks for more than there is is refused, one that asks for all is not", () => {
  assertEquals(amounts(recipe(fixed(100n), rest()), 100n), "100,0");
  assertThrows(
    () => amounts(recipe(fixed(60n), fixed(45n), rest()), 100n),
    RangeError,
    "ask for 5 sats more than the 100 there are",
  );
  assertThrows(() => amounts(recipe(fixed(1n), fee(10_000), rest()), 100n), RangeError, "1 sats");
});

Deno.test("a variant that pays the session's account needs one", () => {
  assertEquals([paysAccount(recipe(account)), paysAccount(recipe(rest()))], [true, false]);
  for (const script of [null, new Uint8Array(0)]) {
    assertThrows(
      () => coinbaseOutputs(recipe(account), sats(1n), script),
      RangeError,
      "pays the session's account, and there is none",
    );
  }
});

const malformed: [string, VariantRecipe][] = [
  ["must have an output", recipe()],
  ["exactly one output must take the remainder, 0 do", recipe(fixed(1n))],
  ["exactly one output must take the remainder, 2 do", recipe(rest(), account)],
  ["at most 10000 basis points, they are 10001", recipe(fee(5_000), fee(5_001), rest())],
  ["whole number of 0 to 10000 basis points, is -1", recipe(fee(-1), rest())],
  ["whole number of 0 to 10000 basis points, is 1.5", recipe(fee(1.5), rest())],
  ["whole number of 0 to 10000 basis points, is NaN", recipe(fee(NaN), rest())],
  [
    "an amount must be >= 0 sats, is -1",
    recipe(
      { amount: { kind: "sats", sats: -1n as Sats }, payee: { kind: "account" } },
      rest(),
    ),
  ],
  ["more than there will be", recipe(fixed(MAX_SUPPLY_SATS), fixed(1n), rest())],
  ["script is empty", recipe(rest(new Uint8Array(0)))],
  ["must have at most 520 bytes, has 521", recipe(rest(new Uint8Array(SCRIPT_MAX_BYTES + 1)))],
  [
    `at most ${OUTPUTS_MAX} outputs, has ${OUTPUTS_MAX + 1}`,
    recipe(...Array.from({ length: OUTPUTS_MAX + 1 }, () => rest())),
  ],
  ["its id must be a uint32", { ...recipe(rest()), id: -1 }],
  ["its id must be a uint32", { ...recipe(rest()), id: 0.5 }],
  ["its id must be a uint32", { ...recipe(rest()), id: 2 ** 32 }],
];
for (const [sentence, variant] of malformed) {
  Deno.test(`a recipe is refused with "${sentence}" (id ${variant.id})`, () => {
    const error = assertThrows(() => assertVariant(variant), RangeError, sentence);
    assert(error.message.startsWith(`Cannot use coinbase variant ${variant.id} ("tried"): `));
    assertThrows(() => coinbaseOutputs(variant, sats(5_000_000_000n), miner), RangeError);
  });
}

Deno.test("outputs of any sound recipe add up to the coinbase's value, none below zero", () => {
  const others = fc.array(
    fc.oneof(
      fc.bigInt({ min: 0n, max: 3_000_000_000n }).map((n) => fixed(n)),
      fc.integer({ min: 0, max: 3_000 }).map((points) => fee(points)),
    ),
    { maxLength: 12 },
  );
  const value = fc.bigInt({ min: 0n, max: 10_000_000_000n });
  fc.assert(fc.property(others, fc.nat(), value, (list, at, coinbaseValue) => {
    const variant = recipe(...list.toSpliced(at % (list.length + 1), 0, rest()));
    try {
      const outputs = coinbaseOutputs(variant, sats(coinbaseValue), null);
      assertEquals(outputs.reduce((sum, { sats }) => sum + sats, 0n), coinbaseValue);
      assert(outputs.every(({ sats }) => sats >= 0n));
      assertEquals(outputs.length, variant.outputs.length);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }));
});
