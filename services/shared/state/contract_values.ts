/**
 * What the state port promises of values and counters, as tests.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Declare, fresh, text } from "./contract_bench.ts";

export function valuesContract(test: Declare): void {
  test("a value is what was set, byte for byte, for everybody", async ({ state, other }) => {
    const key = fresh("value");
    assertEquals(await state.get(key), null);
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    await state.set(key, bytes);
    assertEquals(await other.get(key), bytes);
    await state.set(key, new Uint8Array());
    assertEquals(await other.get(key), new Uint8Array());
    await other.delete(key);
    assertEquals(await state.get(key), null);
    await state.delete(key);
  });

  test("a value belongs to the caller before and after", async ({ state }) => {
    const key = fresh("value");
    const mine = new Uint8Array([1, 2, 3]);
    await state.set(key, mine);
    mine[0] = 9;
    const got = await state.get(key);
    assertEquals(got, new Uint8Array([1, 2, 3]));
    got![0] = 8;
    assertEquals(await state.get(key), new Uint8Array([1, 2, 3]));
  });

  test("eight megabytes go in and come out", async ({ state }) => {
    const key = fresh("value");
    const bytes = new Uint8Array(8 * 1024 * 1024).fill(7);
    await state.set(key, bytes, 60_000);
    const got = await state.get(key);
    assert(got !== null && got.length === bytes.length && got.at(-1) === 7);
    await state.delete(key);
  });

  test("a value with a time to live is gone after it; setting anew sets its time anew", async (b) => {
    const { state, spanMs, pass } = b;
    const key = fresh("value");
    await state.set(key, text("x"), spanMs);
    await pass(spanMs * 0.6);
    await state.set(key, text("y"), spanMs);
    await pass(spanMs * 0.6);
    assertEquals(await state.get(key), text("y"));
    await pass(spanMs * 0.6);
    assertEquals(await state.get(key), null);
    await state.set(key, text("x"), spanMs);
    await state.set(key, text("z"));
    await pass(spanMs * 1.2);
    assertEquals(await state.get(key), text("z"));
    await state.delete(key);
  });

  test("compare-and-set writes only over what was expected", async ({ state, other }) => {
    const key = fresh("value");
    assertEquals(await state.compareAndSet(key, text("x"), text("a")), false);
    assertEquals(await state.compareAndSet(key, null, text("a")), true);
    assertEquals(await other.compareAndSet(key, null, text("b")), false);
    assertEquals(await other.compareAndSet(key, text("aa"), text("b")), false);
    assertEquals(await other.compareAndSet(key, text("a"), text("b")), true);
    assertEquals(await state.get(key), text("b"));
    await state.set(key, new Uint8Array());
    // Nothing and an empty value are two things.
    assertEquals(await state.compareAndSet(key, null, text("c")), false);
    assertEquals(await state.compareAndSet(key, new Uint8Array(), text("c")), true);
    await state.delete(key);
  });

  test("compare-and-set takes an expired value for none and sets a time of its own", async (b) => {
    const { state, spanMs, pass } = b;
    const key = fresh("value");
    await state.set(key, text("x"), spanMs);
    await pass(spanMs * 1.2);
    assertEquals(await state.compareAndSet(key, text("x"), text("y"), spanMs), false);
    assertEquals(await state.compareAndSet(key, null, text("y"), spanMs), true);
    await pass(spanMs * 1.2);
    assertEquals(await state.get(key), null);
  });

  test("of many who compare and set at once one succeeds", async ({ state, other }) => {
    const key = fresh("value");
    const done = await Promise.all(
      Array.from(
        { length: 20 },
        (_, i) => (i % 2 === 0 ? state : other).compareAndSet(key, null, text(`${i}`)),
      ),
    );
    assertEquals(done.filter(Boolean).length, 1);
    await state.delete(key);
  });

  test("a counter starts at nothing and loses no step", async ({ state, other }) => {
    const key = fresh("counter");
    const sums = await Promise.all(
      Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? state : other).increment(key, 2)),
    );
    assertEquals(sums.toSorted((a, b) => a - b), Array.from({ length: 50 }, (_, i) => 2 * i + 2));
    assertEquals(await state.increment(key, -100), 0);
    assertEquals(await state.increment(key, 2 ** 40), 2 ** 40);
    assertEquals(await state.get(key), text(String(2 ** 40)));
    await state.delete(key);
  });

  test("a counter lives from its creation, whatever is added later", async (bench) => {
    const { state, spanMs, pass } = bench;
    const key = fresh("counter");
    await state.increment(key, 1, spanMs);
    await pass(spanMs * 0.6);
    assertEquals(await state.increment(key, 1, spanMs), 2);
    await pass(spanMs * 0.6);
    assertEquals(await state.increment(key, 1, spanMs), 1);
    await state.delete(key);
  });

  test("nothing is kept for no time, nor counted in parts", async ({ state }) => {
    const key = fresh("value");
    for (const ttlMs of [0, -1, NaN]) {
      await assertRejects(() => state.set(key, text("x"), ttlMs), RangeError);
      await assertRejects(() => state.compareAndSet(key, null, text("x"), ttlMs), RangeError);
      await assertRejects(() => state.increment(key, 1, ttlMs), RangeError);
      await assertRejects(() => state.acquire(key, "a", ttlMs), RangeError);
    }
    await assertRejects(() => state.increment(key, 0.5), RangeError);
    await state.increment(key, Number.MAX_SAFE_INTEGER);
    await assertRejects(() => state.increment(key, 1), RangeError);
    await state.set(key, text("no number"));
    await assertRejects(() => state.increment(key, 1), TypeError);
    await state.delete(key);
  });
}
