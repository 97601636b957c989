/**
 * Every figure of the public API on a running pool with the demo miner: held against the topics, computed from them by a
 * plain reference, against what operators are told, and against the ledger.
 *
 * @module
 */
import { type Bus, decode, statsLive } from "@gopool/bus";
import { displayHash, type Hash } from "@gopool/chain";
import { type Clock, systemClock } from "@gopool/runtime";
import { waitFor } from "@gopool/testing";
import { assert, assertEquals, assertGreater } from "@std/assert";
import { skipped } from "../real/absent.ts";
import { Api, controlHere, type Json } from "./api_client.ts";
import {
  expectedBetween,
  figuresOf,
  firstMinute,
  type Found,
  foundBlocks,
  type Judged,
  judgedShares,
  minuteOf,
} from "./counted_shares.ts";
import { curlExamples, hasCurl, runCurl } from "./curl_examples.ts";
import { startPool } from "./pool.ts";

const MINUTE_MS = 60_000;
const HASHES_AT_1 = 2 ** 48 / 65_535;
const WINDOWS = { "1M": 1, "5M": 5, "15M": 15, "1H": 60, "6H": 360, "24H": 1_440, "7D": 10_080 };

/** A minute ends soon after the start, whenever the test is run: nobody waits for it a whole one. */
const FIRST_MINUTE_ENDS_AFTER_MS = 25_000;

function clockBefore(leftMs: number): Clock {
  const nowMs = systemClock.now();
  const shiftMs = minuteOf(nowMs) + MINUTE_MS - leftMs - nowMs;
  return { ...systemClock, now: () => systemClock.now() + shiftMs };
}

/** Sums of floats come out a little different in another order. */
function assertNear(found: number, wanted: number, what: string): void {
  assert(
    Math.abs(found - wanted) <= 1e-9 * Math.max(Math.abs(found), Math.abs(wanted)),
    `${what}: ${found} is not ${wanted}`,
  );
}

interface Facts {
  readonly shares: readonly Judged[];
  readonly blocks: readonly Found[];
  readonly untilMs: number;
  readonly firstMs: number;
}

function factsOf(shares: readonly Judged[], blocks: readonly Found[], answer: Json): Facts {
  const untilMs = Date.parse(answer.freshness.countedUntil);
  return { shares, blocks, untilMs, firstMs: firstMinute(shares) };
}

/** @param shares Of whom the figures are. */
function assertSpeeds(hashrates: Json[], { shares, untilMs, firstMs }: Facts, what: string): void {
  for (const one of hashrates) {
    const name = one.window.replace("WINDOW_", "") as keyof typeof WINDOWS;
    const fromMs = Math.max(untilMs - WINDOWS[name] * MINUTE_MS, firstMs);
    const { work, workSquared, valid } = figuresOf(shares, { fromMs, untilMs });
    const seconds = (untilMs - fromMs) / 1_000;
    assertEquals([one.measuredSeconds, Number(one.shares)], [seconds, valid], `${what} ${name}`);
    assertNear(one.hashesPerSecond, work / seconds, `${what} ${name}`);
    assertNear(one.standardError, Math.sqrt(workSquared) / seconds, `error of ${what} ${name}`);
  }
}

function assertTotals(totals: Json, { shares, untilMs, firstMs }: Facts, what: string): void {
  const { valid, rejected, stale, reasons } = figuresOf(shares, { fromMs: firstMs, untilMs });
  assertEquals(
    [totals.valid, totals.rejected, totals.stale].map(Number),
    [valid, rejected, stale],
    what,
  );
  const told = totals.reasons.map((one: Json) => [one.reason, Number(one.shares)]);
  assertEquals(Object.fromEntries(told), reasons, what);
}

/** By minute: the finest there is. */
function assertChart({ points, shares: totals }: Json, facts: Facts, what: string): void {
  assertEquals(points.length, 60);
  for (const point of points) {
    const fromMs = Date.parse(point.at);
    const found = figuresOf(facts.shares, { fromMs, untilMs: fromMs + MINUTE_MS });
    assertEquals(
      [point.sharesValid, point.sharesRejected, point.sharesStale].map(Number),
      [found.valid, found.rejected, found.stale],
      `${what} at ${point.at}`,
    );
    if (point.seconds > 0) assertNear(point.hashesPerSecond, found.work / point.seconds, what);
  }
  assertTotals(totals, facts, what);
}

function assertPool(pool: Json, facts: Facts): void {
  const { shares, blocks, untilMs, firstMs } = facts;
  const all = figuresOf(shares, { fromMs: firstMs, untilMs });
  assertSpeeds(pool.hashrates, facts, "the pool");
  assertTotals(pool.shares, facts, "the pool");
  const counted = blocks.filter(({ atMs }) => atMs < untilMs);
  for (const luck of pool.luck) {
    assertEquals(luck.blocks, counted.length, luck.period);
    assertNear(luck.expectedBlocks, all.expected, luck.period);
    assertNear(luck.luck, counted.length / all.expected, luck.period);
  }
  const effort = expectedBetween(shares, counted[0]?.atMs ?? firstMs, untilMs);
  assertNear(pool.currentEffort, effort, "the current effort");
  for (const best of [pool.bestShare, pool.bestShare7d, pool.bestShareEver]) {
    assertNear(best.difficulty, all.best, "the best share");
    const sender = shares.find(({ achieved }) => achieved === best.difficulty)!;
    assertEquals([best.address, best.worker, Date.parse(best.at)], [
      sender.account,
      sender.worker,
      sender.atMs,
    ]);
  }
  const speed = pool.hashrates.find(({ window }: Json) => window === "WINDOW_1H").hashesPerSecond;
  assertNear(
    pool.expectedSecondsToBlock,
    pool.networkDifficulty * HASHES_AT_1 / speed,
    "the time to a block",
  );
}

/** Each block as the topic, the ledger and the control plane have it. */
async function assertBlocks(api: Api, call: Call, found: readonly Found[]): Promise<void> {
  const { blocks } = await api.fresh("/api/v1/blocks?pageSize=100");
  const { blocks: booked } = await call("LedgerService/ListLedgerBlocks", { pageSize: 1000 });
  const { blocks: submitted } = await call("BlockService/ListBlocks", {});
  assertGreater(blocks.length, 0);
  for (const block of blocks) {
    const fact = found.find(({ hash }) => hash === block.hash)!;
    assertEquals([block.height, block.finder], [fact.height, fact.account]);
    const book = booked.find(({ hash }: Json) => hash === block.hash);
    assertEquals(Date.parse(block.foundAt), Number(book.foundAtMs));
    assert(submitted.some(({ hash }: Json) => hash === block.hash), block.hash);
    if (block.rewardSats !== "0") assertEquals(block.rewardSats, book.valueSats);
  }
}

/** A split block's parts, against the ledger's own credits. @returns Its hash. */
async function assertSplit(api: Api, call: Call): Promise<string> {
  const { blocks } = await api.fresh("/api/v1/blocks?pageSize=100");
  const split = blocks.find(({ scheme }: Json) => scheme !== "");
  assert(split !== undefined, "no block is split yet");
  const told = await api.fresh(`/api/v1/blocks/${split.hash}/split`);
  const sum = told.credits.reduce((all: bigint, { sats }: Json) => all + BigInt(sats), 0n);
  assertEquals(
    sum + BigInt(told.feeSats) + BigInt(told.donationSats),
    BigInt(told.rewardSats),
  );
  const { credits } = await call("LedgerService/ListBlockCredits", { hash: split.hash });
  assertEquals(
    told.credits.map(({ address, sats }: Json) => [address, sats]),
    credits.map(({ account, sats }: Json) => [account, sats]),
  );
  return split.hash;
}

type Call = ReturnType<typeof controlHere>["call"];

/** Balances move with every block: they are held against the ledger where it was the same before and after. */
async function assertMoney(api: Api, call: Call, address: string): Promise<void> {
  await waitFor(
    async () => {
      const before = await call("LedgerService/GetAccount", { name: address });
      const told = await api.fresh(`/api/v1/miners/${address}`);
      const { account, paidSats } = await call("LedgerService/GetAccount", { name: address });
      if (JSON.stringify(before.account) !== JSON.stringify(account)) return undefined;
      assertEquals(
        [told.immatureSats, told.matureSats, told.paidSats],
        [account.immatureSats, account.matureSats, paidSats],
      );
      return true;
    },
    "balances that stood still",
    { deadlineMs: 90_000 },
  );
}

/** The newest record of stats.live against the event of the same second. */
async function assertLive(url: string, bus: Bus): Promise<void> {
  const response = await fetch(`${url}/api/v1/pool/live`);
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (/^data: .*\n\n/m.test(text)) break;
  }
  const event = JSON.parse(/^data: (.*)$/m.exec(text)![1]!);
  for (const { partition, earliest } of await bus.ends(statsLive)) {
    for await (const { messages } of bus.read(statsLive, partition, earliest)) {
      for (const { value } of messages) {
        const record = decode(statsLive, value);
        if (Number(record.atMs) !== Date.parse(event.at)) continue;
        assertEquals(
          [event.hashesPerSecond, event.standardError, event.miners, event.workers, event.height],
          [record.hashrate, record.standardError, record.accounts, record.workers, record.height],
        );
        assertEquals(event.lastBlockHash, displayHash(record.lastBlock as Hash));
        return;
      }
    }
  }
  throw new Error(`No record of stats.live is of ${event.at}`);
}

const curl = await hasCurl();
if (!curl) skipped("The README's examples are not tried: there is no curl 7.82 or later here");

Deno.test("every figure of the public API is what the topics, operators' methods and the ledger say", async ({ step }) => {
  const clock = clockBefore(FIRST_MINUTE_ENDS_AFTER_MS);
  const { control, call } = controlHere();
  const settings = { GOPOOL_API_RATE: "0", GOPOOL_DEMO_MINER: "on" };
  await using pool = await startPool(settings, clock, { control });
  const api = new Api(`http://127.0.0.1:${pool.apiPort}`, () => clock.now());

  // Until a minute with shares and a block in it is whole.
  const told = await waitFor(
    async () => {
      const { status, body } = await api.get("/api/v1/pool").catch(() => ({
        status: 0,
        body: null,
      }));
      const found = status === 200 && Number(body.shares.valid) > 0 && body.luck[2].blocks > 0;
      return found && !body.freshness.stale ? body : undefined;
    },
    "a minute that is whole",
    { deadlineMs: 180_000 },
  );
  const address: string = told.bestShare.address;
  const worker: string = told.bestShare.worker;

  const answers = {
    pool: await api.fresh("/api/v1/pool"),
    chart: await api.fresh("/api/v1/pool/chart?range=CHART_RANGE_1H"),
    top: await api.fresh("/api/v1/miners"),
    miner: await api.fresh(`/api/v1/miners/${address}`),
    minerChart: await api.fresh(`/api/v1/miners/${address}/chart?range=CHART_RANGE_1H`),
    workers: await api.fresh(`/api/v1/miners/${address}/workers`),
    worker: await api.fresh(`/api/v1/miners/${address}/worker?name=${encodeURIComponent(worker)}`),
  };
  // Later than all answers: what they count stands in the topics.
  const shares = await judgedShares(pool.bus);
  const blocks = await foundBlocks(pool.bus);
  const of = (answer: Json, whose = shares) => ({
    ...factsOf(whose, blocks, answer),
    firstMs: firstMinute(shares),
  });
  const mine = shares.filter(({ account }) => account === address);
  const ofWorker = mine.filter((share) => share.worker === worker);

  assertPool(answers.pool, of(answers.pool));
  assertChart(answers.chart, of(answers.chart), "the pool's chart");
  assertEquals(answers.top.miners.map((one: Json) => one.address), [address]);
  assertSpeeds([answers.top.miners[0].hashrate], of(answers.top, mine), "the top miner");
  assertSpeeds(answers.miner.hashrates, of(answers.miner, mine), "the miner");
  assertTotals(answers.miner.shares, of(answers.miner, mine), "the miner");
  assertChart(answers.minerChart, of(answers.minerChart, mine), "the miner's chart");
  const [listed] = answers.workers.workers;
  assertSpeeds(listed.hashrates, of(answers.workers, ofWorker), "the listed worker");
  assertTotals(listed.shares, of(answers.workers, ofWorker), "the listed worker");
  assertSpeeds(answers.worker.worker.hashrates, of(answers.worker, ofWorker), "the worker");

  const { sessions } = await call("SessionService/ListSessions");
  const online = answers.workers.workers.filter(({ online }: Json) => online);
  assertEquals(answers.miner.workersOnline, online.length);
  assertEquals(sessions.length, answers.pool.workers);
  const { shares: accepted } = await call("SessionService/GetGateway");
  assert(Number(accepted.accepted) >= Number(answers.pool.shares.valid));

  await assertBlocks(api, call, blocks);
  await waitFor(
    async () => {
      const { blocks } = await api.fresh("/api/v1/blocks");
      return blocks.some(({ scheme }: Json) => scheme !== "") ? true : undefined;
    },
    "a block that is split",
    { deadlineMs: 240_000 },
  );
  const block = await assertSplit(api, call);
  await assertMoney(api, call, address);
  await assertLive(api.url, pool.bus);

  await step("the examples of the README answer 200", async () => {
    const examples = await curlExamples();
    assertGreater(examples.length, 20);
    if (!curl) return;
    const variables = { POOL: api.url, ADDRESS: address, BLOCK: block };
    const answered = await Promise.all(
      examples.map(async (line) => [line, await runCurl(line, variables)]),
    );
    assertEquals(answered.filter(([, status]) => status !== "200"), []);
  });
});
