import { assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import {
  asHash,
  compactSize,
  concat,
  concatAll,
  DecodeError,
  displayHash,
  equalBytes,
  fromHex,
  hashFromDisplay,
  reversed,
  toHex,
  u32le,
  u64le,
} from "./bytes.ts";
import { sats } from "./units.ts";

const anyBytes = fc.uint8Array({ maxLength: 80 });

Deno.test("hex goes there and back, in either case", () => {
  assertEquals(toHex(Uint8Array.of(0, 1, 0xab, 0xff)), "0001abff");
  assertEquals(fromHex("0001ABff"), Uint8Array.of(0, 1, 0xab, 0xff));
  assertEquals(fromHex(""), new Uint8Array(0));
  fc.assert(fc.property(anyBytes, (bytes) => {
    assertEquals(fromHex(toHex(bytes)), bytes);
    assertEquals(fromHex(toHex(bytes).toUpperCase()), bytes);
  }));
});

Deno.test("fromHex() names what is no hex, and throws nothing but SyntaxError", () => {
  assertThrows(() => fromHex("abc"), SyntaxError, "must be an even number of digits, is 3");
  assertThrows(() => fromHex("00zz"), SyntaxError, '"z" at position 2 is no hex digit');
  assertThrows(() => fromHex("0x00"), SyntaxError, '"x" at position 1');
  assertThrows(() => fromHex("00 0"), SyntaxError, '" " at position 2');
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    try {
      assertEquals(toHex(fromHex(text)), text.toLowerCase());
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }));
});

Deno.test("concat() joins parts in order, any number of them", () => {
  assertEquals(concat(), new Uint8Array(0));
  assertEquals(concat(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3)).join(), "1,2,3");
  const many = Array.from({ length: 200_000 }, (_, i) => Uint8Array.of(i));
  assertEquals(concatAll(many).length, 200_000);
});

Deno.test("equalBytes() compares contents and lengths", () => {
  assertEquals(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)), true);
  assertEquals(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)), false);
  assertEquals(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0)), false);
});

Deno.test("reversed() leaves its argument alone", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  assertEquals(reversed(bytes), Uint8Array.of(3, 2, 1));
  assertEquals(bytes, Uint8Array.of(1, 2, 3));
});

Deno.test("a hash is shown back to front and read the same way", () => {
  const shown = "00".repeat(30) + "abcd";
  const hash = hashFromDisplay(shown);
  assertEquals([hash[0], hash[1], hash[31]], [0xcd, 0xab, 0]);
  assertEquals(displayHash(hash), shown);
  assertThrows(() => hashFromDisplay("abcd"), SyntaxError, "must be 64 hex digits, is 4");
  assertThrows(() => asHash(new Uint8Array(31)), DecodeError, "must be 32 bytes, is 31");
  assertEquals(asHash(hash), hash);
});

Deno.test("compactSize() takes the shortest of its four forms", () => {
  const forms: [number, string][] = [
    [0, "00"],
    [252, "fc"],
    [253, "fdfd00"],
    [0xffff, "fdffff"],
    [0x1_0000, "fe00000100"],
    [0xffff_ffff, "feffffffff"],
    [0x1_0000_0000, "ff0000000001000000"],
    [Number.MAX_SAFE_INTEGER, "ffffffffffffff1f00"],
  ];
  for (const [n, hex] of forms) assertEquals(toHex(compactSize(n)), hex);
  for (const n of [-1, 1.5, NaN, Infinity, 2 ** 53]) {
    assertThrows(() => compactSize(n), RangeError, "must be a whole number >= 0");
  }
});

Deno.test("integers are written least significant byte first, and never cut", () => {
  assertEquals(toHex(u32le(0)), "00000000");
  assertEquals(toHex(u32le(0x1234_5678)), "78563412");
  assertEquals(toHex(u32le(0xffff_fffe)), "feffffff");
  assertEquals(toHex(u64le(312_659_655n)), "c7cea21200000000");
  assertEquals(toHex(u64le(2n ** 64n - 1n)), "ff".repeat(8));
  for (const n of [-1, 0.5, 2 ** 32, NaN]) assertThrows(() => u32le(n), RangeError, "4 bytes");
  for (const n of [-1n, 2n ** 64n]) assertThrows(() => u64le(n), RangeError, "8 bytes");
});

Deno.test("sats() refuses a debt", () => {
  assertEquals(sats(0n), 0n as ReturnType<typeof sats>);
  assertThrows(() => sats(-1n), RangeError, "Cannot use -1 as sats: must be >= 0");
});
