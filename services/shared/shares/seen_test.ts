import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { Numbers } from "./fixtures.ts";
import { SeenHashes } from "./seen.ts";

/** Hashes from so small a set that they repeat, and whose homes in the table collide. */
const hash = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 40 })).map(
  ([home, n]) => {
    const bytes = new Uint8Array(32);
    bytes[0] = 250 + home; // the table's last places: runs go round its end
    bytes[4 + n % 12] = n;
    return bytes;
  },
);

Deno.test("SeenHashes does what a Map does, through repeats, collisions and removals", () => {
  fc.assert(fc.property(
    fc.array(fc.tuple(fc.constantFrom("put", "put", "remove", "get"), hash, fc.nat()), {
      maxLength: 120,
      size: "max",
    }),
    (steps) => {
      const seen = new SeenHashes();
      const map = new Map<string, number>();
      for (const [step, bytes, value] of steps) {
        const key = bytes.subarray(0, 16).join();
        if (step === "put") {
          assertEquals(seen.put(bytes, value), !map.has(key));
          if (!map.has(key)) map.set(key, value);
        } else if (step === "remove") {
          seen.remove(bytes);
          map.delete(key);
        }
        assertEquals(seen.get(bytes), map.get(key));
        assertEquals(seen.size, map.size);
      }
      for (const [key, value] of map) {
        assertEquals(seen.get(Uint8Array.from(key.split(",").map(Number))), value);
      }
    },
  ));
});

Deno.test("SeenHashes keeps 50,000 hashes while it grows, in less than 64 bytes each", () => {
  const random = new Numbers(1);
  const seen = new SeenHashes();
  const hashes = Array.from({ length: 50_000 }, () => random.bytes(32));
  hashes.forEach((bytes, i) => assert(seen.put(bytes, i)));
  hashes.forEach((bytes, i) => assertEquals(seen.get(bytes), i));
  hashes.forEach((bytes) => assertEquals(seen.put(bytes, -1), false));
  assertEquals(seen.size, 50_000);
  assert(seen.bytes < 64 * seen.size);
});

Deno.test("SeenHashes holds offsets up to 2^53, 0 and negative ones", () => {
  const seen = new SeenHashes();
  const values = [0, -1, -2, Number.MAX_SAFE_INTEGER];
  values.forEach((value, i) => seen.put(new Uint8Array(32).fill(i), value));
  values.forEach((value, i) => assertEquals(seen.get(new Uint8Array(32).fill(i)), value));
});

Deno.test("SeenHashes refuses what it could not find again", () => {
  const seen = new SeenHashes();
  assertThrows(() => seen.put(new Uint8Array(32), NaN), RangeError, "NaN");
  assertThrows(() => seen.get(new Uint8Array(15)), RangeError, "15 bytes");
});
