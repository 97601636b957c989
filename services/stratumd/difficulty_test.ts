import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { DifficultyHistory, rounded, rungOf } from "./difficulty.ts";
import { TARGETS_CACHED_MAX } from "./limits.ts";
import { rungWithin } from "./pacing.ts";

const [low, middle, high] = [rungOf(10), rungOf(50), rungOf(100)];

Deno.test("after a raise, shares for earlier jobs count at their own difficulty", () => {
  const history = new DifficultyHistory();
  history.begin(5, low, 0);
  history.begin(8, high, 0);
  assertEquals([5, 7, 8, 9].map((job) => history.rung(job)?.difficulty), [10, 10, 100, 100]);
});

Deno.test("a lowering applies at once, to earlier jobs, too", () => {
  const history = new DifficultyHistory();
  history.begin(5, high, 0);
  history.begin(8, low, 0);
  assertEquals([5, 8].map((job) => history.rung(job)?.difficulty), [10, 10]);
  history.begin(9, middle, 0);
  assertEquals([5, 8, 9].map((job) => history.rung(job)?.difficulty), [50, 10, 50]);
});

Deno.test("a job from before the session's first was never sent to it", () => {
  const history = new DifficultyHistory();
  assertEquals([history.current, history.has(1), history.rung(1)], [null, false, null]);
  history.begin(5, low, 0);
  assertEquals([history.has(4), history.rung(4), history.has(5)], [false, null, true]);
});

Deno.test("an older job sent out of its row has its own difficulty; the newest keeps its", () => {
  const history = new DifficultyHistory();
  history.begin(5, low, 0);
  history.beginOutOfRow(3, high, 6, 0);
  assertEquals([2, 3, 5, 6].map((job) => history.rung(job)?.difficulty), [undefined, 100, 10, 100]);
  assert(history.has(3) && !history.has(4));
});

Deno.test("what no job held can need is forgotten", () => {
  const history = new DifficultyHistory();
  for (let job = 0; job < 100; job++) history.begin(job, job % 2 ? low : high, job - 3);
  assertEquals(history.rung(99)?.difficulty, 10);
  assertEquals(history.rung(50), null);
});

Deno.test("a session that comes back brings its past along", () => {
  const old = new DifficultyHistory();
  old.begin(5, low, 0);
  const again = new DifficultyHistory();
  again.inherit(old);
  again.begin(9, low, 0);
  assertEquals(again.rung(6)?.difficulty, 10);
  again.forget();
  assertEquals(again.has(9), false);
});

Deno.test("difficulties are rounded to what firmware reads well", () => {
  assertEquals([1234567, 931.3, 12.345, 0.000012345, 1.004].map((d) => rounded(d)), [
    1230000,
    931,
    12.3,
    0.0000123,
    1,
  ]);
});

Deno.test("who is never given less than 1 is given whole numbers, within the bounds to the digit", () => {
  const asic = { min: 1, max: Infinity };
  const given = (wanted: number, bounds: { min: number; max: number }) =>
    rungWithin(wanted, bounds).difficulty;
  assertEquals([0.1, 1.4, 2.6, 12.345, 1234.5].map((d) => given(d, asic)), [1, 1, 3, 12, 1230]);
  // What a market asks for is not rounded below it, nor a share made harder than a block.
  assertEquals(given(1, { min: 524_288, max: Infinity }), 524_288);
  assertEquals(given(1, { min: 1.4, max: Infinity }), 2);
  assertEquals(given(5000, { min: 1, max: 93.47 }), 93);
  assertEquals(given(5000, { min: 1, max: 0.5 }), 0.5);
  const cpu = { min: 1e-6, max: 93.47 };
  assertEquals([0.012345, 12.345, 5000].map((d) => given(d, cpu)), [0.0123, 12.3, 93.47]);
});

Deno.test("sessions of one difficulty share one target; the memory of targets is bounded", () => {
  assertStrictEquals(rungOf(10).target, low.target);
  for (let i = 0; i <= TARGETS_CACHED_MAX; i++) rungOf(1000 + i);
  assertEquals(rungOf(10).target, low.target);
});
