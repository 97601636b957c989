import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { difficulty, hashDifficulties, headers, sv2, templates } from "@gopool/testing/vectors";
import { fromHex, hashFromDisplay, toHex } from "./bytes.ts";
import {
  bitsFromTarget,
  DIFFICULTY_1_TARGET,
  difficultyFromBits,
  difficultyOfHash,
  difficultyOfTarget,
  hashValue,
  MAX_TARGET,
  meetsTarget,
  targetFromBits,
  targetFromBytes,
  targetFromDifficulty,
  targetToBytes,
  workOfTarget,
} from "./target.ts";
import type { Hash, Target } from "./units.ts";

const ONE = 1n as Target;
const anyTarget = fc.bigInt({ min: 0n, max: MAX_TARGET }).map((n) => n as Target);
/** Targets of every size, not only the huge ones. */
const sizedTarget = fc.tuple(anyTarget, fc.integer({ min: 0, max: 255 }))
  .map(([target, shift]) => (target >> BigInt(shift)) as Target);
const anyDifficulty = fc.double({ min: Number.MIN_VALUE, max: 1e300, noNaN: true });

Deno.test("share targets are the floor of the exact quotient", () => {
  for (const { difficulty: d, target } of difficulty.difficultyTargets) {
    assertEquals(toHex(targetToBytes(targetFromDifficulty(d))), target, `difficulty ${d}`);
  }
});

Deno.test("a target takes the difficulty as its digits say, to the last hash", () => {
  fc.assert(fc.property(anyDifficulty, (d) => {
    const target = targetFromDifficulty(d);
    const [n, scale] = decimal(d);
    if (target === MAX_TARGET) return assert(target * n <= DIFFICULTY_1_TARGET * scale);
    assert(target * n <= DIFFICULTY_1_TARGET * scale);
    assert((target + 1n) * n > DIFFICULTY_1_TARGET * scale);
  }));
  assertEquals(targetFromDifficulty(0.001), (DIFFICULTY_1_TARGET * 1000n) as Target);
  assertEquals(targetFromDifficulty(1e21), (DIFFICULTY_1_TARGET / 10n ** 21n) as Target);
});

/** d = n / scale by its shortest digits, which toExponential() gives too. */
function decimal(d: number): [n: bigint, scale: bigint] {
  const [, first, rest = "", power] = /^(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(d.toExponential())!;
  const shift = rest.length - Number(power);
  const digits = BigInt(first! + rest);
  return shift >= 0 ? [digits, 10n ** BigInt(shift)] : [digits * 10n ** BigInt(-shift), 1n];
}

Deno.test("very easy difficulties stop at the largest target, very hard ones at none", () => {
  assertEquals(targetFromDifficulty(2 ** -33), MAX_TARGET);
  assertEquals(targetFromDifficulty(Number.MIN_VALUE), MAX_TARGET);
  assertEquals(targetFromDifficulty(1e300), 0n as Target);
  for (const d of [0, -0, -1, NaN, Infinity, -Infinity]) {
    assertThrows(() => targetFromDifficulty(d), RangeError, "must be above 0");
  }
});

Deno.test("nBits give their target and difficulty, and come back", () => {
  for (const { nbits, target, difficulty: d } of difficulty.bitsTargets) {
    const bits = Number.parseInt(nbits, 16);
    assertEquals(toHex(targetToBytes(targetFromBits(bits))), target, nbits);
    assertEquals(difficultyFromBits(bits) as number, d, nbits);
    assertEquals(bitsFromTarget(targetFromBits(bits)), bits, nbits);
  }
  for (const { name, bits, target } of templates) {
    assertEquals(toHex(targetToBytes(targetFromBits(Number.parseInt(bits, 16)))), target, name);
  }
});

Deno.test("nBits that Bitcoin Core refuses give the target nobody can meet", () => {
  // Negative; overflowing 256 bits by size or by mantissa; nothing left; zero.
  const refused = [
    0x1d80_ffff,
    0x0480_0001,
    0x2300_0001,
    0x2200_0100,
    0x2101_0000,
    0xff12_3456,
    0x0100_ffff,
    0x0200_00ff,
    0x0000_0000,
    0x0000_ffff,
    0x1d00_0000,
    0x2080_0000,
  ];
  for (const bits of refused) assertEquals(targetFromBits(bits), 0n as Target, bits.toString(16));
  for (const nbits of difficulty.malformedBits.flatMap((list) => list.nbits)) {
    targetFromBits(Number.parseInt(nbits, 16));
    difficultyFromBits(Number.parseInt(nbits, 16));
  }
  assertEquals(difficultyFromBits(0) as number, Infinity);
});

Deno.test("nBits at the edge of 256 bits and of three bytes are read as Bitcoin Core reads them", () => {
  assertEquals(targetFromBits(0x2200_00ff), (0xffn << 248n) as Target);
  assertEquals(targetFromBits(0x2100_ffff), (0xffffn << 240n) as Target);
  assertEquals(targetFromBits(0x0312_3456), 0x12_3456n as Target);
  assertEquals(targetFromBits(0x0212_3456), 0x1234n as Target);
  assertEquals(targetFromBits(0x0112_3456), 0x12n as Target);
  // The sign counts only where something is left of the mantissa: 0x01800000 would be minus zero.
  assertEquals(targetFromBits(0x0180_0000), 0n as Target);
  assertEquals(bitsFromTarget(0n as Target), 0);
  assertEquals(bitsFromTarget(0x80n as Target), 0x0200_8000);
  assertEquals(bitsFromTarget(0x1234_5678n as Target), 0x0412_3456);
  assertEquals(bitsFromTarget(MAX_TARGET), 0x2100_ffff);
});

Deno.test("bits of any target lose only what 24 bits cannot hold", () => {
  fc.assert(fc.property(sizedTarget, (target) => {
    const back = targetFromBits(bitsFromTarget(target));
    assert(back <= target);
    assertEquals(bitsFromTarget(back), bitsFromTarget(target));
    // At least 16 significant bits are kept.
    assert(back === target || (target - back) * 0x8000n < target);
  }));
});

Deno.test("any 32 bits of nBits are read without a fault", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (bits) => {
    const target = targetFromBits(bits);
    assert(target >= 0n && target <= MAX_TARGET);
    workOfTarget(target);
  }));
});

Deno.test("the difficulty of a hash is the nearest double", () => {
  for (const { name, hash, difficulty: d } of headers) {
    if (d !== null) assertEquals(difficultyOfHash(hashFromDisplay(hash)) as number, d, name);
  }
  for (const { hash, difficultyFloor } of hashDifficulties) {
    assertEquals(Math.floor(difficultyOfHash(hashFromDisplay(hash))), difficultyFloor);
  }
  assertEquals(String(Number(DIFFICULTY_1_TARGET)), String(+difficulty.difficulty1AsDouble.value));
});

/** Targets whose quotient lies a hair above the middle between two doubles: 65 bits of it look like a tie. */
const nearTie = fc.tuple(
  fc.bigInt({ min: 2n ** 52n, max: 2n ** 53n - 1n }),
  fc.bigInt({ min: 24n, max: 120n }),
).map(([low, scale]) => ((DIFFICULTY_1_TARGET << scale) / (2n * low + 1n)) as Target);

Deno.test("difficultyOfTarget() rounds correctly: no double is nearer", () => {
  const target = fc.oneof(
    sizedTarget.filter((t) => t > 0n),
    nearTie.filter((t) => t <= MAX_TARGET),
  );
  fc.assert(fc.property(target, (target) => {
    const d = difficultyOfTarget(target);
    const [low, lowShift] = exact(neighbour(d, -1));
    const [mid, midShift] = exact(d);
    const [high, highShift] = exact(neighbour(d, 1));
    // Twice the quotient lies between the sums of d and each neighbour; all three brought to one scale.
    const shift = [lowShift, midShift, highShift].reduce((a, b) => a > b ? a : b);
    const [l, m, h] = [
      low << (shift - lowShift),
      mid << (shift - midShift),
      high << (shift - highShift),
    ];
    const twice = 2n * (DIFFICULTY_1_TARGET << shift);
    assert((l + m) * target <= twice, `${target}: ${d} is too much`);
    assert((m + h) * target >= twice, `${target}: ${d} is too little`);
  }));
  assertEquals(difficultyOfTarget(0n as Target) as number, Infinity);
  assertEquals(difficultyOfTarget(ONE) as number, Number(DIFFICULTY_1_TARGET));
});

/** The double next to d. */
function neighbour(d: number, step: 1 | -1): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, d);
  view.setBigUint64(0, view.getBigUint64(0) + BigInt(step));
  return view.getFloat64(0);
}

/** d = n / 2^shift, exactly. */
function exact(d: number): [n: bigint, shift: bigint] {
  let shift = 0n;
  while (!Number.isInteger(d)) {
    d *= 2;
    shift++;
  }
  return [BigInt(d), shift];
}

Deno.test("difficulty and target there and back differ by no more than the floor", () => {
  // Below 2^170 the target keeps more bits than a double has. Its difficulty is a trifle above the decimal it came
  // from, and above 2^53 that decimal may lie half-way between two doubles: then it is the next one up.
  const property = (d: number) => {
    const back = difficultyOfTarget(targetFromDifficulty(d)) as number;
    assert(
      back === d || (d > 2 ** 53 && back > d && back - d <= d * 2 ** -52),
      `${d} gives ${back}`,
    );
  };
  fc.assert(
    fc.property(fc.double({ min: 2 ** -31, max: 2 ** 170, noNaN: true }), property),
    { examples: [[29329413462293210]] },
  );
});

Deno.test("the score of btcpool's tests comes out to the last printed digit", () => {
  for (const { nbits, shareDifficulty, printed } of difficulty.ratios) {
    const score = shareDifficulty / difficultyFromBits(Number.parseInt(nbits, 16));
    assertEquals(score.toPrecision(15).replace(/\.0+$/, ""), printed);
  }
});

Deno.test("work is floor(2^256 / (target + 1))", () => {
  assertEquals(workOfTarget(0n as Target), 2n ** 256n);
  assertEquals(workOfTarget(MAX_TARGET), 1n);
  assertEquals(workOfTarget(DIFFICULTY_1_TARGET), 0x1_0001_0001n);
  assertThrows(() => workOfTarget(-1n as Target), RangeError, "must be from 0 to 2^256 - 1");
  assertThrows(() => workOfTarget((MAX_TARGET + 1n) as Target), RangeError);
});

Deno.test("targets become 32 bytes and come back", () => {
  fc.assert(fc.property(sizedTarget, (target) => {
    const bytes = targetToBytes(target);
    assertEquals(toHex(bytes), target.toString(16).padStart(64, "0"));
    assertEquals(targetFromBytes(bytes), target);
  }));
  assertThrows(() => targetFromBytes(new Uint8Array(31)), RangeError, "must be 32 bytes, is 31");
});

Deno.test("a hash meets a target that equals it, and not the one below", () => {
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(fc.property(bytes, (hash) => {
    const value = BigInt("0x" + toHex(hash.slice().reverse()));
    assertEquals(hashValue(hash as Hash), value as Target);
    assertEquals(meetsTarget(hash as Hash, value as Target), true);
    assertEquals(value > 0n && meetsTarget(hash as Hash, (value - 1n) as Target), false);
  }));
  const { hash, channelTarget } = sv2.extendedChannel.share;
  assert(meetsTarget(hashFromDisplay(hash), targetFromBytes(fromHex(channelTarget))));
});
