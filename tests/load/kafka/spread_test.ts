import { assertEquals } from "@std/assert";
import { median, quantile, spread } from "./spread.ts";

Deno.test("the middle, and the value that so many do not pass", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 2, 3]), 2.5);
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  assertEquals(quantile(hundred, 0.99), 99);
  assertEquals(quantile(hundred, 0.5), 50);
  assertEquals(quantile(hundred, 1), 100);
  assertEquals(quantile([7], 0.99), 7);
});

Deno.test("a spread names the middle and both ends", () => {
  assertEquals(spread([1, 2, 30]), "2.00 (1.00 to 30.0)");
  assertEquals(spread([1, NaN]), "?");
});
