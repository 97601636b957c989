import { assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { bip54, heights, wireValues } from "@gopool/testing/vectors";
import { decodeBlock } from "./block.ts";
import { concat, fromHex, toHex } from "./bytes.ts";
import { heightFromScriptSig, heightPush, MAX_HEIGHT } from "./height.ts";

Deno.test("heights are pushed as Bitcoin Core pushes them", () => {
  for (const { height, push } of heights) {
    assertEquals(toHex(heightPush(height)), push, `height ${height}`);
    assertEquals(heightFromScriptSig(fromHex(push)), height, `push ${push}`);
  }
  assertEquals(toHex(heightPush(wireValues.height)), wireValues.heightPush);
  assertEquals(toHex(heightPush(MAX_HEIGHT)), "05ffffffff00");
});

Deno.test("any height is read back from what follows it in a scriptSig", () => {
  const anyHeight = fc.oneof(
    fc.integer({ min: 0, max: 70_000 }),
    fc.integer({ min: 0, max: MAX_HEIGHT }),
  );
  fc.assert(fc.property(anyHeight, fc.uint8Array({ maxLength: 20 }), (height, rest) => {
    assertEquals(heightFromScriptSig(concat(heightPush(height), rest)), height);
  }));
});

Deno.test("whatever is read as a height is what heightPush() writes; nothing throws", () => {
  const scriptSig = fc.oneof(
    fc.uint8Array({ maxLength: 10 }),
    fc.tuple(fc.integer({ min: 0, max: 6 }), fc.uint8Array({ maxLength: 6 }))
      .map(([length, rest]) => concat(Uint8Array.of(length), rest)),
  );
  fc.assert(fc.property(scriptSig, (script) => {
    const height = heightFromScriptSig(script);
    if (height === null) return;
    const push = heightPush(height);
    assertEquals(toHex(script.subarray(0, push.length)), toHex(push));
  }));
});

Deno.test("pushes that are not the shortest, negative, cut or too wide are no height", () => {
  for (
    const script of [
      "",
      "0110",
      "0100",
      "020100",
      "01ff",
      "0480",
      "03c943",
      "0500000000ff",
      "4c0111",
      "06000000000001",
      "0180",
      "05ffffffff7f",
    ]
  ) {
    assertEquals(heightFromScriptSig(fromHex(script)), null, script);
  }
});

Deno.test("the coinbase of a real regtest-like block opens with its height", () => {
  for (const { block } of bip54.height4) {
    const [coinbase] = decodeBlock(fromHex(block)).transactions;
    assertEquals(heightFromScriptSig(coinbase!.inputs[0]!.scriptSig), 4);
  }
});

Deno.test("what is no height is not pushed", () => {
  for (const height of [-1, 1.5, NaN, 2 ** 32]) {
    assertThrows(() => heightPush(height), RangeError, "must be a whole number from 0 to 2^32 - 1");
  }
});
