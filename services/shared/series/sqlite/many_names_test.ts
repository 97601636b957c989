import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import fc from "@gopool/testing/fc";
import { FakeClock, tempDir } from "@gopool/testing";
import { foldOf, minutesAgo, point } from "../contract_stand.ts";
import { DAY_MS, floorTo, HOUR_MS } from "../levels.ts";
import { openSeries } from "../mod.ts";
import { byKey, type Columns } from "./by_key.ts";
import { First, Ids, SumsById } from "./ids.ts";

const key = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 2 }));

Deno.test("byKey() gives every row once, those of a key together and the keys in order", () => {
  fc.assert(fc.property(fc.array(fc.array(key), { maxLength: 6 }), (streams) => {
    const sorted = streams.map((keys, stream) =>
      keys.map(([a, b], row) => [a, b, stream, row]).sort((x, y) => x[0]! - y[0]! || x[1]! - y[1]!)
    );
    const groups = [...byKey(sorted, 2)];
    const wanted: Partial<Record<string, number[][]>> = Object.groupBy(
      sorted.flat(),
      ([a, b]) => `${a} ${b}`,
    );
    assertEquals(
      groups.map(([first]) => `${first![0]} ${first![1]}`),
      Object.keys(wanted).toSorted(),
    );
    assertEquals(groups, Object.keys(wanted).toSorted().map((name) => wanted[name]!));
  }));
});

Deno.test("byKey() reads a row of each stream ahead, no more, and ends them all when it is left", () => {
  let read = 0, ended = 0;
  function* endless(): Generator<Columns> {
    try {
      for (;; read += 1) yield [read];
    } finally {
      ended += 1;
    }
  }
  for (const _ of byKey([endless(), endless()], 1)) break;
  assert(read < 6, `${read} rows`);
  assertEquals(ended, 2);
});

Deno.test("First keeps the first ones of any order, Ids and SumsById what was added", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30_000)), fc.integer({ min: 1, max: 9 }), (all, limit) => {
      const first = new First<number>(limit, (a, b) => b - a);
      const ids = new Ids();
      const sums = new SumsById();
      for (const one of all) {
        first.add(one);
        ids.add(one);
        sums.add(one, 2);
      }
      assertEquals(first.inOrder(), all.toSorted((a, b) => b - a).slice(0, limit));
      assertEquals(ids.size, new Set(all).size);
      assertEquals(sums.all.reduce((sum, one) => sum + one), 2 * all.length);
    }),
  );
});

Deno.test("an account with names from everywhere in a large file has all its workers, by page, hour and day", async () => {
  await using dir = await tempDir();
  const path = dir.join("series.sqlite");
  const clock = new FakeClock();
  await using series = await openSeries(`sqlite:${path}`, { clock, raw: false });
  const day = floorTo(minutesAgo(clock, 0), DAY_MS) - DAY_MS;
  const names = Array.from({ length: 1_500 }, (_, i) => `rig ${i}`);
  for (const [half, own] of [names.slice(0, 700), names.slice(700)].entries()) {
    await series.write(foldOf(own.flatMap((worker, i) =>
      // One in a single minute, the next one in three of two hours.
      Array.from({ length: i % 2 === 0 ? 1 : 3 }, (_, k) => {
        const minuteMs = day + half * HOUR_MS + k * 45 * 60_000;
        return point({ minuteMs, worker, lastMs: minuteMs + i % 50, partition: i % 4 });
      })
    )));
    // As if others had had a quarter of a million names in between.
    const other = new DatabaseSync(path);
    other.exec(`INSERT INTO worker VALUES (${250_000 * (half + 1)}, ${999 + half}, x'')`);
    other.close();
  }
  const range = { fromMs: day, untilMs: day + DAY_MS };
  const pages = async () => {
    const seen: { worker: string; lastMs: number; shares: number }[] = [];
    for (;;) {
      const last = seen.at(-1);
      const page = await series.workers("bc1qalice", range, {
        limit: 400,
        ...(last === undefined ? {} : { after: last }),
      });
      for (const { worker, lastMs, valid: { shares } } of page) {
        seen.push({ worker, lastMs, shares });
      }
      if (page.length < 400) return seen;
    }
  };
  const minutes = await pages();
  assertEquals(minutes.map(({ worker }) => worker).toSorted(), names.toSorted());
  assertEquals(minutes.reduce((sum, { shares }) => sum + shares, 0), 3_000);
  const sums = await series.sums({ kind: "account", account: "bc1qalice" }, [range]);
  await series.rollUp(range);
  assertEquals(await pages(), minutes, "the same from the day's rows");
  await series.rollUp(range);
  assertEquals(await pages(), minutes, "and once more");
  assertEquals(await series.sums({ kind: "account", account: "bc1qalice" }, [range]), sums);
  assertEquals(await series.online(range), { accounts: 1, workers: 1_500 });
  assertEquals((await series.top(range, 5))[0]!.workers, 1_500);
});
