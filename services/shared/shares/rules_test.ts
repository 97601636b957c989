import { assertEquals } from "@std/assert";
import { Reason } from "@gopool/proto";
import fc from "@gopool/testing/fc";
import { checkTerms, MAX_FUTURE_SECONDS, type Terms } from "./rules.ts";

const NOW = 1_750_000_000;
const GOOD: Terms = {
  version: 0x2000_0000,
  jobVersion: 0x2000_0000,
  mask: 0x1fff_e000,
  ntime: NOW,
  minNtime: NOW - 600,
  nowSeconds: NOW,
  en2Length: 8,
};

const check = (changed: Partial<Terms>) => Reason[checkTerms({ ...GOOD, ...changed })];

Deno.test("checkTerms() finds nothing wrong with a good share", () => {
  assertEquals(check({}), "UNSPECIFIED");
});

Deno.test("checkTerms() wants extranonce2 to have 8 bytes", () => {
  for (const en2Length of [0, 4, 7, 9]) assertEquals(check({ en2Length }), "BAD_EXTRANONCE2");
});

Deno.test("checkTerms() takes ntime from mintime to two hours ahead, both included", () => {
  assertEquals(check({ ntime: NOW - 601 }), "NTIME_TOO_OLD");
  assertEquals(check({ ntime: NOW - 600 }), "UNSPECIFIED");
  assertEquals(check({ ntime: NOW + MAX_FUTURE_SECONDS }), "UNSPECIFIED");
  assertEquals(check({ ntime: NOW + MAX_FUTURE_SECONDS + 1 }), "NTIME_TOO_NEW");
  assertEquals(check({ ntime: 0xffff_ffff }), "NTIME_TOO_NEW");
});

Deno.test("checkTerms() lets exactly the version bits inside the mask differ from the job's", () => {
  const uint32 = fc.nat({ max: 0xffff_ffff });
  fc.assert(fc.property(uint32, uint32, uint32, (version, jobVersion, mask) => {
    let good = true;
    for (let bit = 0n; bit < 32n; bit++) {
      const of = (n: number) => BigInt(n) >> bit & 1n;
      if (of(version) !== of(jobVersion) && of(mask) === 0n) good = false;
    }
    const expected = good ? "UNSPECIFIED" : "BAD_VERSION_BITS";
    assertEquals(check({ version, jobVersion, mask }), expected);
    assertEquals(check({ version: version | 0, jobVersion, mask: mask | 0 }), expected);
    assertEquals(check({ version: jobVersion ^ version & mask, jobVersion, mask }), "UNSPECIFIED");
  }));
});

Deno.test("checkTerms() refuses the bits that old firmware sets outside of every mask", () => {
  for (const version of [0x4000_0000, 0x8000_0000, 0xc000_0000]) {
    assertEquals(check({ version }), "BAD_VERSION_BITS");
    assertEquals(check({ version, mask: 0 }), "BAD_VERSION_BITS");
  }
});
