import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Histogram } from "./histogram.ts";

Deno.test("quantiles are within two per cent of the sorted list's", () => {
  const histogram = new Histogram();
  const all = Array.from({ length: 10_000 }, (_, i) => 0.01 * 1.001 ** i);
  for (const ms of all) histogram.add(ms);
  for (const part of [0.01, 0.5, 0.99]) {
    const exact = all[Math.ceil(all.length * part) - 1]!;
    assertAlmostEquals(histogram.quantile(part) / exact, 1, 0.02);
  }
  assertEquals(histogram.worst, all.at(-1));
  histogram.clear();
  assert(histogram.size === 0 && histogram.quantile(0.5) === 0);
});
