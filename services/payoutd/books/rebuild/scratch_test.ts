import { assertEquals } from "@std/assert";
import { Scratch } from "./scratch.ts";

Deno.test("slices in parts add up by minute, by hour and in all", () => {
  using scratch = new Scratch(":memory:");
  const row = { scheme: "pplns", nbits: 1, subsidy: 0n, shares: 1 } as const;
  const big = 1n << 200n;
  scratch.add([
    { ...row, minute: 60, account: "a", work: big },
    { ...row, minute: 61, account: "a", work: 2n },
    { ...row, minute: 60, account: "b", work: 3n },
  ]);
  scratch.add([{ ...row, minute: 60, account: "a", work: 4n }]);
  scratch.sumUp();
  const sums = (minute: number, span: 1 | 60) =>
    scratch.slices(minute, span).map(({ account, shares, work }) => [account, shares, work]);
  assertEquals(sums(60, 1), [["a", 2, big + 4n], ["b", 1, 3n]]);
  assertEquals(sums(60, 60), [["a", 3, big + 6n], ["b", 1, 3n]]);
  assertEquals(scratch.minutes(0, 100, 1), [60, 61]);
  const totals = (byMinute: number) =>
    [...scratch.totalsBack("pplns", 100, byMinute)].map((
      { minute, span, work },
    ) => [minute, span, work]);
  assertEquals(totals(0), [[61, 1, 2n], [60, 1, big + 7n]]);
  assertEquals(totals(120), [[60, 60, big + 9n]]);
  const work = [...scratch.work("pplns", 60, 61)].map(({ account, work }) => [account, work]);
  assertEquals(work, [["a", big + 4n], ["b", 3n]]);
});
