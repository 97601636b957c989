import { createHash } from "node:crypto";
import { assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { merkle } from "@gopool/testing/vectors";
import { concat, fromHex, toHex } from "./bytes.ts";
import { midstate, sha256, sha256d, sha256dFrom, sha256dPair } from "./sha256.ts";

function reference(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}

Deno.test("sha256() gives the standard's examples", () => {
  const text = (s: string) => new TextEncoder().encode(s);
  assertEquals(
    toHex(sha256(text(""))),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
  assertEquals(
    toHex(sha256(text("abc"))),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  assertEquals(
    toHex(sha256(text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  );
});

Deno.test("every length up to 1,100 bytes agrees with the runtime's own hash", () => {
  for (let length = 0; length <= 1100; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 0xff);
    const once = reference(bytes);
    assertEquals(toHex(sha256(bytes)), toHex(once));
    assertEquals(toHex(sha256d(bytes)), toHex(reference(once)));
  }
});

Deno.test("a view into a larger buffer hashes as its own bytes", () => {
  const buffer = Uint8Array.from({ length: 2000 }, (_, i) => i & 0xff);
  for (const [from, to] of [[1, 81], [3, 700], [64, 128]] as const) {
    const view = buffer.subarray(from, to);
    assertEquals(toHex(sha256(view)), toHex(reference(buffer.slice(from, to))));
  }
});

Deno.test("results are the caller's own: a later hash does not change them", () => {
  const first = sha256d(Uint8Array.of(1));
  const state = midstate(new Uint8Array(64));
  const kept = [toHex(first), state.join()];
  sha256d(Uint8Array.of(2));
  assertEquals([toHex(first), state.join()], kept);
  assertEquals(first.constructor, Uint8Array);
  assertEquals(sha256(new Uint8Array(5000)).constructor, Uint8Array);
});

Deno.test("hashing on from a midstate equals hashing the whole", () => {
  const blocks = fc.integer({ min: 0, max: 4 });
  fc.assert(fc.property(blocks, fc.uint8Array({ maxLength: 300 }), (n, tail) => {
    const prefix = Uint8Array.from({ length: n * 64 }, (_, i) => i * 7);
    assertEquals(
      toHex(sha256dFrom(midstate(prefix), prefix.length, tail)),
      toHex(sha256d(concat(prefix, tail))),
    );
  }));
});

Deno.test("a midstate is the one that a miner's firmware computes", () => {
  for (const { block, state } of merkle.midstates) {
    const words = midstate(fromHex(block));
    assertEquals([...words].map((word) => word.toString(16).padStart(8, "0")).join(""), state);
  }
});

Deno.test("the length of messages beyond 512 MiB is written with its upper half", () => {
  // 2^29 bytes are 2^32 bits. The midstate stands in for a prefix nobody wants to hash in a test.
  const start = midstate(new Uint8Array(0));
  const long = sha256dFrom(start, 2 ** 29, new Uint8Array(0));
  assertEquals(toHex(long) === toHex(sha256dFrom(start, 0, new Uint8Array(0))), false);
});

Deno.test("a midstate of broken blocks, or going on from one, is refused", () => {
  assertThrows(() => midstate(new Uint8Array(63)), RangeError, "must be blocks of 64");
  const tail = new Uint8Array(1);
  assertThrows(() => sha256dFrom(midstate(new Uint8Array(64)), 65, tail), RangeError, "after 65");
  assertThrows(() => sha256dFrom(new Uint32Array(7), 64, tail), RangeError, "7 words");
});

Deno.test("sha256dPair() hashes two hashes as if joined", () => {
  const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(fc.property(hash, hash, (left, right) => {
    assertEquals(toHex(sha256dPair(left, right)), toHex(sha256d(concat(left, right))));
  }));
  assertThrows(() => sha256dPair(new Uint8Array(32), new Uint8Array(31)), RangeError, "32 and 31");
});
