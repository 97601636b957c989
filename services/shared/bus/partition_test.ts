import { assertEquals } from "@std/assert";
import fc from "@gopool/testing/fc";
import { murmur2, partitionOfKey } from "./partition.ts";

const utf8 = new TextEncoder();

// The values that Apache Kafka's own tests hold murmur2 to (clients, UtilsTest.testMurmur2).
const golden: [string, number][] = [
  ["21", -973932308],
  ["foobar", -790332482],
  ["a-little-bit-long-string", -985981536],
  ["a-little-bit-longer-string", -1486304829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
  ["abc", 479470107],
];
for (const [text, hash] of golden) {
  Deno.test(`murmur2() of "${text}" is Kafka's`, () => {
    assertEquals(murmur2(utf8.encode(text)), hash);
  });
}

Deno.test("partitionOfKey() clears the sign bit as Kafka does", () => {
  assertEquals(partitionOfKey(utf8.encode("21"), 7), (-973932308 & 0x7fffffff) % 7);
  assertEquals(partitionOfKey(utf8.encode("abc"), 7), 479470107 % 7);
});

Deno.test("partitionOfKey() names a partition that exists, for any key and count", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 1024 }), (key, count) => {
      const partition = partitionOfKey(key, count);
      return Number.isInteger(partition) && partition >= 0 && partition < count;
    }),
  );
});
