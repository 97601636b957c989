import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { workOf } from "@gopool/series";
import { restOver } from "./rest_fixture.ts";
import { ALICE, BOB, MINUTE, NETWORK_DIFFICULTY, NOON_MS, stand } from "./stand_fixture.ts";

/** Books that are there, and have no block. */
const BOOKS = {
  terms: () =>
    Promise.resolve({ scheme: "PPLNS", feeBasisPoints: 100, thresholdSats: 5n, maturity: 8 }),
  newestBlock: () => Promise.resolve(null),
};

/** One share of difficulty 4 each 10 s in the half hour before noon, and in the minute that begins at noon. */
function steady(account: string) {
  return Array.from({ length: 31 * 6 }, (_, i) => ({
    account,
    atMs: NOON_MS - 30 * MINUTE + i * 10_000,
    difficulty: 4,
    achieved: 4 + i / 1_000,
  }));
}

Deno.test("a speed is work over time up to the settled minute, its error from the shares' number", async () => {
  await using at = await stand();
  await at.mine(steady(ALICE));
  await at.clock.advance(5 * MINUTE);
  await at.say({ settledUntilMs: BigInt(NOON_MS), networkDifficulty: NETWORK_DIFFICULTY });
  const { status, body } = await restOver(at.deps)("/api/v1/pool");
  assertEquals(status, 200);
  assertEquals(body.freshness.countedUntil, "2026-11-23T12:00:00Z");
  const speed = workOf(4) / 10;
  for (const [window, seconds] of [["1M", 60], ["5M", 300], ["15M", 900], ["1H", 1_800]] as const) {
    const found = body.hashrates.find((one: { window: string }) =>
      one.window === `WINDOW_${window}`
    );
    assertAlmostEquals(found.hashesPerSecond, speed, 1, window);
    // The pool is half an hour old: longer windows are measured over that.
    assertEquals([found.measuredSeconds, Number(found.shares)], [seconds, seconds / 10]);
    assertAlmostEquals(found.standardError, speed / Math.sqrt(seconds / 10), 1, window);
  }
  assertEquals(body.hashrates.length, 7);
  assertEquals(body.hashrates.at(-1).measuredSeconds, 1_800);
});

Deno.test("luck, effort and the time to a block come from work against what a block needs", async () => {
  await using at = await stand();
  await at.mine(steady(ALICE));
  await at.series.writeBlock({
    hash: "ab".repeat(32),
    height: 7,
    // In the middle of a minute: of its 6 shares 3 were before it.
    foundAtMs: NOON_MS - 10 * MINUTE + 30_000,
    finder: ALICE,
    worker: "rig1",
    networkDifficulty: NETWORK_DIFFICULTY,
    effort: 0.5,
  });
  await at.say({ settledUntilMs: BigInt(NOON_MS), networkDifficulty: NETWORK_DIFFICULTY });
  const { body } = await restOver(at.deps)("/api/v1/pool");
  assertAlmostEquals(body.currentEffort, (60 - 3) * 4 / NETWORK_DIFFICULTY, 1e-9);
  const all = body.luck.find((one: { period: string }) => one.period === "all");
  assertEquals([all.blocks, all.measuredSeconds], [1, 1_800]);
  assertAlmostEquals(all.expectedBlocks, 180 * 4 / NETWORK_DIFFICULTY, 1e-9);
  assertAlmostEquals(all.luck, 1 / all.expectedBlocks, 1e-9);
  assertAlmostEquals(body.expectedSecondsToBlock, NETWORK_DIFFICULTY / 4 * 10, 1e-6);
});

Deno.test("the best share is told with its sender, by period", async () => {
  await using at = await stand();
  const days = (n: number) => NOON_MS - n * 1_440 * MINUTE;
  await at.mine([
    { atMs: days(9), achieved: 900, account: BOB, worker: "old" },
    { atMs: days(3), achieved: 300 },
    { atMs: days(1) + MINUTE, achieved: 30, worker: "new" },
  ]);
  const { body } = await restOver(at.deps)("/api/v1/pool");
  const told = [body.bestShareEver, body.bestShare7d, body.bestShare];
  assertEquals(told.map(({ difficulty, worker }) => [difficulty, worker]), [
    [900, "old"],
    [300, "rig1"],
    [30, "new"],
  ]);
  assertEquals(body.bestShareEver.address, BOB);
});

Deno.test("an operator who hides finders shows no address, and no top miners", async () => {
  await using at = await stand({ finders: "hidden" });
  await at.mine(steady(ALICE));
  const get = restOver(at.deps);
  const { body } = await get("/api/v1/pool");
  assertEquals([body.bestShare.address, body.bestShare.worker], ["", ""]);
  assertEquals((await get("/api/v1/miners")).body.miners, []);
});

Deno.test("top miners come by work, shortened where the operator says so", async () => {
  await using at = await stand({ finders: "short" });
  await at.mine([...steady(ALICE), { account: BOB, atMs: NOON_MS - MINUTE, difficulty: 1e6 }]);
  const { body } = await restOver(at.deps)("/api/v1/miners");
  assertEquals(body.miners.map(({ address }: { address: string }) => address), [
    `${BOB.slice(0, 8)}…${BOB.slice(-5)}`,
    `${ALICE.slice(0, 8)}…${ALICE.slice(-5)}`,
  ]);
  assertEquals(body.miners[1].hashrate.shares, "180");
});

Deno.test("refused shares are told by reason, in words", async () => {
  await using at = await stand();
  await at.mine([
    { atMs: NOON_MS - MINUTE },
    { atMs: NOON_MS - MINUTE, reason: "low-difficulty" },
    { atMs: NOON_MS - MINUTE, reason: "stale-job" },
    { atMs: NOON_MS - MINUTE, reason: "stale-job" },
  ]);
  const { body: { shares } } = await restOver(at.deps)("/api/v1/pool");
  assertEquals([shares.valid, shares.rejected, shares.stale], ["1", "1", "2"]);
  const [first, second] = shares.reasons;
  assertEquals([first.reason, first.shares, first.title], ["stale-job", "2", "Too late: old job"]);
  assertEquals([second.reason, second.title], ["low-difficulty", "Above the target"]);
  assert(second.explained.includes("firmware"));
});

Deno.test("with the books away the rest is given, and what is missing is named without their address", async () => {
  await using at = await stand();
  await at.mine(steady(ALICE));
  await at.say({ settledUntilMs: BigInt(NOON_MS), height: 8 });
  const { status, body } = await restOver(at.deps)("/api/v1/pool");
  assertEquals([status, body.freshness.stale, body.height], [200, true, 8]);
  assertEquals(body.freshness.missing.map(({ part }: { part: string }) => part), ["ledger"]);
  assert(!JSON.stringify(body).includes("10.0.0.8"));
  assertEquals([body.scheme, body.hashrates.length], ["", 7]);
});

Deno.test("with statistics away the pool is still told, and a chart is 503", async () => {
  await using at = await stand();
  Object.assign(at.books, BOOKS);
  at.breakSeries();
  await at.say({ settledUntilMs: BigInt(NOON_MS), height: 8, accounts: 3 });
  const get = restOver(at.deps);
  const { status, body } = await get("/api/v1/pool");
  assertEquals([status, body.scheme, body.miners, body.hashrates], [200, "PPLNS", 3, []]);
  assertEquals(body.maturity, 8, "as payoutd says, not as usual");
  assertEquals(body.freshness.missing.map(({ part }: { part: string }) => part), ["statistics"]);
  const chart = await get("/api/v1/pool/chart");
  assertEquals([chart.status, chart.body.code], [503, "unavailable"]);
  assert(!JSON.stringify([body, chart.body]).includes("10.0.0.7"));
});

Deno.test("live figures that have stopped make an answer stale, and figures stand where they were", async () => {
  await using at = await stand();
  Object.assign(at.books, BOOKS);
  await at.mine(steady(ALICE));
  await at.say({ settledUntilMs: BigInt(NOON_MS), height: 8 });
  const get = restOver(at.deps);
  const before = (await get("/api/v1/pool")).body;
  await at.clock.advance(60 * MINUTE);
  const after = (await get("/api/v1/pool")).body;
  assertEquals(after.hashrates, before.hashrates);
  assertEquals([before.freshness.stale, after.freshness.stale], [false, true]);
  assertEquals(after.freshness.missing, []);
});

Deno.test("before the first live record the pool is told from statistics, and live is missing", async () => {
  await using at = await stand();
  await at.mine(steady(ALICE));
  await at.series.writeFigures({
    minuteMs: NOON_MS - MINUTE,
    hashrate: 1,
    accounts: 1,
    workers: 1,
    height: 8,
    networkDifficulty: NETWORK_DIFFICULTY,
  });
  const { body } = await restOver(at.deps)("/api/v1/pool");
  assertEquals([body.height, body.networkDifficulty, body.miners, body.workers], [
    8,
    NETWORK_DIFFICULTY,
    1,
    1,
  ]);
  assertEquals(
    body.freshness.missing.map(({ part }: { part: string }) => part).toSorted(),
    ["ledger", "live"],
  );
});

Deno.test("a pool without a share is zeros, not an error", async () => {
  await using at = await stand();
  const get = restOver(at.deps);
  const { status, body } = await get("/api/v1/pool");
  assertEquals([status, body.currentEffort, body.expectedSecondsToBlock], [200, 0, 0]);
  assertEquals(
    body.hashrates.map(({ measuredSeconds }: { measuredSeconds: number }) => measuredSeconds),
    [
      0,
      0,
      0,
      0,
      0,
      0,
      0,
    ],
  );
  const chart = (await get("/api/v1/pool/chart?range=CHART_RANGE_1H")).body;
  assertEquals([chart.points.length, chart.shares.valid], [60, "0"]);
});
