import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { Vardiff } from "./vardiff.ts";

const AIM = 0.25;
const BOUNDS = { min: 1, max: 1e6 };

/** A miner that finds shares like a clock, `rate` a second, for so many jobs of 30 s. */
function mine(vardiff: Vardiff, fromS: number, jobs: number, rate: (d: number) => number): number {
  let nowS = fromS;
  let owed = 0;
  for (let i = 0; i < jobs * 30; i++) {
    nowS++;
    for (owed += rate(vardiff.difficulty); owed >= 1; owed--) vardiff.note();
    vardiff.tick(nowS);
    if (nowS % 30 !== 0) continue;
    const wanted = vardiff.decide(nowS, AIM, BOUNDS);
    if (wanted !== vardiff.difficulty) vardiff.set(wanted, nowS);
  }
  return nowS;
}

Deno.test("vardiff falls by itself when shares stop, and not below what it may", () => {
  const vardiff = new Vardiff(1000, 0);
  let nowS = mine(vardiff, 0, 20, (d) => 250 / d);
  const before = vardiff.difficulty;
  nowS = mine(vardiff, nowS, 4, () => 0);
  assertLess(vardiff.difficulty, before / 100);
  // A miner that was off for an hour does not come back to a flood without bounds.
  mine(vardiff, nowS, 6, () => 0);
  assertGreater(vardiff.difficulty, before / 10_000);
});

Deno.test("vardiff never leaves its bounds: the network's difficulty above, the device's floor below", () => {
  const fast = new Vardiff(1000, 0);
  mine(fast, 0, 20, () => 50);
  assertEquals(fast.difficulty, 1e6);
  const silent = new Vardiff(2, 0);
  mine(silent, 0, 100, () => 0);
  assertEquals(silent.difficulty, 1);
});

Deno.test("a session at the right difficulty keeps it to the digit once it is known", () => {
  const vardiff = new Vardiff(1000, 0);
  const nowS = mine(vardiff, 0, 10, (d) => 250 / d);
  const found = vardiff.difficulty;
  assert(Math.abs(found / 1000 - 1) < 0.15);
  mine(vardiff, nowS, 500, (d) => 250 / d);
  assertEquals(vardiff.difficulty, found);
});

Deno.test("a suggestion is taken with the next job, whatever was learned before", () => {
  const vardiff = new Vardiff(1000, 0);
  const nowS = mine(vardiff, 0, 10, (d) => 250 / d);
  vardiff.suggest(5);
  assertEquals(vardiff.decide(nowS + 30, AIM, BOUNDS), 5);
});

Deno.test("isFarFrom() leaves a wished difficulty alone until its rate is certainly off", () => {
  const vardiff = new Vardiff(1000, 0);
  for (let i = 0; i < 12; i++) vardiff.note();
  assert(!vardiff.isFarFrom(1000, 30, AIM, 4));
  for (let i = 0; i < 100; i++) vardiff.note();
  assert(vardiff.isFarFrom(1000, 30, AIM, 4));
  assert(!new Vardiff(1000, 0).isFarFrom(1000, 20, AIM, 4));
  assert(new Vardiff(1000, 0).isFarFrom(1000, 60, AIM, 4));
});
