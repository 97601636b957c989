import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { restOver } from "./rest_fixture.ts";
import { ALICE, BOB, MINUTE, NETWORK_DIFFICULTY, NOON_MS, stand } from "./stand_fixture.ts";

const NOBODY = { miner: () => Promise.resolve(null), knows: () => Promise.resolve(false) };

Deno.test("a miner is told by its address in any case, with its machines and its money", async () => {
  await using at = await stand();
  await at.mine([
    { atMs: NOON_MS - MINUTE, worker: "a", difficulty: 2, achieved: 50 },
    { atMs: NOON_MS - 2 * MINUTE, worker: "b", reason: "low-difficulty" },
    { atMs: NOON_MS - 20 * MINUTE, worker: "c" },
  ]);
  await at.say({ settledUntilMs: BigInt(NOON_MS), networkDifficulty: NETWORK_DIFFICULTY });
  Object.assign(at.books, {
    miner: (address: string) =>
      Promise.resolve({
        address,
        immatureSats: -3n,
        matureSats: 9_007_199_254_740_993n,
        paidSats: 4n,
        onTheWaySats: 0n,
        thresholdSats: 5n,
        estimate: { rewardSats: 6n, windowShare: 0.25, blockSats: 24n, asOfMs: NOON_MS },
        payouts: [{
          id: 7n,
          atMs: NOON_MS,
          state: "confirmed",
          sats: 8n,
          feeSats: 1n,
          txid: "cd".repeat(32),
        }],
      }),
  });
  const { status, body } = await restOver(at.deps)(`/api/v1/miners/${ALICE.toUpperCase()}`);
  assertEquals([status, body.address], [200, ALICE]);
  // b sent nothing that counts, c nothing for long.
  assertEquals([body.workersOnline, body.shares.valid, body.shares.rejected], [1, "2", "1"]);
  assertEquals([body.bestShare.difficulty, body.bestShare.worker], [50, "a"]);
  assertEquals(body.lastShareAt, "2026-11-23T11:59:00Z");
  assertEquals([body.immatureSats, body.matureSats, body.paidSats], [
    "-3",
    "9007199254740993",
    "4",
  ]);
  assertEquals([body.estimatedRewardSats, body.windowShare, body.payoutThresholdSats], [
    "6",
    0.25,
    "5",
  ]);
  assertEquals([body.payouts[0].id, body.payouts[0].state, body.payouts[0].at], [
    "7",
    "PAYOUT_STATE_CONFIRMED",
    "2026-11-23T12:00:00Z",
  ]);
  assertEquals(body.freshness.stale, false);
  assert(body.expectedSecondsToBlock > 0);
});

for (
  const [name, address, words] of [
    ["none", "hello", "hello"],
    ["of another network", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "address of main"],
    ["that was mistyped", ALICE.slice(0, -1) + "q", "checksum"],
  ] as const
) {
  Deno.test(`an address that is ${name} is 400 with a sentence, wherever it is asked for`, async () => {
    await using at = await stand();
    const get = restOver(at.deps);
    for (const rest of ["", "/chart", "/workers", "/worker", "/live", "/payouts", "/earnings"]) {
      const { status, body } = await get(`/api/v1/miners/${address}${rest}`);
      assertEquals([status, body.code], [400, "invalid_argument"], rest);
      assertStringIncludes(body.message, words);
    }
  });
}

Deno.test("an address that never mined here is 404 with a sentence", async () => {
  await using at = await stand();
  Object.assign(at.books, NOBODY);
  await at.mine([{ atMs: NOON_MS - MINUTE }]);
  const get = restOver(at.deps);
  for (const rest of ["", "/chart", "/workers", "/worker?name=x", "/live"]) {
    const { status, body } = await get(`/api/v1/miners/${BOB}${rest}`);
    assertEquals([status, body.code], [404, "not_found"], rest);
    assertStringIncludes(body.message, BOB);
  }
  const { status, body } = await get(`/api/v1/miners/${ALICE}/worker?name=nope`);
  assertEquals(status, 404);
  assertStringIncludes(body.message, '"nope"');
});

Deno.test("a miner whose first share is not counted yet finds itself at once", async () => {
  await using at = await stand();
  Object.assign(at.books, NOBODY);
  await at.say({ settledUntilMs: BigInt(NOON_MS) });
  await at.clock.advance(20_000);
  await at.mine([{ atMs: NOON_MS + 10_000 }]);
  const { status, body } = await restOver(at.deps)(`/api/v1/miners/${ALICE}`);
  assertEquals([status, body.shares.valid, body.lastShareAt], [200, "0", undefined]);
});

Deno.test("whether somebody mined here cannot be told while a store that may know is away", async () => {
  await using at = await stand();
  // The books are away, statistics do not know it.
  const get = restOver(at.deps);
  const { status, body } = await get(`/api/v1/miners/${ALICE}`);
  assertEquals([status, body.code], [503, "unavailable"]);
  at.breakSeries();
  assertEquals((await get(`/api/v1/miners/${ALICE}`)).status, 503);
});

Deno.test("with statistics away a miner's money is told, and the rest is missing", async () => {
  await using at = await stand();
  Object.assign(at.books, {
    miner: (address: string) =>
      Promise.resolve({
        address,
        immatureSats: 1n,
        matureSats: 2n,
        paidSats: 3n,
        onTheWaySats: 0n,
        thresholdSats: 5n,
        estimate: null,
        payouts: [],
      }),
  });
  at.breakSeries();
  const { status, body } = await restOver(at.deps)(`/api/v1/miners/${ALICE}`);
  assertEquals([status, body.matureSats, body.hashrates], [200, "2", []]);
  assertEquals(body.freshness.missing.map(({ part }: { part: string }) => part), ["statistics"]);
});
