/** The best chain followed block by block, and the coinbases in it that pay the pool. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { blockSolved, encodeRecord } from "@gopool/bus";
import { displayHash, type Hash } from "@gopool/chain";
import type { ChainListener } from "@gopool/ledger";
import {
  bookUnknown,
  CHAIN_KEPT,
  chainBlocks,
  chainTip,
  dismissUnknown,
  NoSuchUnknown,
  openUnknown,
} from "@gopool/ledger/blocks";
import { type Node, NodeRefused } from "@gopool/node";
import { createChainFollower } from "./follower.ts";
import { type Mined, POOL_SCRIPT, type Stand, startStand } from "./fixture.ts";
import { CATCH_UP_MAX, UNKNOWN_AFTER_MS } from "./limits.ts";

const MONEY = { money: true } as const;

/** What a listener was told: "+101" for a block that came, "-101" for one that left. */
function hearing() {
  const heard: string[] = [];
  const listener: ChainListener = {
    onBlock: (_, { height }) => Promise.resolve(void heard.push(`+${height}`)),
    onBlockGone: (_, { height }) => Promise.resolve(void heard.push(`-${height}`)),
  };
  return { heard, listener };
}

const open = ({ ledger }: Stand) => ledger.transaction((tx) => openUnknown(tx, 10));

Deno.test("every block is told once, in order, and taken back from the tip down", async () => {
  const { heard, listener } = hearing();
  await using stand = await startStand({ listeners: [listener] });
  await stand.follow();
  await stand.mineOthers(3);
  await stand.follow();
  await stand.follow();
  assertEquals(heard, ["+100", "+101", "+102", "+103"]);
  heard.length = 0;
  stand.sim.reorganise(2);
  await stand.follow();
  assertEquals(heard, ["-103", "-102", "+102", "+103", "+104"]);
  const tip = await stand.ledger.transaction(chainTip);
  assertEquals(displayHash(tip!.hash as Hash), stand.sim.bestHash);
});

Deno.test("after downtime it reads what it missed, also through a reorganisation", async () => {
  const { heard, listener } = hearing();
  await using stand = await startStand({ listeners: [listener] });
  await stand.follow();
  await stand.mineOthers(2);
  await stand.follow();
  heard.length = 0;
  stand.sim.reorganise(1);
  await stand.mineOthers(30);
  await stand.follow();
  assertEquals(heard.slice(0, 3), ["-102", "+102", "+103"]);
  assertEquals(heard.length, 1 + 32);
});

Deno.test("two followers at once tell each block once", async () => {
  const { heard, listener } = hearing();
  await using stand = await startStand({ listeners: [listener] });
  await stand.follow();
  await stand.mineOthers(10);
  await Promise.all([stand.follow(), stand.follow(), stand.follow()]);
  stand.sim.reorganise(4);
  await Promise.all([stand.follow(), stand.follow()]);
  assertEquals(heard.slice(0, 11), [...Array(11).keys()].map((i) => `+${100 + i}`));
  assertEquals(heard.slice(11, 15), ["-110", "-109", "-108", "-107"]);
  assertEquals(heard.slice(15), ["+107", "+108", "+109", "+110", "+111"]);
});

Deno.test("a listener that fails leaves the chain where it was", async () => {
  let fails = true;
  const { heard, listener } = hearing();
  await using stand = await startStand({
    listeners: [listener, {
      onBlock: () => fails ? Promise.reject(new Error("not now")) : Promise.resolve(),
      onBlockGone: () => Promise.resolve(),
    }],
  });
  await assertRejects(() => stand.follow(), Error, "not now");
  assertEquals(await stand.ledger.transaction(chainTip), null);
  fails = false;
  await stand.follow();
  assertEquals(heard, ["+100", "+100"]);
});

Deno.test("blocks kept are bounded, and a deeper reorganisation is a gap that is said", async () => {
  await using stand = await startStand();
  await stand.mineOthers(1);
  await stand.follow();
  await stand.mineOthers(2);
  await stand.follow();
  // As if the older ones were forgotten.
  await stand.ledger.ask("DELETE FROM chain_block WHERE height < 102");
  stand.sim.reorganise(5);
  await stand.follow();
  const kept = await stand.ledger.transaction((tx) => chainBlocks(tx));
  assertEquals(kept.map(({ height }) => height), [104, 103, 102]);
  assertEquals(await stand.ledger.ask("SELECT from_height, to_height FROM chain_gap"), [
    { from_height: 101, to_height: 101 },
  ]);
  assert(stand.lines.some(({ message }) => message.includes("deeper than the blocks")));
  await stand.ledger.ask(
    `INSERT INTO chain_block SELECT h, decode(lpad(to_hex(h), 64, '0'), 'hex'), 0, 0
     FROM generate_series(-300, 101) AS h WHERE h >= 0`,
  );
  await stand.mineOthers(CHAIN_KEPT);
  await stand.follow();
  assertEquals((await stand.ledger.transaction((tx) => chainBlocks(tx, 1_000))).length, CHAIN_KEPT);
});

Deno.test("a gap that nobody reads any more is noted, and the chain goes on behind it", async () => {
  const { heard, listener } = hearing();
  await using stand = await startStand({ listeners: [listener] });
  await stand.follow();
  await stand.mineOthers(4);
  // A node that has thrown away the blocks before the last one.
  const { node } = stand.chains[0]!;
  const tip = await node.tip();
  const pruned = {
    hashAt: (height: number) => node.hashAt(height),
    block: (hash: Hash) =>
      displayHash(hash) === displayHash(tip.hash)
        ? node.block(hash)
        : Promise.reject(new NodeRefused("getblock", -1, "Block not available (pruned data)")),
    health: { ok: true, detail: "" },
  } as unknown as Node;
  const follower = createChainFollower({
    ...stand.deps,
    nodes: { ...stand.nodes, list: [pruned] } as never,
  });
  while (!await follower.follow({ tip, node: pruned }, stand.signal)) { /* step by step */ }
  assertEquals(heard, ["+100", "+104"]);
  const gaps = await stand.ledger.ask<{ to_height: number }>(
    "SELECT to_height FROM chain_gap ORDER BY 1",
  );
  assertEquals(gaps.map(({ to_height }) => to_height), [101, 102, 103]);
  heard.length = 0;
  const far = { ...tip, height: tip.height + CATCH_UP_MAX + 7 };
  const ahead = {
    ...pruned,
    hashAt: (height: number) => node.hashAt(Math.min(height, tip.height)),
  };
  assertEquals(await follower.follow({ tip: far, node: ahead as Node }, stand.signal), false);
  const [last] = await stand.ledger.ask("SELECT max(to_height) AS h FROM chain_gap");
  assertEquals(last, { h: tip.height + 7 });
});

Deno.test("a coinbase that nobody announced is an alarm until an operator says what it is", async (t) => {
  await using stand = await startStand();
  await stand.work(2, 1, 1n);
  await stand.follow();
  const blocks: Mined[] = [await stand.mine(), await stand.mine(), await stand.mine()];
  await stand.follow();
  const [known, booked, dismissed] = blocks.map(({ facts }) => facts.hash);
  const alarms = () => stand.deps.board.all().filter(({ part }) => part.includes("unknown coin"));
  const look = async () => {
    await stand.clock.advance(UNKNOWN_AFTER_MS);
    await stand.unknown.look(stand.signal);
  };
  await t.step("its block may still be announced", async () => {
    await stand.unknown.look(stand.signal);
    assertEquals(alarms(), []);
    await stand.announce(blocks[0]!);
    assertEquals((await open(stand)).length, 2);
    assert(known !== undefined);
  });
  await t.step("then it is an alarm", async () => {
    await look();
    assert(alarms()[0]?.detail.includes("unknown to the ledger, and 1 more"));
  });
  await t.step("booked on an operator's word, it is split like any other", async () => {
    const book = () =>
      stand.ledger.transaction(
        (tx) => bookUnknown(tx, booked!, "alice", "the log was lost", stand.clock.now()),
        MONEY,
      );
    await book();
    await assertRejects(book, NoSuchUnknown);
    await stand.look();
    await stand.settleLater();
    const block = await stand.block(booked!);
    assertEquals([block?.origin, block?.state], ["operator", "confirmed"]);
    assert((await stand.balances())["a2 immature"]! > 0n);
  });
  await t.step("dismissed, it stays outside the books", async () => {
    await stand.ledger.transaction(
      (tx) => dismissUnknown(tx, dismissed!, "alice", "a gift", stand.clock.now()),
      MONEY,
    );
    await look();
    assertEquals(alarms(), []);
    assertEquals(
      await stand.ledger.ask("SELECT kind, operator FROM adjustment ORDER BY id"),
      [{ kind: "unknown_booked", operator: "alice" }, {
        kind: "unknown_dismissed",
        operator: "alice",
      }],
    );
  });
});

Deno.test("what block.solved holds is taken by itself, with its finder", async () => {
  await using stand = await startStand();
  await stand.follow();
  const { facts, raw } = await stand.mine({ facts: { worker: "rig" } });
  const other = await stand.mine();
  await stand.follow();
  await stand.bus.publish(blockSolved, [
    encodeRecord(blockSolved, { facts: other.facts, block: other.raw }, {
      key: new Uint8Array(32),
    }),
    { key: facts.hash, value: new Uint8Array([1, 2, 3]) },
    encodeRecord(blockSolved, { facts, block: raw }, { key: facts.hash }),
  ]);
  await stand.clock.advance(UNKNOWN_AFTER_MS);
  await stand.unknown.look(stand.signal);
  const block = await stand.block(facts.hash);
  assertEquals([block?.origin, block?.worker], ["solved", "rig"]);
  assertEquals((await open(stand)).map(({ blockHash }) => blockHash), [other.facts.hash]);
});

Deno.test("a coinbase that leaves the chain is no alarm any more", async () => {
  await using stand = await startStand();
  await stand.follow();
  const mined = await stand.mine({ outputs: [{ sats: 5n, script: POOL_SCRIPT }] });
  await stand.follow();
  assertEquals((await open(stand)).length, 1);
  await stand.replace(mined);
  await stand.follow();
  assertEquals(await open(stand), []);
  stand.sim.bringBack(displayHash(mined.facts.hash as Hash));
  await stand.follow();
  assertEquals((await open(stand)).length, 1);
});
