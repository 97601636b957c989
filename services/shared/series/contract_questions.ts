/**
 * The contract's promises about answers: their order, their bounds, who counts, and every figure against the plainest
 * series there is.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "@gopool/testing/fc";
import { floorTo, HOUR_MS, MINUTE_MS } from "./levels.ts";
import { type Range, ROWS_MAX, type Series, type Status, type Subject } from "./port.ts";
import { half, history } from "./contract_history.ts";
import { Reference } from "./contract_reference.ts";
import {
  assertSum,
  type ContractAdapter,
  type Declare,
  foldOf,
  minutesAgo,
  point,
  type Stand,
} from "./contract_stand.ts";

const POOL = { kind: "pool" } as const;
const ANY: readonly Status[] = ["valid", "rejected", "stale"];

export function questionsContract(adapter: ContractAdapter, test: Declare): void {
  test("a chart's steps lie on multiples of the step, without gaps, the last one cut at the range's end", async ({ series, clock }) => {
    const untilMs = floorTo(clock.now(), HOUR_MS) - HOUR_MS + 7 * MINUTE_MS;
    await series.write(foldOf([
      point({ minuteMs: untilMs - MINUTE_MS, shares: 2 }),
      point({ minuteMs: untilMs, shares: 100 }),
      point({ minuteMs: untilMs - 7 * MINUTE_MS, shares: 3 }),
      point({ minuteMs: untilMs - 27 * MINUTE_MS, shares: 4, status: "rejected" }),
    ]));
    const steps = await series.chart(
      POOL,
      { fromMs: untilMs - 24 * MINUTE_MS, untilMs },
      5 * MINUTE_MS,
    );
    const hour = untilMs - 7 * MINUTE_MS;
    assertEquals(
      steps.map(({ range, valid, rejected }) => [
        (range.fromMs - hour) / MINUTE_MS,
        (range.untilMs - hour) / MINUTE_MS,
        valid.shares,
        rejected,
      ]),
      [[-20, -15, 0, 4], [-15, -10, 0, 0], [-10, -5, 0, 0], [-5, 0, 0, 0], [0, 5, 3, 0], [
        5,
        7,
        2,
        0,
      ]],
    );
    assertEquals(steps[0]!.reasons, { "low-difficulty": 4 });
  });

  test("questions that cannot be meant are refused in a sentence", async ({ series, clock }) => {
    const untilMs = minutesAgo(clock, 0);
    const hour = { fromMs: untilMs - HOUR_MS, untilMs };
    const refused = [
      () => series.sums(POOL, [{ ...hour, fromMs: hour.fromMs + 1 }]),
      () => series.sums(POOL, [{ fromMs: untilMs, untilMs: untilMs - MINUTE_MS }]),
      () => series.sums(POOL, [{ fromMs: NaN, untilMs }]),
      () => series.chart(POOL, hour, 7 * MINUTE_MS),
      () => series.chart(POOL, { ...hour, fromMs: untilMs - 40 * HOUR_MS }, MINUTE_MS),
      () => series.top(hour, 0),
      () => series.workers("a", hour, { limit: 1_001 }),
      () => series.blocks({ untilMs, limit: -1 }),
      () => series.figures({ ...hour, fromMs: untilMs - 2_001 * MINUTE_MS }),
      () => series.rollUp({ ...hour, untilMs: untilMs + 1 }),
    ];
    for (const ask of refused) await assertRejects(ask, RangeError);
    const none = { fromMs: untilMs, untilMs };
    assertEquals((await series.sums(POOL, [none]))[0]!.range, none);
    assertEquals(await series.chart(POOL, none, MINUTE_MS), []);
  });

  test("several ranges are answered in their order, empty ones and those before the first share with zeros", async ({ series, clock }) => {
    const last = minutesAgo(clock, 1);
    await series.write(
      foldOf([point({ minuteMs: last, shares: 2 }), point({ minuteMs: last - 5 * MINUTE_MS })]),
    );
    const ranges = [1, 3, 6, 0, 300].map((minutes) => ({
      fromMs: last + MINUTE_MS - minutes * MINUTE_MS,
      untilMs: last + MINUTE_MS,
    }));
    const before = { fromMs: last - 600 * MINUTE_MS, untilMs: last - 100 * MINUTE_MS };
    const sums = await series.sums(POOL, [...ranges, before]);
    assertEquals(sums.map(({ valid }) => valid.shares), [2, 2, 3, 0, 3, 0]);
    assertEquals(sums.map(({ range }) => range), [...ranges, before]);
  });

  test("workers come in pages, those seen last first, each once", async ({ series, clock }) => {
    const minuteMs = minutesAgo(clock, 2);
    const names = Array.from({ length: 25 }, (_, i) => `rig ${i}`);
    await series.write(foldOf(names.map((worker, i) =>
      // Some were seen in the same ms.
      point({
        minuteMs,
        worker,
        lastMs: minuteMs + 1_000 * Math.floor(i / 4) + 1,
        status: i % 5 === 0 ? "stale" : "valid",
      })
    )));
    const range = { fromMs: minuteMs, untilMs: minuteMs + MINUTE_MS };
    const seen: { worker: string; lastMs: number }[] = [];
    let after: { lastMs: number; worker: string } | undefined;
    for (;;) {
      const page = await series.workers("bc1qalice", range, {
        limit: 7,
        ...(after ? { after } : {}),
      });
      assert(page.length <= 7);
      seen.push(...page);
      if (page.length < 7) break;
      after = { lastMs: page.at(-1)!.lastMs, worker: page.at(-1)!.worker };
    }
    assertEquals(seen.map(({ worker }) => worker).toSorted(), names.toSorted());
    const times = seen.map(({ lastMs }) => lastMs);
    assertEquals(times, times.toSorted((a, b) => b - a));
    const early = { fromMs: minuteMs - HOUR_MS, untilMs: minuteMs };
    assertEquals(await series.workers("bc1qalice", early, { limit: 7 }), []);
  });

  test("the longest page has a thousand workers, each with its own sum, and the rest come behind it", async ({ series, clock }) => {
    const minuteMs = minutesAgo(clock, 2);
    const workers = Array.from({ length: ROWS_MAX + 50 }, (_, i) => `rig ${i}`);
    await series.write(
      foldOf(
        workers.map((worker, i) =>
          point({ minuteMs, worker, shares: i + 1, lastMs: minuteMs + i })
        ),
      ),
    );
    const range = { fromMs: minuteMs, untilMs: minuteMs + MINUTE_MS };
    const page = await series.workers("bc1qalice", range, { limit: ROWS_MAX });
    const rest = await series.workers("bc1qalice", range, { limit: ROWS_MAX, after: page.at(-1)! });
    assertEquals([page.length, rest.length], [ROWS_MAX, 50]);
    for (const [i, { worker, valid }] of [...page, ...rest].toReversed().entries()) {
      assertEquals([worker, valid.shares], [`rig ${i}`, i + 1]);
    }
  });

  test("the best share is a valid one, with who sent it; of equal ones the earliest", async ({ series, clock }) => {
    const minuteMs = minutesAgo(clock, 3);
    const best = (difficulty: number, atMs: number) => ({ difficulty, atMs });
    await series.write(foldOf([
      point({ minuteMs, worker: "late", best: best(9.5, minuteMs + 80) }),
      point({ minuteMs, worker: "early", partition: 3, best: best(9.5, minuteMs + 20) }),
      point({ minuteMs, status: "rejected", worker: "false", best: best(1e9, minuteMs + 1) }),
      point({
        minuteMs: minuteMs + MINUTE_MS,
        account: "bc1qbob",
        best: best(4, minuteMs + MINUTE_MS),
      }),
    ]));
    const range = { fromMs: minuteMs, untilMs: minuteMs + 2 * MINUTE_MS };
    const wanted = { ...best(9.5, minuteMs + 20), account: "bc1qalice", worker: "early" };
    assertEquals(await series.best(POOL, range), wanted);
    assertEquals(await series.best({ kind: "account", account: "bc1qalice" }, range), wanted);
    const bob = await series.best({ kind: "account", account: "bc1qbob" }, range);
    assertEquals([bob?.difficulty, bob?.worker], [4, "rig1"]);
    const late = { kind: "worker", account: "bc1qalice", worker: "late" } as const;
    assertEquals((await series.best(late, range))?.worker, "late");
    assertEquals(await series.best({ kind: "account", account: "nobody" }, range), null);
  });

  test("online are those with a valid share, of all or of one account", async ({ series, clock }) => {
    const minuteMs = minutesAgo(clock, 3);
    await series.write(foldOf([
      point({ minuteMs, worker: "a" }),
      point({ minuteMs: minuteMs - MINUTE_MS, worker: "a" }),
      point({ minuteMs, worker: "b" }),
      point({ minuteMs, worker: "b", account: "bc1qbob" }),
      point({ minuteMs, worker: "c", status: "stale" }),
      point({ minuteMs, account: "refused", status: "rejected" }),
      point({ minuteMs: minuteMs - HOUR_MS, worker: "old" }),
    ]));
    const range = { fromMs: minuteMs - 5 * MINUTE_MS, untilMs: minuteMs + MINUTE_MS };
    assertEquals(await series.online(range), { accounts: 2, workers: 3 });
    assertEquals(await series.online(range, "bc1qalice"), { accounts: 1, workers: 2 });
    assertEquals(await series.online(range, "refused"), { accounts: 0, workers: 0 });
  });

  // One store at a time: a server may have no room for more.
  Deno.test({
    name:
      `${adapter.name}: random histories give the sums of the plainest series, rolled up or not`,
    ignore: adapter.ignore ?? false,
    fn: () =>
      fc.assert(
        fc.asyncProperty(cases, async (random) => {
          await using stand = await adapter.open();
          await holdAgainstReference(stand, random);
        }),
        { numRuns: adapter.histories },
      ),
  });
}

/** A day and some: all of it in minutes that are kept. */
const BACK_MINUTES = 1_700;

const cases = fc.record({
  points: history({ untilMs: 0, minutes: BACK_MINUTES, points: 60 }),
  ranges: fc.array(
    fc.tuple(fc.integer({ min: 0, max: BACK_MINUTES }), fc.integer({ min: 0, max: BACK_MINUTES })),
    { minLength: 1, maxLength: 8 },
  ),
  rolledMinutes: fc.integer({ min: 0, max: BACK_MINUTES }),
  step: fc.constantFrom(...[5, 30, 60, 360].map((minutes) => minutes * MINUTE_MS)),
});

type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

async function holdAgainstReference({ series, clock }: Stand, random: Case): Promise<void> {
  const untilMs = minutesAgo(clock, 0);
  // Histories are made before the stand's clock is known: they end at 0.
  const moved = random.points.map((own) => ({
    ...own,
    minuteMs: own.minuteMs + untilMs,
    lastMs: own.lastMs + untilMs,
    best: own.best.difficulty === 0 ? own.best : { ...own.best, atMs: own.best.atMs + untilMs },
  }));
  const reference = new Reference();
  await series.write(foldOf(moved.map(half)));
  const rolledUntil = floorTo(untilMs - random.rolledMinutes * MINUTE_MS, HOUR_MS);
  const rolled = { fromMs: rolledUntil - HOUR_MS, untilMs: rolledUntil };
  await series.rollUp(rolled);
  const fold = foldOf(moved);
  await series.write(fold);
  await series.rollUp({
    fromMs: floorTo(untilMs - BACK_MINUTES * MINUTE_MS, HOUR_MS),
    untilMs: rolledUntil,
  });
  reference.write(fold);

  const ranges: Range[] = random.ranges.map(([a, b]) => ({
    fromMs: untilMs - Math.max(a, b) * MINUTE_MS,
    untilMs: untilMs - Math.min(a, b) * MINUTE_MS,
  }));
  const first = moved[0]!;
  const subjects: Subject[] = [
    POOL,
    ...["bc1qalice", "bc1qbob", ""].map((account) => ({ kind: "account", account } as const)),
    { kind: "worker", account: first.account, worker: first.worker },
  ];
  for (const subject of subjects) {
    const sums = await series.sums(subject, ranges);
    for (const [i, sum] of sums.entries()) {
      assertSum(sum, reference.sum(subject, ranges[i]!), JSON.stringify([subject, ranges[i]]));
    }
    const chart = await series.chart(subject, ranges[0]!, random.step);
    for (const step of chart) assertSum(step, reference.sum(subject, step.range), "a chart's step");
    assertEquals(await series.best(subject, ranges[0]!), reference.best(subject, ranges[0]!));
  }
  await holdLists(series, reference, ranges[0]!);
}

async function holdLists(series: Series, reference: Reference, range: Range): Promise<void> {
  const valid = reference.workers(range, ["valid"]);
  assertEquals(await series.online(range), {
    accounts: valid.size,
    workers: [...valid.values()].reduce((sum, { size }) => sum + size, 0),
  });
  const seen = reference.workers(range, ANY);
  for (const account of ["bc1qalice", "bc1qbob", ""]) {
    const workers = await series.workers(account, range, { limit: 1_000 });
    const names = [...seen.get(account) ?? []];
    assertEquals(workers.map(({ worker }) => worker).toSorted(), names.toSorted());
    for (const { worker, ...sum } of workers) {
      assertSum(sum, reference.sum({ kind: "worker", account, worker }, range), worker);
    }
  }
  const top = await series.top(range, 10);
  assertEquals(top.map(({ account }) => account).toSorted(), [...valid.keys()].toSorted());
  const works = top.map((one) => one.valid.work);
  assertEquals(works, works.toSorted((a, b) => b - a));
  for (const { account, workers, ...sum } of top) {
    assertEquals(workers, seen.get(account)!.size);
    assertSum(sum, reference.sum({ kind: "account", account }, range), account);
  }
  assertEquals((await series.top(range, 1)).length, Math.min(1, valid.size));
}
