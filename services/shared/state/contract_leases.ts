/**
 * What the state port promises of leases, as tests.
 *
 * @module
 */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { type Declare, fresh, held } from "./contract_bench.ts";
import type { Lease } from "./port.ts";

export function leasesContract(test: Declare): void {
  test("a lease is granted to one holder at a time", async ({ state, other, spanMs }) => {
    const name = fresh("lease");
    const lease = await state.acquire(name, "a", spanMs);
    assertEquals([lease?.name, lease?.holder], [name, "a"]);
    assertEquals(await other.acquire(name, "b", spanMs), null);
  });

  test("acquiring again as the same holder prolongs with the same fence", async (bench) => {
    const { state, other, spanMs, pass } = bench;
    const name = fresh("lease");
    const first = await held(state, name, "a", spanMs);
    await pass(spanMs * 0.6);
    assertEquals((await other.acquire(name, "a", spanMs))?.fence, first.fence);
    await pass(spanMs * 0.6);
    assertEquals(await state.acquire(name, "b", spanMs), null);
  });

  test("a lease ends after its time, and the next has a higher fence", async (bench) => {
    const { state, spanMs, pass } = bench;
    const name = fresh("lease");
    const first = await held(state, name, "a", spanMs);
    await pass(spanMs * 1.2);
    const next = await held(state, name, "b", spanMs);
    assertGreater(next.fence, first.fence);
    await pass(spanMs * 1.2);
    // Its own again, but in between it could have been another's: a new grant, a new number.
    assertGreater((await held(state, name, "b", spanMs)).fence, next.fence);
  });

  test("renewing prolongs, and says when a lease is no longer the holder's", async (bench) => {
    const { state, other, spanMs, pass } = bench;
    const name = fresh("lease");
    const lease = await held(state, name, "a", spanMs);
    await pass(spanMs * 0.6);
    const renewed = await other.renew(lease, spanMs);
    assertEquals(renewed?.fence, lease.fence);
    await pass(spanMs * 0.6);
    assertEquals(await state.acquire(name, "b", spanMs), null);
    await pass(spanMs * 0.8);
    assertEquals(await state.renew(lease, spanMs), null);
    const next = await held(state, name, "b", spanMs);
    assertEquals(await state.renew(lease, spanMs), null);
    assertEquals((await state.renew(next, spanMs))?.holder, "b");
  });

  test("a fence of before is refused to the same holder", async ({ state, spanMs, pass }) => {
    const name = fresh("lease");
    const old = await held(state, name, "a", spanMs);
    await pass(spanMs * 1.2);
    await held(state, name, "a", spanMs);
    assertEquals(await state.renew(old, spanMs), null);
  });

  test("a released lease is free at once and its fence stays counted", async (bench) => {
    const { state, other, spanMs } = bench;
    const name = fresh("lease");
    const first = await held(state, name, "a", spanMs);
    assertEquals(await other.renew({ ...first, holder: "b" }, spanMs), null);
    await state.release(first);
    assertEquals(await state.renew(first, spanMs), null);
    const next = await held(other, name, "b", spanMs);
    assertGreater(next.fence, first.fence);
    // A late release by the old holder does nothing.
    await state.release(first);
    assertEquals(await state.acquire(name, "c", spanMs), null);
  });

  test("of many who ask at once one gets the lease", async ({ state, other, spanMs }) => {
    const name = fresh("lease");
    const asked = await Promise.all(
      Array.from(
        { length: 20 },
        (_, i) => (i % 2 === 0 ? state : other).acquire(name, `holder-${i}`, spanMs),
      ),
    );
    assertEquals(asked.filter((lease) => lease !== null).length, 1);
  });

  test("a store that has lost its leases grants none until their holders must know", async (b) => {
    const { state, other, spanMs, pass } = b;
    if (b.forget === undefined) return;
    const name = fresh("lease");
    const first = await held(state, name, "a", spanMs);
    await b.forget();
    assertEquals(await other.acquire(name, "b", spanMs), null);
    await pass(spanMs * 0.6);
    assertEquals(await other.acquire(name, "b", spanMs), null);
    assertEquals(await other.acquire(fresh("lease"), "b", spanMs), null, "nor any other");
    await pass(spanMs * 0.6);
    assertEquals(await state.renew(first, spanMs), null, "its time was over");
    assertGreater((await held(other, name, "b", spanMs)).fence, first.fence);
  });

  test("a holder at work goes on through a loss, with its fence and before all others", async (b) => {
    const { state, other, spanMs, pass } = b;
    if (b.forget === undefined) return;
    const name = fresh("lease");
    const first = await held(state, name, "a", spanMs);
    await b.forget();
    assertEquals(await other.acquire(name, "b", spanMs), null);
    const renewed = await state.renew(first, spanMs);
    assertEquals(renewed?.fence, first.fence);
    await pass(spanMs * 0.6);
    assertEquals((await state.renew(renewed!, spanMs))?.fence, first.fence);
    await pass(spanMs * 0.6);
    assertEquals(await other.acquire(name, "b", spanMs), null, "held, quarantine or not");
    await state.release(renewed!);
    assertGreater((await held(other, name, "b", spanMs)).fence, first.fence);
  });

  test("what was given up or has ended before a loss is not taken back", async (b) => {
    const { state, other, spanMs, pass } = b;
    if (b.forget === undefined) return;
    const name = fresh("lease");
    const ended = await held(state, name, "a", spanMs);
    await pass(spanMs * 1.2);
    const now = await held(other, name, "b", spanMs);
    await b.forget();
    assertEquals(await state.renew(ended, spanMs), null);
    assertEquals((await other.renew(now, spanMs))?.fence, now.fence);
    assertEquals(await state.renew(ended, spanMs), null);
  });

  test("a lease is the holder's from before it was asked for", async (bench) => {
    const { state, spanMs, now } = bench;
    const name = fresh("lease");
    /** A lease may not count from its answer: the store's time has run since the question came. */
    const within = async (ask: () => Promise<Lease | null>) => {
      const beforeMs = now();
      const asking = ask();
      const askedMs = now();
      const lease = (await asking)!;
      const { validUntilMs } = lease;
      assert(validUntilMs >= beforeMs + spanMs && validUntilMs <= askedMs + spanMs);
      return lease;
    };
    const lease = await within(() => state.acquire(name, "a", spanMs));
    await within(() => state.renew(lease, spanMs));
  });
}
