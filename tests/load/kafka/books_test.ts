import { assertEquals } from "@std/assert";
import { expectedSum } from "./books.ts";

Deno.test("samples that went round once and a half have their sum", () => {
  const records = [1, 10].map((byte) => ({
    partition: 0,
    key: new Uint8Array([byte]),
    value: new Uint8Array([byte, byte]),
  }));
  const appended = new Uint8Array([100]);
  assertEquals(expectedSum({ records, judgement: appended }, 3, appended), {
    records: 3,
    bytes: 3 * 4,
    sum: 2 * 3 + 30 + 300,
  });
  assertEquals(expectedSum({ records, judgement: appended }, 2, new Uint8Array()).bytes, 6);
});
