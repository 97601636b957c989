import { assertEquals } from "@std/assert";
import { bytes, count, ends, hashrate, short, span, time, word } from "./words.ts";

Deno.test("values are said as people read them", () => {
  assertEquals([0, 999, 1_000, 61_000, 90_061_000].map(span), [
    "0ms",
    "999ms",
    "1s",
    "1m 1s",
    "1d 1h",
  ]);
  assertEquals([time(0n), time(1_000n)], [null, "1970-01-01T00:00:01Z"]);
  assertEquals([0, 950, 1_500, 2.5e15].map(hashrate), ["-", "950 H/s", "1.50 kH/s", "2.50 PH/s"]);
  assertEquals([0n, 1_023n, 1_536n].map(bytes), ["0 B", "1023 B", "1.50 KiB"]);
  assertEquals([1, 0.000123456, 65_536, Infinity].map(short), ["1", "0.0001235", "65536", "-"]);
  assertEquals([count(1, "ban"), count(2n, "ban")], ["1 ban", "2 bans"]);
  assertEquals([ends("short"), ends("a".repeat(40))], ["short", "aaaaaaaaaa…aaaaaa"]);
});

Deno.test("a number that an enumeration of later makes has no word, and is said as it is", () => {
  enum Some {
    NEW_TIP = 1,
  }
  assertEquals([word(Some, 1), word(Some, 2)], ["new tip", "2 (unknown to this program)"]);
});
