import { assertAlmostEquals, assertEquals } from "@std/assert";
import { workOf } from "@gopool/series";
import { restOver } from "./rest_fixture.ts";
import { ALICE, BOB, MINUTE, NOON_MS, stand } from "./stand_fixture.ts";

interface Point {
  readonly at: string;
  readonly hashesPerSecond: number;
  readonly seconds: number;
  readonly sharesValid: string;
}

/** A share of difficulty 1 each minute of the last two days, up to the minute before noon and 5 minutes. */
const END_MS = NOON_MS + 5 * MINUTE;
const TWO_DAYS = Array.from({ length: 2_880 }, (_, i) => ({ atMs: END_MS - (i + 1) * MINUTE }));

const SHAPES = [
  ["1H", 60, 60, 60],
  ["6H", 300, 72, 300],
  ["24H", 600, 144, 300],
  ["7D", 3_600, 168, 300],
  ["30D", 21_600, 120, 300],
  ["1Y", 86_400, 366, 43_500],
] as const;

Deno.test("a chart has its step's points, the newest of them cut off where counting ends", async () => {
  await using at = await stand();
  await at.mine(TWO_DAYS);
  await at.clock.advance(10 * MINUTE);
  await at.say({ settledUntilMs: BigInt(END_MS) });
  const get = restOver(at.deps);
  for (const [range, step, points, newest] of SHAPES) {
    const { status, body } = await get(`/api/v1/pool/chart?range=CHART_RANGE_${range}`);
    assertEquals([status, body.stepSeconds, body.points.length], [200, step, points], range);
    const last: Point = body.points.at(-1);
    assertEquals(last.seconds, newest, range);
    for (const point of body.points as Point[]) {
      assertEquals(Date.parse(point.at) % (step * 1_000), 0, range);
      // One share a minute, whatever part of a step is counted: nobody's speed halves at the edge.
      if (point.seconds === 0) continue;
      assertEquals(Number(point.sharesValid), point.seconds / 60, `${range} at ${point.at}`);
      assertAlmostEquals(point.hashesPerSecond, workOf(1) / 60, 1, `${range} at ${point.at}`);
    }
  }
});

Deno.test("a chart's points add up to the window of the same length", async () => {
  await using at = await stand();
  await at.mine(TWO_DAYS);
  await at.say({ settledUntilMs: BigInt(NOON_MS) });
  const get = restOver(at.deps);
  const pool = (await get("/api/v1/pool")).body;
  for (const range of ["1H", "6H", "24H"]) {
    const chart = (await get(`/api/v1/pool/chart?range=CHART_RANGE_${range}`)).body;
    const sum = chart.points.reduce((all: number, { sharesValid }: Point) => all + +sharesValid, 0);
    const window = pool.hashrates.find((one: { window: string }) =>
      one.window === `WINDOW_${range}`
    );
    assertEquals([sum, +chart.shares.valid], [+window.shares, +window.shares], range);
  }
});

Deno.test("a chart of a day is shown where no range is named, and one that is unknown is refused", async () => {
  await using at = await stand();
  const get = restOver(at.deps);
  assertEquals((await get("/api/v1/pool/chart")).body.points.length, 144);
  assertEquals((await get("/api/v1/pool/chart?range=99")).status, 400);
  assertEquals((await get("/api/v1/pool/chart?range=CHART_RANGE_2H")).status, 400);
});

Deno.test("a miner's chart is of one worker where it is named, its reasons are told once in words", async () => {
  await using at = await stand();
  await at.mine([
    { atMs: NOON_MS - MINUTE, worker: "a" },
    { atMs: NOON_MS - MINUTE, worker: "b" },
    { atMs: NOON_MS - 2 * MINUTE, worker: "b", reason: "duplicate" },
    { atMs: NOON_MS - MINUTE, account: BOB },
  ]);
  const get = restOver(at.deps);
  const both = (await get(`/api/v1/miners/${ALICE}/chart?range=CHART_RANGE_1H`)).body;
  assertEquals([both.shares.valid, both.shares.rejected], ["2", "1"]);
  const one = (await get(`/api/v1/miners/${ALICE}/chart?range=CHART_RANGE_1H&worker=a`)).body;
  assertEquals([one.shares.valid, one.shares.rejected], ["1", "0"]);
  const reasons = both.points.flatMap(({ reasons }: { reasons: unknown[] }) => reasons);
  assertEquals(reasons.length, 1);
  assertEquals([reasons[0].reason, reasons[0].shares, reasons[0].explained], [
    "duplicate",
    "1",
    "",
  ]);
  assertEquals(both.shares.reasons[0].title, "Sent twice");
});

Deno.test("figures that stand still for minutes are called stale, in charts and of miners too", async () => {
  await using at = await stand();
  await at.mine([{ atMs: NOON_MS - MINUTE }]);
  await at.say({ settledUntilMs: BigInt(NOON_MS) });
  const get = restOver(at.deps);
  const paths = [
    "/api/v1/pool/chart",
    "/api/v1/miners",
    `/api/v1/miners/${ALICE}/chart`,
    `/api/v1/miners/${ALICE}/workers`,
    `/api/v1/miners/${ALICE}/worker?name=rig1`,
  ];
  const staleOf = async () =>
    (await Promise.all(paths.map(get))).map(({ body }) =>
      body.freshness.missing.length > 0 ? "missing" : body.freshness.stale
    );
  // The books are away: only the pool's chart has anything of theirs.
  assertEquals(await staleOf(), ["missing", false, false, false, false]);
  await at.clock.advance(6 * MINUTE);
  assertEquals(await staleOf(), ["missing", true, true, true, true]);
});
