import { assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { ChunkCursor, recordBytes, writeRecord } from "./chunk.ts";
import { LogDamaged } from "./log_store.ts";

const part = fc.uint8Array({ maxLength: 400 });
const records = fc.array(fc.record({ key: part, value: part }), { maxLength: 30 });

function chunkOf(list: { key: Uint8Array; value: Uint8Array }[]): Uint8Array {
  const size = list.reduce((sum, { key, value }) => sum + recordBytes(key, value), 0);
  const chunk = new Uint8Array(size);
  let at = 0;
  for (const { key, value } of list) at = writeRecord(chunk, at, key, value);
  assertEquals(at, size);
  return chunk;
}

Deno.test("a chunk gives back the records that were written into it, from any of them on", () => {
  fc.assert(fc.property(records, fc.nat(30), (list, from) => {
    const start = Math.min(from, list.length);
    const cursor = new ChunkCursor(chunkOf(list));
    cursor.skip(start);
    for (const { key, value } of list.slice(start)) {
      assertEquals([cursor.next(), cursor.next()], [key, value]);
    }
    assertThrows(() => cursor.next(), LogDamaged);
  }));
});

Deno.test("a chunk that was cut short is damage, never a shorter record", () => {
  fc.assert(fc.property(records, fc.nat(), (list, cut) => {
    const chunk = chunkOf(list);
    const length = chunk.length === 0 ? 0 : cut % chunk.length;
    const cursor = new ChunkCursor(chunk.subarray(0, length));
    let read = 0;
    try {
      for (const { key, value } of list) {
        assertEquals([cursor.next(), cursor.next()], [key, value]);
        read += 1;
      }
    } catch (error) {
      return error instanceof LogDamaged && read < list.length;
    }
    return list.length === 0;
  }));
});

Deno.test("a length of more than four bytes is damage", () => {
  for (const bytes of [[0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0x80, 0x80, 0x80, 0x80, 0x10]]) {
    assertThrows(() => new ChunkCursor(new Uint8Array(bytes)).next(), LogDamaged);
  }
});
