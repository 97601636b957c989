/** An embedded pool that moves to Kafka while blocks are immature, and the books computed afresh over both logs. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { blockFound, type Bus, createTopics, encodeRecord, lag, openBus } from "@gopool/bus";
import { shareLogs } from "@gopool/ledger/shares";
import { BlockOutcome } from "@gopool/proto";
import { systemClock } from "@gopool/runtime";
import { tempDir, waitFor } from "@gopool/testing";
import { testKafka } from "@gopool/testing/servers";
import { address, type Mined, type Stand, startStand } from "../blocks/fixture.ts";
import { SETTLE_AFTER_MS } from "../blocks/limits.ts";
import { createSettler } from "../blocks/settler.ts";
import { createBlockTaker } from "../blocks/taker.ts";
import { GROUP } from "../blocks/mod.ts";
import { begin, BeginRefused } from "./begin.ts";
import { Miners, rebuildOf } from "./rebuild/rebuild_fixture.ts";
import { busSource } from "./rebuild/mod.ts";
import { problemLine, verify } from "./verify.ts";

const url = await testKafka();
const UNIT = 1n << 32n;

async function openKafka(): Promise<Bus> {
  const own = `${url}?prefix=${crypto.randomUUID().slice(0, 8)}.`;
  const options = { clock: systemClock, sharePartitions: 2 };
  await createTopics(own, options);
  return await openBus(own, options);
}

/** The same ledger and chain, with the block services on another bus. */
function onBus(stand: Stand, bus: Bus): Stand {
  const deps = { ...stand.deps, bus };
  return { ...stand, bus, deps, settler: createSettler(deps) };
}

Deno.test({
  name:
    "an embedded pool moves to Kafka with an immature block, and its books are the same computed afresh",
  ignore: url === null,
}, async () => {
  await using folder = await tempDir();
  await using kafka = await openKafka();
  await using old = await startStand({
    maturity: 4,
    bus: (clock) => openBus(`sqlite:${folder.path}/bus.db`, { clock, sharePartitions: 1 }),
  });
  const { ledger, clock } = old;
  const before = new Miners(old);
  await before.submit([{ miner: 2, work: UNIT / 3n }, { miner: 3, work: UNIT / 4n }]);
  await clock.advance(60_000);
  const first = await old.mine({ facts: { account: address(2) } });
  await before.applied();
  const order = {
    actor: { who: "Ada", method: "a try", reason: "the pool grows" },
    abandon: false,
  };
  const move = async () =>
    await begin({
      ledger,
      bus: kafka,
      oldBus: old.bus,
      logId: await kafka.logId(),
      nowMs: clock.now(),
    }, order);
  await old.announce(first);
  const taken = async () => (await lag(old.bus, blockFound, GROUP)).every(({ lag }) => lag === 0);
  await waitFor(taken, "block.found read to its end");
  await old.look();
  await assertRejects(move, BeginRefused, "is not settled");
  await old.settleLater();
  assertEquals((await old.block(first.facts.hash))!.state, "confirmed", "and not mature");

  const { closed, opened } = await move();
  assertEquals([closed?.id, opened.id], [await old.bus.logId(), await kafka.logId()]);
  const pool = onBus(old, kafka);
  const after = new Miners(pool);
  await clock.advance(60_000);
  await after.submit([{ miner: 3, work: UNIT / 5n }, { miner: 4, work: UNIT / 6n }]);
  await after.applied();
  await clock.advance(60_000);
  const second = await pool.mine({ facts: { account: address(4) } });
  await announceOn(pool, second);
  await pool.look();
  await clock.advance(SETTLE_AFTER_MS);
  assertEquals(await pool.settler.settle(pool.signal), 1);
  await pool.mineOthers(5);
  await pool.look();
  assertEquals((await pool.block(first.facts.hash))!.state, "mature");

  const { problems } = await verify(ledger, { network: "regtest", maturity: 4 });
  assertEquals(problems.map(problemLine), []);
  const rebuilt = await rebuildOf(pool, [await busSource(old.bus)]);
  assertEquals(rebuilt.differences, []);
  assertEquals([rebuilt.shares, rebuilt.blocks.announced, rebuilt.blocks.splits], [4, 2, 2]);
  assertStringIncludes(rebuilt.start, "over 2 logs");
  assertEquals((await ledger.transaction(shareLogs)).length, 2);
  // The window of the second block reaches into the old log.
  const [credit] = await ledger.ask<{ sats: bigint }>(
    `SELECT sats FROM block_credit JOIN account ON id = account_id WHERE name = $1 AND block_hash = $2`,
    [address(2), second.facts.hash],
  );
  assertEquals(credit!.sats > 0n, true);
});

async function announceOn(pool: Stand, { facts }: Mined): Promise<void> {
  const stop = new AbortController();
  const taking = createBlockTaker(pool.deps).run(stop.signal);
  const outcome = BlockOutcome.ACCEPTED;
  await pool.bus.publish(blockFound, [
    encodeRecord(blockFound, { facts, outcome }, { key: facts.hash }),
  ]);
  await waitFor(() => pool.block(facts.hash), "the block in the ledger", { deadlineMs: 30_000 });
  stop.abort();
  await taking;
}
