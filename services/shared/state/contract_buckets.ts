/**
 * What the state port promises of buckets of tokens, as tests.
 *
 * @module
 */
import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { type Declare, fresh } from "./contract_bench.ts";

export function bucketsContract(test: Declare): void {
  test("a bucket is full at first and gives no more than it holds, to nobody", async (bench) => {
    const { state, other } = bench;
    const key = fresh("bucket");
    // So slow that nothing comes back while this runs.
    const bucket = { capacity: 10, perSecond: 0.001 };
    const first = await state.take(key, bucket, 4);
    assertEquals([first.granted, Math.floor(first.left), first.waitMs], [true, 6, 0]);
    assertEquals((await other.take(key, bucket, 5)).granted, true);
    const refused = await state.take(key, bucket, 2);
    assertEquals([refused.granted, Math.floor(refused.left)], [false, 1]);
    // 1 token at 0.001 a second.
    assert(refused.waitMs > 900_000 && refused.waitMs <= 1_000_000, `${refused.waitMs}`);
    assertEquals((await other.take(key, bucket, 1)).granted, true, "a refusal took nothing");
    assertEquals((await state.take(fresh("bucket"), bucket, 10)).granted, true);
  });

  test("a bucket fills again by its rate, up to its capacity", async ({ state, spanMs, pass }) => {
    const key = fresh("bucket");
    // Full again after two spans.
    const bucket = { capacity: 10, perSecond: 5 * 1_000 / spanMs };
    assertEquals((await state.take(key, bucket, 10)).granted, true);
    const empty = await state.take(key, bucket, 6);
    assertEquals(empty.granted, false);
    assert(empty.waitMs > spanMs && empty.waitMs <= 1.2 * spanMs, `${empty.waitMs}`);
    await pass(1.2 * spanMs);
    const again = await state.take(key, bucket, 5);
    assertEquals(again.granted, true);
    assertAlmostEquals(again.left, 1, 0.9);
    await pass(2 * spanMs);
    const full = await state.take(key, bucket, 1);
    assertAlmostEquals(full.left, 9, 0.001);
  });

  test("of draws made at once no more are granted than the bucket holds", async (bench) => {
    const { state, other } = bench;
    const key = fresh("bucket");
    const bucket = { capacity: 20, perSecond: 0.001 };
    const draws = await Promise.all(Array.from(
      { length: 60 },
      (_, i) => (i % 2 ? state : other).take(key, bucket, 1),
    ));
    assertEquals(draws.filter(({ granted }) => granted).length, 20);
  });

  test("a bucket that shrinks holds no more than it can", async ({ state }) => {
    const key = fresh("bucket");
    await state.take(key, { capacity: 1_000, perSecond: 0.001 }, 1);
    const shrunk = await state.take(key, { capacity: 5, perSecond: 0.001 }, 1);
    assertEquals([shrunk.granted, Math.round(shrunk.left)], [true, 4]);
  });

  test("buckets are apart from values and tallies", async ({ state }) => {
    const key = fresh("bucket");
    await state.set(key, new Uint8Array([1]), 60_000);
    await state.tally("a", [{ key, level: 1 }], 60_000);
    await state.take(key, { capacity: 5, perSecond: 1 }, 1);
    assertEquals(await state.get(key), new Uint8Array([1]));
    await state.delete(key);
  });

  test("what is no bucket, or more than it can hold, is refused", async ({ state }) => {
    const key = fresh("bucket");
    const wrong: [capacity: number, perSecond: number, cost: number][] = [
      [0, 1, 1],
      [5, 0, 1],
      [5, -1, 1],
      [5, NaN, 1],
      [5, 1, 0],
      [5, 1, 6],
      [Infinity, 1, 1],
    ];
    for (const [capacity, perSecond, cost] of wrong) {
      await assertRejects(() => state.take(key, { capacity, perSecond }, cost), RangeError);
    }
  });
}
