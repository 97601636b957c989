import { assertEquals, assertThrows } from "@std/assert";
import type { SchemePeriod } from "@gopool/ledger/schemes";
import { address, HARDER, NBITS, START_MINUTE, START_MS } from "./fixture.ts";
import type { Share } from "./share.ts";
import { sumShares } from "./summing.ts";

const period = (fromMinute: number, scheme: SchemePeriod["scheme"]): SchemePeriod => ({
  id: fromMinute,
  fromMinute,
  scheme,
  isFallback: false,
  params: { windowThousandths: 4_000 },
});

const share = (sourceOffset: number, change: Partial<Share> = {}): Share => ({
  sourceOffset,
  loggedAtMs: START_MS,
  account: address(1),
  worker: "",
  coinbase: false,
  nbits: NBITS,
  height: 10,
  work: 1n,
  ...change,
});

const summed = (shares: Share[], periods: SchemePeriod[], firstOpenMinute = 0) => {
  const { groups, late } = sumShares(shares, { network: "regtest", periods, firstOpenMinute });
  const rows = groups.flatMap(({ minute, scheme, nbits, subsidy, accounts }) =>
    [...accounts].map((
      [account, { shares, work }],
    ) => [minute - START_MINUTE, scheme, nbits, subsidy, account, shares, work])
  );
  return { rows, late };
};

Deno.test("shares are told apart by minute, nBits and account, and whether their coinbase pays them", () => {
  const shares = [
    share(0),
    share(1, { work: 5n }),
    share(2, { account: address(2) }),
    share(3, { nbits: HARDER }),
    share(4, { coinbase: true }),
    share(5, { loggedAtMs: START_MS + 59_999 }),
    share(6, { loggedAtMs: START_MS + 60_000 }),
    share(7, { height: 200 }),
  ];
  assertEquals(summed(shares, [period(0, "pplns")]).rows, [
    [0, "pplns", NBITS, 0n, address(1), 4, 8n],
    [0, "pplns", NBITS, 0n, address(2), 1, 1n],
    [0, "pplns", HARDER, 0n, address(1), 1, 1n],
    [0, "coinbase", NBITS, 0n, address(1), 1, 1n],
    [1, "pplns", NBITS, 0n, address(1), 1, 1n],
  ]);
});

Deno.test("under PPS and FPPS a slice carries the subsidy at its shares' height", () => {
  // Regtest halves every 150 blocks.
  const shares = [share(0, { height: 149 }), share(1, { height: 150 }), share(2, { height: 151 })];
  for (const scheme of ["pps", "fpps"] as const) {
    assertEquals(summed(shares, [period(0, scheme)]).rows, [
      [0, scheme, NBITS, 5_000_000_000n, address(1), 1, 1n],
      [0, scheme, NBITS, 2_500_000_000n, address(1), 2, 2n],
    ]);
  }
  assertEquals(summed([share(0, { coinbase: true })], [period(0, "pps")]).rows[0]![3], 0n);
});

Deno.test("a share is of the scheme of its own minute, also when it counts in a later one", () => {
  const periods = [period(0, "pplns"), period(START_MINUTE + 1, "prop")];
  const shares = [share(0), share(1, { loggedAtMs: START_MS + 60_000 })];
  assertEquals(summed(shares, periods).rows.map((row) => row.slice(0, 2)), [
    [0, "pplns"],
    [1, "prop"],
  ]);
  const { rows, late } = summed(shares, periods, START_MINUTE + 3);
  assertEquals(rows.map((row) => row.slice(0, 2)), [[3, "pplns"], [3, "prop"]]);
  assertEquals(late, [
    { sourceOffset: 0, loggedMinute: START_MINUTE, minute: START_MINUTE + 3 },
    { sourceOffset: 1, loggedMinute: START_MINUTE + 1, minute: START_MINUTE + 3 },
  ]);
});

Deno.test("shares before any scheme are not summed up", () => {
  assertThrows(() => summed([share(0)], []), RangeError, "No scheme is in force");
});
