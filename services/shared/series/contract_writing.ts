/**
 * The contract's promises about writing: what replaces what, and what is there after an end.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { floorTo, HOUR_MS, MINUTE_MS } from "./levels.ts";
import { type Series, SeriesUnavailable } from "./port.ts";
import { type Declare, foldOf, minutesAgo, point } from "./contract_stand.ts";
import { ODD_NAMES } from "./contract_history.ts";

const POOL = { kind: "pool" } as const;

async function shares(series: Series, minuteMs: number): Promise<[pool: number, account: number]> {
  const range = { fromMs: minuteMs, untilMs: minuteMs + MINUTE_MS };
  const [pool] = await series.sums(POOL, [range]);
  const [account] = await series.sums({ kind: "account", account: "bc1qalice" }, [range]);
  return [pool!.valid.shares, account!.valid.shares];
}

export function writingContract(test: Declare): void {
  test("an empty store answers every question: with nothing", async ({ series, clock }) => {
    const range = { fromMs: minutesAgo(clock, 600), untilMs: minutesAgo(clock, 0) };
    await series.health();
    assertEquals(await series.firstMinute(), null);
    assertEquals(await series.rolledUntil(), 0);
    const positions = await series.positions();
    assert(positions === null || positions.length === 0);
    const [sum] = await series.sums(POOL, [range]);
    assertEquals(sum, {
      range,
      valid: { shares: 0, work: 0, workSquared: 0, expected: 0 },
      rejected: 0,
      stale: 0,
      reasons: {},
      best: { difficulty: 0, atMs: 0 },
      lastMs: 0,
    });
    assertEquals((await series.chart(POOL, range, 5 * MINUTE_MS)).length >= 120, true);
    assertEquals(await series.workers("bc1qalice", range, { limit: 10 }), []);
    assertEquals(await series.top(range, 10), []);
    assertEquals(await series.online(range), { accounts: 0, workers: 0 });
    assertEquals(await series.online(range, "bc1qalice"), { accounts: 0, workers: 0 });
    assertEquals(await series.best(POOL, range), null);
    assertEquals(await series.blocks({ untilMs: clock.now(), limit: 10 }), []);
    assertEquals(await series.blockCount(range), 0);
    assertEquals(await series.figures(range), []);
    await series.prune(clock.now());
  });

  test("what is written is readable when the write resolves, and a fold of nothing is one", async ({ series, clock }) => {
    const minuteMs = minutesAgo(clock, 2);
    await series.write(foldOf([]));
    await series.write(foldOf([point({ minuteMs, shares: 5 })]));
    assertEquals(await shares(series, minuteMs), [5, 5]);
    assertEquals(await series.firstMinute(), minuteMs);
    await series.write(foldOf([point({ minuteMs: minuteMs - HOUR_MS })]));
    assertEquals(await series.firstMinute(), minuteMs - HOUR_MS);
  });

  test("a point replaces the one before, whether it has more or less", async ({ series, clock }) => {
    const minuteMs = minutesAgo(clock, 2);
    for (const count of [5, 9, 9, 4]) {
      await series.write(foldOf([point({ minuteMs, shares: count })]));
      assertEquals(await shares(series, minuteMs), [count, count]);
    }
  });

  test("points that differ in one part of their key stand side by side", async ({ series, clock }) => {
    const minuteMs = minutesAgo(clock, 2);
    const others = [
      point({ minuteMs }),
      point({ minuteMs, partition: 1 }),
      point({ minuteMs, worker: "rig2" }),
      point({ minuteMs, account: "bc1qbob" }),
      point({ minuteMs: minuteMs - MINUTE_MS }),
      point({ minuteMs, status: "stale" }),
      point({ minuteMs, status: "rejected" }),
    ];
    for (const other of [...others, ...others]) {
      await series.write(foldOf(others, { minutes: [other] }));
    }
    const range = { fromMs: minuteMs - MINUTE_MS, untilMs: minuteMs + MINUTE_MS };
    const [pool] = await series.sums(POOL, [range]);
    assertEquals([pool!.valid.shares, pool!.stale, pool!.rejected], [5, 1, 1]);
    const alice = { kind: "account", account: "bc1qalice" } as const;
    const [account] = await series.sums(alice, [range]);
    assertEquals([account!.valid.shares, account!.stale, account!.rejected], [4, 1, 1]);
    const [worker] = await series.sums({ ...alice, kind: "worker", worker: "rig1" }, [range]);
    assertEquals([worker!.valid.shares, worker!.stale, worker!.rejected], [3, 1, 1]);
  });

  test("the same fold twice is there once, also by a process after one that was killed", async (stand) => {
    const minuteMs = minutesAgo(stand.clock, 3);
    const position = { topic: "share.valid", partition: 2, logId: "log", offset: 2 ** 40 };
    const fold = foldOf([point({ minuteMs, shares: 3 }), point({ minuteMs, worker: "b" })], {
      positions: [position],
      raw: [{
        account: "bc1qalice",
        worker: "rig\\1",
        status: "valid",
        jobId: "0000000100000002",
        difficulty: 1_000,
        latencyMs: 12.5,
        loggedAtMs: minuteMs + 5,
        partition: 2,
        offset: 77,
      }],
    });
    await stand.series.write(fold);
    await stand.series.write(fold);
    const again = await stand.reopen();
    assertEquals(await shares(again, minuteMs), [4, 4]);
    await again.write(fold);
    assertEquals(await shares(again, minuteMs), [4, 4]);
    const positions = await again.positions();
    assert(positions === null || positions.length === 1);
    if (positions !== null) assertEquals(positions, [position]);
  });

  test("a point that is none is left out and counted; what it came with is there", async ({ series, clock }) => {
    const minuteMs = minutesAgo(clock, 2);
    const good = [
      point({ minuteMs, shares: 2 }),
      point({ minuteMs, worker: "b", status: "stale" }),
    ];
    const odd = [
      point({ minuteMs, worker: "nan", work: NaN }),
      point({ minuteMs, worker: "infinite", expected: Infinity }),
      point({ minuteMs, worker: "half", shares: 1.5 }),
      point({ minuteMs, worker: "reason", status: "rejected", reasons: { odd: NaN } }),
    ];
    await series.write(foldOf(good, { minutes: [...odd, ...good] }));
    const range = { fromMs: minuteMs, untilMs: minuteMs + MINUTE_MS };
    const [sum] = await series.sums({ kind: "account", account: "bc1qalice" }, [range]);
    assertEquals([sum!.valid.shares, sum!.stale, sum!.rejected], [2, 1, 0]);
    if (series.counters !== undefined) assertEquals(series.counters().dropped, odd.length);
  });

  test("writes at the same time are all there, and questions meanwhile are answered", async ({ series, clock }) => {
    const minuteMs = minutesAgo(clock, 2);
    const hour = {
      fromMs: floorTo(minuteMs, HOUR_MS) - HOUR_MS,
      untilMs: floorTo(minuteMs, HOUR_MS),
    };
    const writes = Array.from(
      { length: 20 },
      (_, i) =>
        foldOf([
          point({ minuteMs, worker: `rig ${i}` }),
          point({ minuteMs: hour.fromMs, worker: `rig ${i}` }),
        ]),
    );
    const pool = foldOf(writes.flatMap(({ minutes }) => minutes)).pool;
    await Promise.all([
      ...writes.map((fold) => series.write({ ...fold, pool })),
      series.rollUp(hour),
      series.sums(POOL, [hour]),
      series.online(hour),
    ]);
    await series.rollUp(hour);
    assertEquals(await shares(series, minuteMs), [20, 20]);
    const [sum] = await series.sums({ kind: "account", account: "bc1qalice" }, [hour]);
    assertEquals(sum!.valid.shares, 20);
  });

  test("a position replaces that of its topic and partition", async ({ series }) => {
    if (await series.positions() === null) return;
    const at = (topic: string, partition: number, offset: number, logId = "a") => ({
      topic,
      partition,
      logId,
      offset,
    });
    await series.write(
      foldOf([], { positions: [at("share.valid", 0, 5), at("share.stale", 0, 6)] }),
    );
    await series.write(
      foldOf([], { positions: [at("share.valid", 1, 7), at("share.valid", 0, 0, "b")] }),
    );
    const sorted = (await series.positions())!.toSorted((a, b) => a.offset - b.offset);
    assertEquals(sorted, [
      at("share.valid", 0, 0, "b"),
      at("share.stale", 0, 6),
      at("share.valid", 1, 7),
    ]);
  });

  test("workers of any name stay apart, and are told by the names they have", async ({ series, clock }) => {
    const minuteMs = minutesAgo(clock, 2);
    const range = { fromMs: minuteMs, untilMs: minuteMs + MINUTE_MS };
    const minutes = ODD_NAMES.flatMap((worker, i) => [
      point({ minuteMs, worker, shares: i + 1 }),
      point({ minuteMs, worker, account: "bc1qbob", shares: 1_000 + i }),
    ]);
    await series.write(foldOf(minutes));
    for (const [i, worker] of ODD_NAMES.entries()) {
      const [sum] = await series.sums({ kind: "worker", account: "bc1qalice", worker }, [range]);
      assertEquals(sum!.valid.shares, i + 1, JSON.stringify(worker));
    }
    const listed = await series.workers("bc1qalice", range, { limit: 1_000 });
    assertEquals(
      listed.map(({ worker, valid }) => [worker, valid.shares]).toSorted(byName),
      ODD_NAMES.map((worker, i) => [worker, i + 1]).toSorted(byName),
    );
    const other = await series.workers("bc1qbob", range, { limit: 1_000 });
    assertEquals(other.length, ODD_NAMES.length);
  });

  test("odd accounts and reasons, too", async ({ series, clock }) => {
    const minuteMs = minutesAgo(clock, 2);
    const range = { fromMs: minuteMs, untilMs: minuteMs + MINUTE_MS };
    const names = ["", "x\\", "x", "a,b", "a b", "__proto__"];
    await series.write(foldOf(names.map((account, i) =>
      point({
        minuteMs,
        account,
        status: "rejected",
        shares: i + 1,
        reasons: { [`odd,${account}="\\`]: i + 1, __proto: 1 },
      })
    )));
    for (const [i, account] of names.entries()) {
      const [sum] = await series.sums({ kind: "account", account }, [range]);
      assertEquals(sum!.rejected, i + 1);
      assertEquals(sum!.reasons, { [`odd,${account}="\\`]: i + 1, __proto: 1 });
    }
  });

  test("after closing everything says that the store is away", async ({ series, clock }) => {
    const range = { fromMs: minutesAgo(clock, 2), untilMs: minutesAgo(clock, 1) };
    await series[Symbol.asyncDispose]();
    await assertRejects(
      () => series.write(foldOf([point({ minuteMs: range.fromMs })])),
      SeriesUnavailable,
    );
    await assertRejects(() => series.sums(POOL, [range]), SeriesUnavailable);
    await assertRejects(() => series.health(), SeriesUnavailable);
  });
}

function byName([a]: (string | number)[], [b]: (string | number)[]): number {
  return String(a) < String(b) ? -1 : 1;
}
