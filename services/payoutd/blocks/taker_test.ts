/** What block.found says, and what the ledger makes of it. */
import { assert, assertEquals } from "@std/assert";
import { BlockOutcome } from "@gopool/proto";
import { waitFor } from "@gopool/testing";
import { address, startStand } from "./fixture.ts";

Deno.test("the first accepted record of a hash decides, a lost one before it is only noted", async () => {
  await using stand = await startStand();
  const mined = await stand.mine({ facts: { account: address(5) } });
  const { facts } = mined;
  await stand.publish(facts, BlockOutcome.LOST, "Buried");
  await stand.announce(mined);
  await stand.publish({ ...facts, account: address(6) });
  const other = await stand.mine();
  await stand.announce(other);
  assertEquals((await stand.block(facts.hash))?.finder, address(5));
  assertEquals(await stand.ledger.ask("SELECT reason FROM block_lost"), [{ reason: "Buried" }]);
});

Deno.test("a block that went ahead of its candidate has the time of its first word, whatever later words say, and is booked once", async () => {
  await using stand = await startStand({ feeBasisPoints: 0 });
  await stand.work(2, 1, 1n);
  const value = await stand.subsidy();
  const mined = await stand.mine();
  const { facts } = mined;
  const announcedMs = stand.clock.now();
  // By the second road: its candidate was on no log.
  await stand.announce({ ...mined, facts: { ...facts, foundAtMs: 0n } });
  await stand.clock.advance(120_000);
  // The candidate's record is read since, and another judge and submitter say the same with a time of their own.
  await stand.publish({ ...facts, foundAtMs: BigInt(stand.clock.now()) });
  await stand.publish({ ...facts, foundAtMs: 0n });
  const other = await stand.mine();
  await stand.announce(other);
  await stand.look();
  await stand.settleLater();
  const block = await stand.block(facts.hash);
  assertEquals([block?.foundAtMs, block?.epoch], [announcedMs, 0]);
  const booked = await stand.ledger.ask(
    "SELECT count(*)::int AS times FROM block_event WHERE what = 'booked' AND block_hash = $1",
    [facts.hash],
  );
  assertEquals(booked, [{ times: 1 }]);
  assertEquals(await stand.balances(), {
    "a2 immature": 2n * value,
    "rewards immature": -2n * value,
  });
});

Deno.test("records that cannot be used are put aside with the reason", async () => {
  await using stand = await startStand();
  const { facts } = await stand.mine({ to: [] });
  const bad = [
    { ...facts, hash: facts.hash.slice(1) },
    { ...facts, hash: new Uint8Array(32) },
    { ...facts, header: facts.header.slice(1) },
    { ...facts, height: 0 },
    { ...facts, outputs: [] },
    { ...facts, foundAtMs: 1n << 60n },
  ];
  for (const one of bad) await stand.publish(one);
  await stand.publish(facts, BlockOutcome.UNSPECIFIED);
  await stand.publish({ ...facts, pool: "another", hash: new Uint8Array(3) });
  const letters = () =>
    stand.ledger.ask<{ reason: string }>("SELECT reason FROM dead_letter ORDER BY id");
  await waitFor(async () => (await letters()).length === bad.length + 1, "dead letters");
  assertEquals((await letters()).map(({ reason }) => reason.slice(0, 18)), [
    "its hash has 31 by",
    "its header hashes ",
    "its header has 79 ",
    "no block has the h",
    "its coinbase has n",
    "it was found at no",
    "it has no outcome ",
  ]);
});

Deno.test("facts that the chain contradicts: its outputs count, and another height credits nothing", async () => {
  await using stand = await startStand({ feeBasisPoints: 0 });
  await stand.work(2, 1, 1n);
  const value = await stand.subsidy();
  const first = await stand.mine();
  const richer = first.facts.outputs.map((output) => ({ ...output, sats: output.sats + 1n }));
  await stand.announce({ ...first, facts: { ...first.facts, outputs: richer, foundAtMs: 0n } });
  const second = await stand.mine();
  const { hash } = second.facts;
  await stand.announce({ ...second, facts: { ...second.facts, height: second.facts.height - 1 } });
  await stand.look();
  await stand.settleLater();
  assertEquals(await stand.balances(), { "a2 immature": value, "rewards immature": -value });
  const block = await stand.block(first.facts.hash);
  assertEquals(
    block?.foundAtMs,
    1_767_225_600_000,
    "T of the record itself, where the facts have none",
  );
  assert(block?.remarks[0]?.includes("others than announced"));
  const wrong = await stand.block(hash);
  assertEquals([wrong?.state, wrong?.waitsFor?.includes("of another height")], ["found", true]);
});
