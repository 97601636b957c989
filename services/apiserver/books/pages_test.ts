import { assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { BadPage, pageOf, placeOf, sizeOf } from "./pages.ts";

Deno.test("pages leave no row out and have none twice, whatever their size", () => {
  const rows = fc.uniqueArray(fc.nat(1_000), { maxLength: 40 });
  fc.assert(fc.property(rows, fc.integer({ min: 1, max: 50 }), (rows, size) => {
    const sorted = rows.toSorted((a, b) => b - a);
    const seen: number[] = [];
    for (let token = "";;) {
      const place = placeOf(token, "bigint");
      const found = sorted.filter((row) => place === null || row < Number(place[0]))
        .slice(0, size + 1);
      const page = pageOf(found, { size }, (row) => [row], (row) => row);
      seen.push(...page.rows);
      token = page.nextPageToken;
      if (token === "") break;
    }
    assertEquals(seen, sorted);
  }));
});

Deno.test("a token that no answer had is refused in a sentence that stays short", () => {
  assertEquals(placeOf("", "int"), null);
  assertEquals(placeOf("7.8", "int", "bigint"), ["7", "8"]);
  const hash = "ab".repeat(32);
  assertEquals(placeOf(`1.${hash}`, "int", "hash"), ["1", hash]);
  const others = [
    "7",
    "7.8.9",
    "7.",
    "7.-8",
    "7.8e3",
    "2147483648.1",
    "1.9999999999999999999",
    " 7.8",
  ];
  for (const token of [...others, "x".repeat(128)]) {
    const { message } = assertThrows(() => placeOf(token, "int", "bigint"), BadPage);
    assertEquals(message.length < 160, true, message);
  }
});

Deno.test("what is asked for stays within what there is", () => {
  assertEquals([sizeOf(0, 20, 100), sizeOf(7, 20, 100), sizeOf(101, 20, 100)], [20, 7, 100]);
});
