import { assertEquals } from "@std/assert";
import fc from "@gopool/testing/fc";
import kafkajsCrc32c from "kafkajs/src/protocol/recordBatch/crc32C/index.js";
import { crc32c } from "./crc32c.ts";

Deno.test("the examples of RFC 3720, B.4, and the one that every table of CRCs has", () => {
  const rising = Uint8Array.from({ length: 32 }, (_, i) => i);
  assertEquals(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assertEquals(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assertEquals(crc32c(rising), 0x46dd794e);
  assertEquals(crc32c(rising.toReversed()), 0x113fdb5c);
  assertEquals(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
  assertEquals(crc32c(new Uint8Array()), 0);
});

Deno.test("any stretch of any bytes has the checksum that kafkajs gives it", () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 100 }),
    fc.nat(100),
    fc.nat(100),
    (bytes, one, other) => {
      const [from, to] = [one, other].map((at) => Math.min(at, bytes.length)).sort((a, b) => a - b);
      assertEquals(crc32c(bytes, from, to), kafkajsCrc32c(bytes.subarray(from, to)) >>> 0);
    },
  ));
});
