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
import { firstMinute, foundBlocks, judgedShares, minuteOf } from "./counted_shares.ts";
import { assertChart, assertPool, assertSpeeds, assertTotals, factsOf } from "./figures_held.ts";
import { curlExamples, hasCurl, runCurl } from "./curl_examples.ts";
import { startPool } from "./pool.ts";

const MINUTE_MS = 60_000;
/** A minute ends soon after the start, whenever the test is run: nobody waits for it a whole one. */
const FIRST_MINUTE_ENDS_AFTER_MS = 25_000;

function clockBefore(leftMs: number): Clock {
  const nowMs = systemClock.now();
  const shiftMs = minuteOf(nowMs) + MINUTE_MS - leftMs - nowMs;
  return { ...systemClock, now: () => systemClock.now() + shiftMs };
}

/** A block is known a moment after its minute may be settled: an answer that has all of its time. */
async function poolWithItsBlocks(api: Api, bus: Bus): Promise<Json> {
  return await waitFor(
    async () => {
      const pool = await api.fresh("/api/v1/pool");
      const untilMs = Date.parse(pool.freshness.countedUntil);
      const found = (await foundBlocks(bus)).filter(({ atMs }) => atMs < untilMs);
      return pool.luck[2].blocks === found.length ? pool : undefined;
    },
    "an answer with every block of its time",
    { deadlineMs: 120_000 },
  );
}

/** Each block as the topic, the ledger and the control plane have it. */
async function assertBlocks(api: Api, call: Call, bus: Bus): Promise<void> {
  const { blocks } = await api.fresh("/api/v1/blocks?pageSize=100");
  const found = await foundBlocks(bus);
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

/** The compatible routes: the same figures and the same books by other names. */
async function assertCompat(api: Api, call: Call, address: string, bus: Bus): Promise<void> {
  const client = (await api.get(`/api/client/${address}`)).body;
  const { workers } = await call("LedgerService/GetAccount", { name: address });
  assertGreater(client.workers.length, 0);
  for (const { name, startTime } of client.workers) {
    const book = workers.find((one: Json) => (one.name || "worker") === name);
    assertEquals(Date.parse(startTime), Number(book.firstSeenAtMs), name);
  }
  const { blocksFound } = (await api.get("/api/pool")).body;
  const found = await foundBlocks(bus);
  for (const { height, minerAddress } of blocksFound) {
    assert(found.some((one) => one.height === height && one.account === minerAddress), height);
  }
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
    { deadlineMs: 300_000 },
  );
  const address: string = told.bestShare.address;
  const worker: string = told.bestShare.worker;

  const answers = {
    pool: await poolWithItsBlocks(api, pool.bus),
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

  await assertBlocks(api, call, pool.bus);
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
  await assertCompat(api, call, address, pool.bus);
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
