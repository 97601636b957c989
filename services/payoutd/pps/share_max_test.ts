import { assertEquals } from "@std/assert";
import { targetFromBits, workOfTarget } from "@gopool/chain";
import type { SchemeName, SchemePeriod } from "@gopool/ledger/schemes";
import type { Share } from "../shares/share.ts";
import { sumShares } from "../shares/summing.ts";

const NBITS = 0x201f_ffff;
/** What a block needs there: 8. */
const UNIT = workOfTarget(targetFromBits(NBITS));

/** Work of one account under a scheme. */
function summed(scheme: SchemeName, works: readonly bigint[]) {
  const params = { windowThousandths: 1_000 };
  const periods: SchemePeriod[] = [{ id: 1, fromMinute: 0, scheme, params, isFallback: false }];
  const shares = works.map((work, n): Share => ({
    sourceOffset: n,
    loggedAtMs: 60_000,
    account: "alice",
    worker: "",
    coinbase: false,
    nbits: NBITS,
    height: 1,
    work,
  }));
  const { groups } = sumShares(shares, { network: "regtest", periods, firstOpenMinute: 0 });
  return groups.map(({ subsidy, accounts }) => ({ subsidy, ...accounts.get("alice")! }));
}

Deno.test("a share above the network's difficulty is paid at once as one block, in windows as its work", () => {
  const works = [UNIT - 1n, UNIT, UNIT + 1n, 1_000n * UNIT];
  const all = works.reduce((sum, work) => sum + work);
  for (const scheme of ["pps", "fpps"] as const) {
    assertEquals(summed(scheme, works), [
      { subsidy: 5_000_000_000n, shares: 4, work: 4n * UNIT - 1n },
    ]);
  }
  for (const scheme of ["pplns", "solo", "prop"] as const) {
    assertEquals(summed(scheme, works), [{ subsidy: 0n, shares: 4, work: all }]);
  }
});
