import { assertEquals } from "@std/assert";
import { contradictions } from "./config.ts";

Deno.test("limits below the threshold are refused: a run could pay nobody", () => {
  const found = { threshold: 500_000n, payoutMaxRun: 499_999n, payoutMaxDay: 500_000n };
  assertEquals(contradictions(found), [
    "GOPOOL_PAYOUTD_MAX_RUN=499999 is below GOPOOL_PAYOUTD_THRESHOLD=500000: nothing would ever be paid",
  ]);
  assertEquals(contradictions({ ...found, payoutMaxRun: 500_000n }), []);
});
