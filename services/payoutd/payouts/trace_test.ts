import { assert, assertEquals } from "@std/assert";
import { chainTip, noteGap } from "@gopool/ledger/blocks";
import { CONFIRMATIONS, MATURITY, payoutStand } from "./fixture.ts";

Deno.test("a payment in a block that the follower never read is found by its outputs, and counts once it is deep", async () => {
  await using stand = await payoutStand();
  await stand.reward({ 1: 500_000n });
  await stand.mine(MATURITY - 1);
  await stand.step();
  const { ledger, sim, node } = stand;
  const before = (await ledger.transaction(chainTip))!;
  sim.mineTo(new Uint8Array([0x51]), CONFIRMATIONS);
  const gap = {
    fromHeight: before.height + 1,
    toHeight: before.height + CONFIRMATIONS - 1,
    reason: "nobody has these blocks any more",
  };
  await ledger.transaction((tx) => noteGap(tx, gap, before, stand.clock.now()), { money: true });
  await stand.sync();
  assertEquals((await ledger.transaction(chainTip))!.height, (await node.tip()).height);
  assertEquals((await stand.payout(1n)).state, "broadcast");
  await stand.step();
  const payout = await stand.payout(1n);
  assertEquals([payout.state, payout.attempts[0]!.block?.height], ["confirmed", before.height + 1]);
  assertEquals(await stand.onChain(1), { sats: 500_000n, outputs: 1 });
  assertEquals(await stand.differences(), { wallet: 0n, rewards: 0n });
});

Deno.test("a block that the follower will read is left to it", async () => {
  await using stand = await payoutStand();
  await stand.reward({ 1: 500_000n });
  await stand.mine(MATURITY - 1);
  await stand.step();
  stand.sim.mineTo(new Uint8Array([0x51]), CONFIRMATIONS);
  await stand.step();
  const { state, attempts } = await stand.payout(1n);
  assertEquals([state, attempts[0]!.block], ["broadcast", null]);
  assert(attempts[0]!.lastAnswer?.includes("has it in its chain"), attempts[0]!.lastAnswer!);
  await stand.sync();
  assertEquals((await stand.payout(1n)).state, "confirmed");
});

Deno.test("a payment in a block that was never followed, and left the chain with those above it, is sent again", async () => {
  await using stand = await payoutStand();
  await stand.reward({ 1: 500_000n });
  await stand.mine(MATURITY - 1);
  await stand.step();
  const { ledger, sim } = stand;
  const before = (await ledger.transaction(chainTip))!;
  sim.mineTo(new Uint8Array([0x51]), 2);
  const gap = {
    fromHeight: before.height + 1,
    toHeight: before.height + 1,
    reason: "nobody has it",
  };
  await ledger.transaction((tx) => noteGap(tx, gap, before, stand.clock.now()), { money: true });
  await stand.sync();
  await stand.step();
  assertEquals((await stand.payout(1n)).attempts[0]!.block?.height, before.height + 1);
  sim.reorganise(2);
  sim.forgetMempool();
  await stand.mineEmpty(CONFIRMATIONS + 1);
  assertEquals((await stand.payout(1n)).state, "broadcast");
  await stand.step();
  await stand.mine(CONFIRMATIONS);
  assertEquals((await stand.payout(1n)).state, "confirmed");
  assertEquals(await stand.onChain(1), { sats: 500_000n, outputs: 1 });
});
