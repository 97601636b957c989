import { assert, assertEquals, assertGreater, assertRejects } from "@std/assert";
import { systemClock } from "@gopool/runtime";
import { testRedis } from "@gopool/testing/servers";
import { stateContract } from "./contract.ts";
import { leaseRace } from "./contract_race.ts";
import { declareNewState, StateUnavailable } from "./mod.ts";
import { type RedisBench, redisBench } from "./redis_bench_fixture.ts";

/** Outlives the test. */
const LONG_MS = 60_000;

const server = await testRedis();
if (server !== null) {
  stateContract("redis", () => redisBench(server));
  leaseRace("redis", () => redisBench(server), { ttlMs: 60, runs: 25 });

  const test = (promise: string, body: (bench: RedisBench) => Promise<void>) =>
    Deno.test(`redis: ${promise}`, async () => {
      await using bench = await redisBench(server);
      await body(bench);
    });

  test("a holder is believed after a loss only while both clocks say so", async (bench) => {
    const { state, now, forget } = bench;
    const one = await state.acquire("x", "a", LONG_MS);
    await forget();
    // The server's clock was set back, or its answer took ages: by the holder's it is over.
    assertEquals(await state.renew({ ...one!, validUntilMs: now() - 1 }, LONG_MS), null);
    // A renewal that lay in the wire until the lease had ended by the server's clock.
    const [epoch] = one!.proof.split(" ");
    const ended = `${epoch} ${Number(epoch) + 1}`;
    assertEquals(await state.renew({ ...one!, proof: ended }, LONG_MS), null);
    assertEquals((await state.renew(one!, LONG_MS))?.fence, one!.fence);
  });

  test("of two who show a lease of before a restart the later grant wins", async (bench) => {
    const { state, other, past } = bench;
    const first = await state.acquire("x", "a", LONG_MS);
    await state.release(first!);
    const later = await other.acquire("x", "b", LONG_MS);
    const restart = async () => {
      await past!.keep();
      await past!.fallBack();
    };
    await restart();
    assertEquals(await state.renew(first!, LONG_MS), null);
    await restart();
    assertEquals((await other.renew(later!, LONG_MS))?.fence, later!.fence);
    // Granted by a server whose clock was ahead: what was renewed since the restart stands.
    assertEquals(await state.renew({ ...first!, fence: later!.fence + 1_000 }, LONG_MS), null);
  });

  test("a server's clock that is set back keeps no name for ever, nor the quarantine", async (bench) => {
    const { state, raw, prefix, spanMs, pass } = bench;
    const lease = await state.acquire("x", "dead", spanMs);
    const table = `${prefix}leases`;
    const entry = (await raw.hget(table, "lease:x"))!.split(" ");
    const hourOn = String(Number(entry[1]) + 3_600_000);
    await raw.hset(table, "lease:x", [entry[0], hourOn, ...entry.slice(2)].join(" "));
    assertEquals(await state.acquire("x", "b", spanMs), null);
    await pass(spanMs * 1.2);
    const next = await state.acquire("x", "b", spanMs);
    assertGreater(next!.fence, lease!.fence);
    await raw.hset(table, "since", hourOn);
    assertEquals(await state.acquire("y", "b", spanMs), null);
    await pass(spanMs * 1.2);
    assert(await state.acquire("y", "b", spanMs));
  });

  test("leases that have ended are swept, those that are held stay", async (bench) => {
    const { state, other, raw, prefix } = bench;
    const table = `${prefix}leases`;
    const kept = await state.acquire("kept", "a", LONG_MS);
    const ended = Array.from({ length: 1_200 }, (_, i) => [`lease:${i}`, "1 1 0 500 dead"]);
    await raw.hset(table, Object.fromEntries(ended));
    await state.acquire("one more", "a", LONG_MS);
    const fields = (await raw.hkeys(table)).sort();
    assertEquals(fields, ["fence", "lease:kept", "lease:one more", "run", "since"]);
    assertEquals(await other.acquire("kept", "b", LONG_MS), null);
    assertEquals((await state.renew(kept!, LONG_MS))?.fence, kept!.fence);
  });

  test("what a stranger has written stops nobody for good, and is an outage at most", async (bench) => {
    const { state, other, raw, prefix, spanMs, pass } = bench;
    await raw.hset(`${prefix}tally:k`, "stranger", "many");
    assertEquals(await state.tally("m", [{ key: "k", level: 2 }], LONG_MS), [2]);
    // An unreadable lease is a lost one: its holder shows it, others wait for its time.
    const entries = ["a lease", "", "1 2 3 4"];
    const held = await Promise.all(entries.map((_, i) => state.acquire(`x${i}`, "a", LONG_MS)));
    for (const [i, entry] of entries.entries()) {
      await raw.hset(`${prefix}leases`, `lease:x${i}`, entry);
      assertEquals(await other.acquire(`x${i}`, "b", spanMs), null);
      assertEquals((await state.renew(held[i]!, LONG_MS))?.fence, held[i]!.fence);
    }
    await raw.hset(`${prefix}leases`, "lease:y", "a lease");
    assertEquals(await other.acquire("y", "b", spanMs), null);
    await pass(spanMs * 1.2);
    assert(await other.acquire("y", "b", spanMs));
    // A key of another kind: no fault of the caller's, who goes on as without the store.
    await raw.hset(`${prefix}v`, "a", "b");
    await raw.set(`${prefix}tally:j`, "text");
    await assertRejects(() => state.get("v"), StateUnavailable);
    await assertRejects(
      () => state.tally("m", [{ key: "j", level: 2 }], LONG_MS),
      StateUnavailable,
    );
    await raw.del(`${prefix}leases`);
    await raw.set(`${prefix}leases`, "text");
    await assertRejects(() => state.acquire("z", "a", LONG_MS), StateUnavailable);
    await assertRejects(() => state.renew(held[0]!, LONG_MS), StateUnavailable);
  });

  test("a pool at work cannot be declared new", async (bench) => {
    const { state, raw, prefix, url } = bench;
    await state.acquire("x", "a", LONG_MS);
    const table = `${prefix}leases`;
    await raw.hset(table, "since", "7");
    await assertRejects(
      () => declareNewState(url, { clock: systemClock }),
      StateUnavailable,
      "in use",
    );
    assertEquals(await raw.hget(table, "since"), "7");
  });

  test("nothing is kept outside the prefix, and values have their time", async (bench) => {
    const { state, raw, prefix } = bench;
    const others = new Set(await raw.keys("*"));
    await state.set("v", new Uint8Array([1]), LONG_MS);
    await state.tally("m", [{ key: "k", level: 2 }], LONG_MS);
    await state.increment("c", 1, LONG_MS);
    await state.acquire("l", "a", LONG_MS);
    const mine = (await raw.keys(`${prefix}*`)).map((key) => key.slice(prefix.length)).sort();
    assertEquals(mine, ["c", "leases", "tally:k", "v"]);
    for (const key of ["c", "tally:k", "v"]) {
      const leftMs = await raw.pttl(prefix + key);
      assert(leftMs > 0 && leftMs <= LONG_MS, `${key} for ${leftMs} ms`);
    }
    const strays = (await raw.keys("*")).filter((key) =>
      !others.has(key) && !key.startsWith("test-")
    );
    assertEquals(strays, []);
  });
}
