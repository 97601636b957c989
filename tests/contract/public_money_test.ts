/**
 * Blocks, payouts and a miner's money over REST, as books that payoutd's own functions made have them.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { displayHash, type Hash } from "@gopool/chain";
import { type FreshLedger, freshLedger } from "@gopool/ledger/fixture";
import { LedgerUnavailable } from "@gopool/ledger";
import { addressOf, buildBooks, type Built, START_MS } from "@gopool/payoutd/books/fixture";
import { SeriesUnavailable } from "@gopool/series";
import { FakeClock } from "@gopool/testing";
import { publicApi, READS } from "./public_api.ts";

async function withBooks(
  work: (api: ReturnType<typeof publicApi>, built: Built, ledger: FreshLedger) => Promise<void>,
) {
  await using ledger = await freshLedger();
  const built = await buildBooks(ledger);
  await using own = await ledger.again(READS);
  const efforts = new Map([[displayHash(built.mature as Hash), 0.75]]);
  const effortOf = () => Promise.resolve(efforts);
  await work(
    publicApi({ ledger: own, clock: new FakeClock(START_MS), effortOf, finders: "short" }),
    built,
    ledger,
  );
}

Deno.test("blocks are told newest first, with efforts where they are known and finders as the operator says", () =>
  withBooks(async ({ get }, built) => {
    const { status, body } = await get("/blocks?page_size=2");
    assertEquals(status, 200);
    assertEquals(body.freshness.missing, []);
    const rest = (await get(`/blocks?page_size=2&page_token=${body.nextPageToken}`)).body;
    const all = [...body.blocks, ...rest.blocks];
    assertEquals(all.map(({ height }) => height), [12, 11, 10]);
    assertEquals(rest.nextPageToken, "");
    const mature = all.at(-1);
    assertEquals(mature, {
      hash: displayHash(built.mature as Hash),
      height: 10,
      foundAt: "2026-01-01T00:30:00.001Z",
      state: "BLOCK_STATE_MATURE",
      confirmations: 100,
      rewardSats: "5000000000",
      effort: 0.75,
      networkDifficulty: 1,
      finder: `${addressOf(1).slice(0, 8)}…${addressOf(1).slice(-5)}`,
      worker: "",
      scheme: "PPLNS",
    });
    assertEquals("effort" in all[0], false);
    const one = (await get(`/blocks/${mature.hash.toUpperCase()}`)).body;
    assertEquals(one.block, mature);
    assertEquals(
      [one.feeSats, one.donationSats, one.accounts, one.waitsFor, one.settledAt],
      ["50000000", "24750000", 3, "", "2026-01-01T00:30:00.001Z"],
    );
  }));

Deno.test("credits, fee and donation of every page add up to the block", () =>
  withBooks(async ({ get }, built) => {
    for (const hash of [built.mature, built.immature, built.returned]) {
      const path = `/blocks/${displayHash(hash)}/split?page_size=1`;
      let sum = 0n;
      let credits = 0;
      let paid = 0n;
      for (let token = "";;) {
        const { body } = await get(`${path}&page_token=${token}`);
        for (const credit of body.credits) {
          sum += BigInt(credit.sats);
          paid += BigInt(credit.paidInCoinbaseSats);
          credits++;
        }
        token = body.nextPageToken;
        if (token !== "") continue;
        assertEquals(sum + BigInt(body.feeSats) + BigInt(body.donationSats), 5_000_000_000n);
        assertEquals([body.rewardSats, body.scheme, credits], ["5000000000", "PPLNS", 3]);
        assertMatch(body.rule, /last X blocks' worth of work/);
        break;
      }
      assertEquals(paid, hash === built.immature ? 1_000n : 0n);
    }
  }));

Deno.test("payouts, and what one miner was paid, name the transaction", () =>
  withBooks(async ({ get }, built) => {
    const { body } = await get("/payouts");
    assertEquals(body.payouts.length, 1);
    const [payout] = body.payouts;
    assertMatch(payout.txid, /^[0-9a-f]{64}$/);
    assertEquals({ ...payout, txid: "" }, {
      id: String(built.payout),
      at: "2026-01-01T00:00:00Z",
      state: "PAYOUT_STATE_CONFIRMED",
      sats: "300000",
      accounts: 2,
      feeSats: "300",
      txid: "",
    });
    const own = (await get(`/miners/${addressOf(1)}/payouts`)).body;
    assertEquals(own.payouts, [{
      id: payout.id,
      at: payout.at,
      state: payout.state,
      sats: "100000",
      feeSats: "0",
      txid: payout.txid,
    }]);
    assertEquals((await get(`/miners/${addressOf(3)}/payouts`)).body.payouts, []);
  }));

Deno.test("what a miner earned, has and was paid add up, and are what the ledger's accounts say", () =>
  withBooks(async ({ get, books }, _, ledger) => {
    for (const miner of [1, 2, 3]) {
      const money = (await books.miner(addressOf(miner)))!;
      const { body } = await get(`/miners/${addressOf(miner)}/earnings?days=366`);
      const earned = body.days.reduce(
        (all: bigint, { sats }: { sats: string }) => all + BigInt(sats),
        0n,
      );
      assertEquals(earned, money.immatureSats + money.matureSats + money.paidSats);
      const [row] = await ledger.ask<{ sats: bigint }>(
        "SELECT sum(sats)::bigint AS sats FROM balance JOIN account ON id = account_id WHERE name = $1",
        [addressOf(miner)],
      );
      assertEquals(money.immatureSats + money.matureSats, BigInt(row!.sats));
      assertEquals(money.paidSats, [100_000n, 200_000n, 1_000n][miner - 1]);
    }
  }));

Deno.test("what is not there is 404, what is malformed 400, each with a sentence", () =>
  withBooks(async ({ get }) => {
    const cases = [
      ["/blocks/" + "ab".repeat(32), 404, "not_found", "The pool has found no block abab"],
      ["/blocks/" + "ab".repeat(32) + "/split", 404, "not_found", "The pool has found no block"],
      ["/blocks/xyz", 400, "invalid_argument", ""],
      ["/blocks?page_token=1.2", 400, "invalid_argument", "is none of these answers'"],
      ["/blocks?page_token=1.2.3", 400, "invalid_argument", "is none of these answers'"],
      ["/payouts?page_token=-1", 400, "invalid_argument", "is none of these answers'"],
      [`/miners/${addressOf(9)}/payouts`, 404, "not_found", "know nobody by"],
      [`/miners/${addressOf(9)}/earnings`, 404, "not_found", "know nobody by"],
      [`/miners/${addressOf(9)}/settings`, 404, "not_found", "know nobody by"],
      ["/miners/reserve/earnings", 400, "invalid_argument", ""],
      ["/miners/bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4/settings", 400, "invalid_argument", ""],
    ] as const;
    for (const [path, status, code, words] of cases) {
      const answer = await get(path);
      assertEquals([answer.status, answer.body.code], [status, code], path);
      assert(answer.body.message.includes(words), `${path}: ${answer.body.message}`);
    }
  }));

Deno.test("with the books away every question about money is 503, and tells nobody where they are", async () => {
  const ledger = {
    transaction: () =>
      Promise.reject(new LedgerUnavailable("connect ECONNREFUSED 10.0.0.7", false)),
  };
  const { get } = publicApi({ ledger, clock: new FakeClock(START_MS) });
  const hash = "ab".repeat(32);
  const miner = `/miners/${addressOf(1)}`;
  const asked = [
    "/blocks",
    `/blocks/${hash}`,
    `/blocks/${hash}/split`,
    "/payouts",
    `${miner}/payouts`,
    `${miner}/earnings`,
    `${miner}/settings`,
  ];
  for (const path of asked) {
    const { status, body } = await get(path);
    assertEquals([status, body.code], [503, "unavailable"], path);
    assertEquals(body.message, "The pool's books cannot be read now: ask again in a moment");
  }
});

Deno.test("with statistics away blocks are told all the same, and what is missing is named", () =>
  withBooks(async (_, __, ledger) => {
    await using own = await ledger.again(READS);
    const effortOf = () => Promise.reject(new SeriesUnavailable("10.0.0.8 is away"));
    const { get } = publicApi({ ledger: own, clock: new FakeClock(START_MS), effortOf });
    const { status, body } = await get("/blocks");
    assertEquals([status, body.blocks.length, body.freshness.stale], [200, 3, true]);
    assertEquals(body.freshness.missing.map(({ part }: { part: string }) => part), ["statistics"]);
    assert(!JSON.stringify(body).includes("10.0.0.8"));
  }));
