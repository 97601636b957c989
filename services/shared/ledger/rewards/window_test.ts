import { assertEquals, assertThrows } from "@std/assert";
import fc from "@gopool/testing/fc";
import { history, sumsIn, totalsBefore } from "./history_fixture.ts";
import type { Fraction, MinuteTotal } from "./types.ts";
import { unitWork } from "./units.ts";
import { weightsOf, WindowMismatch } from "./weights.ts";
import { findReach, findWindow, ReachSearch, type Window } from "./window.ts";

/** A unit is 8 of work. */
const EIGHT = 0x201f_ffff;
/** A unit is 16 of work. */
const SIXTEEN = 0x200f_ffff;

const slice = (minute: number, work: bigint, nbits = EIGHT, span = 1): MinuteTotal => ({
  minute,
  span,
  nbits,
  work,
});

const fraction = (numerator: bigint, denominator: bigint): Fraction => ({ numerator, denominator });

/** What counts of a window, in units, as a fraction; multiplied out without a common denominator. */
function unitsIn({ totals, fraction: { numerator, denominator } }: Window): Fraction {
  return totals.reduce(
    (sum, { nbits, whole, edge }) => {
      const unit = unitWork(nbits) * denominator;
      const more = whole * denominator + edge * numerator;
      return fraction(sum.numerator * unit + more * sum.denominator, sum.denominator * unit);
    },
    fraction(0n, 1n),
  );
}

Deno.test("a unit at nBits of which the README speaks is 8, 16 and 128 of work", () => {
  assertEquals([EIGHT, SIXTEEN, 0x2001_ffff].map(unitWork), [8n, 16n, 128n]);
  // The main chain's easiest: 2^32 hashes and a little.
  assertEquals(unitWork(0x1d00_ffff), 0x1_0001_0001n);
});

Deno.test("the slice that straddles the window counts in part, at its very end whole", () => {
  const slices = [slice(9, 6n), slice(8, 4n), slice(7, 12n), slice(6, 100n)];
  const { fromMinute, edgeMinutes, fraction: part, full, totals } = findWindow(slices, 2000n, 10);
  assertEquals([fromMinute, edgeMinutes, part, full], [7, 1, fraction(1n, 2n), true]);
  assertEquals(totals, [{ nbits: EIGHT, whole: 10n, edge: 12n }]);
  const exact = findWindow(slices, 1250n, 10);
  assertEquals([exact.fromMinute, exact.fraction, exact.full], [8, fraction(1n, 1n), true]);
});

Deno.test("a young pool's window is all there is, and an empty one says so", () => {
  const young = findWindow([slice(9, 6n), slice(3, 4n)], 2000n, 10);
  assertEquals([young.fromMinute, young.fraction, young.full], [3, fraction(1n, 1n), false]);
  const empty = findWindow([], 2000n, 10);
  assertEquals([empty.fromMinute, empty.edgeMinutes, empty.full, empty.totals], [10, 0, false, []]);
  assertEquals(weightsOf(empty, []), []);
});

Deno.test("a window counts X units, not more and not less, whatever difficulties are in it", () => {
  fc.assert(fc.property(history(20), fc.bigInt(1n, 100_000n), (done, thousandths) => {
    const window = findWindow(totalsBefore(done, 20), thousandths, 20);
    const { numerator, denominator } = unitsIn(window);
    if (window.full) assertEquals(numerator * 1000n, thousandths * denominator);
    else assertEquals(numerator * 1000n < thousandths * denominator, true);
    assertEquals(window.fraction.numerator > 0n, true);
    assertEquals(window.fraction.numerator <= window.fraction.denominator, true);
  }));
});

Deno.test("a window is the same however slices arrive in rows", () => {
  const rowsOf = (rows: MinuteTotal[]) =>
    rows.flatMap(({ work, ...rest }) =>
      work === 1n ? [{ work, ...rest }] : [{ work: 1n, ...rest }, { work: work - 1n, ...rest }]
    );
  fc.assert(fc.property(history(20), fc.bigInt(1n, 100_000n), (done, thousandths) => {
    const totals = totalsBefore(done, 20);
    // Within a minute the rows' order means nothing.
    const turned = rowsOf(totals).sort((a, b) => b.minute - a.minute || b.nbits - a.nbits);
    assertEquals(findWindow(turned, thousandths, 20), findWindow(totals, thousandths, 20));
  }));
});

Deno.test("minutes summed into hours give the same weights, where no hour straddles", () => {
  fc.assert(fc.property(history(240), (done) => {
    const hourly = done.map((one) => ({ ...one, minute: Math.floor(one.minute / 60) * 60 }));
    const hours = totalsBefore(hourly, 240).map((total) => ({ ...total, span: 60 }));
    const reach = { untilMinute: 240, back: { toMinute: 60 } };
    const byMinute = findReach(totalsBefore(done, 240), reach);
    const byHour = findReach(hours, reach);
    assertEquals(
      weightsOf(byHour, sumsIn(hourly, byHour)),
      weightsOf(byMinute, sumsIn(done, byMinute)),
    );
  }));
});

Deno.test("a round ends where the block before was found, and takes an hour in part by time", () => {
  const reach = { untilMinute: 130, back: { toMinute: 105 } };
  const minutes = findReach([slice(129, 6n), slice(105, 4n), slice(104, 50n)], reach);
  assertEquals([minutes.fromMinute, minutes.fraction, minutes.full], [105, fraction(1n, 1n), true]);
  assertEquals(minutes.totals, [{ nbits: EIGHT, whole: 6n, edge: 4n }]);
  // The hour from 60 to 119: 15 of its minutes are in the round.
  const hours = [slice(129, 6n), slice(60, 40n, EIGHT, 60), slice(0, 9n, EIGHT, 60)];
  const byHour = findReach(hours, reach);
  assertEquals([byHour.fromMinute, byHour.edgeMinutes, byHour.fraction], [
    60,
    60,
    fraction(1n, 4n),
  ]);
  assertEquals(byHour.totals, [{ nbits: EIGHT, whole: 6n, edge: 40n }]);
  // Nobody has worked since.
  assertEquals(findReach([slice(104, 50n)], reach).totals, []);
  // There was no block before.
  const all = findReach(hours, { untilMinute: 130, back: { toMinute: null } });
  assertEquals([all.fromMinute, all.fraction, all.full], [0, fraction(1n, 1n), true]);
});

Deno.test("nothing is read past the end of the window", () => {
  const search = new ReachSearch({ untilMinute: 10, back: { thousandths: 1000n } });
  // Whether minute 9 is complete is known when minute 8 comes.
  assertEquals(search.add(slice(9, 8n)), false);
  assertEquals(search.add(slice(9, 8n, SIXTEEN)), false);
  assertEquals(search.add(slice(8, 1n)), true);
  assertEquals(search.add(slice(20, 1n)), true);
  const { fraction: part, totals } = search.window();
  assertEquals(part, fraction(2n, 3n));
  assertEquals(totals.map(({ edge }) => edge), [8n, 8n]);
});

Deno.test("slices out of order, overlapping, or of the minute of the block are refused", () => {
  for (
    const slices of [
      [slice(8, 1n), slice(9, 1n)],
      [slice(10, 1n)],
      [slice(9, 1n), slice(0, 1n, EIGHT, 60)],
      [slice(9, 1n), slice(8, 1n), slice(9, 1n)],
    ]
  ) {
    assertThrows(() => findWindow(slices, 9000n, 10), RangeError, "count back");
  }
  assertThrows(() => findWindow([], 0n, 10), RangeError, "0 thousandths");
});

Deno.test("work of accounts that does not add up to the window is refused", () => {
  const window = findWindow([slice(9, 6n), slice(8, 4n)], 9000n, 10);
  const alice = { account: "alice", nbits: EIGHT, whole: 6n, edge: 4n };
  assertEquals(weightsOf(window, [alice]), [{ account: "alice", weight: 10n }]);
  for (
    const sums of [
      [],
      [{ ...alice, whole: 5n }],
      [{ ...alice, edge: 5n }],
      [{ ...alice, nbits: SIXTEEN }],
      [alice, { account: "bob", nbits: EIGHT, whole: 1n, edge: 0n }],
    ]
  ) {
    assertThrows(() => weightsOf(window, sums), WindowMismatch, "adds up to");
  }
});
