import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { displayHash, equalBytes, hashFromDisplay } from "@gopool/chain";
import { encodeTransaction, spend } from "@gopool/node/simulated/draft";
import { outpointOf } from "./simulated/coins.ts";
import { startTestChain } from "./fixture.ts";
import { type Node, NodeUnavailable } from "./port.ts";
import { sendToAll } from "./several.ts";
import type { MinedBlock } from "./simulated/mod.ts";

/** OP_TRUE: anybody spends it. */
const ANYBODY = Uint8Array.of(0x51);
/** Its owner's key is nobody's. */
const STRANGER = Uint8Array.from([0x00, 0x14, ...new Array(20).fill(7)]);

function spendOf({ reward }: MinedBlock, fee = 1000n): Uint8Array {
  return encodeTransaction(
    spend({ outpoint: outpointOf(reward.txid, 0), value: reward.sats }, fee),
  );
}

Deno.test("mineTo() pays whole rewards to a script, and the adapter sees their coins", async () => {
  await using chain = await startTestChain();
  const mined = chain.sim.mineTo(STRANGER, 3);
  assertEquals(mined.map(({ height }) => height), [101, 102, 103]);
  for (const [i, { reward, hash }] of mined.entries()) {
    const coin = await chain.node.coin(reward.txid, 0, { mempool: true });
    assertEquals(coin, {
      sats: reward.sats as never,
      script: STRANGER,
      confirmations: 3 - i,
      coinbase: true,
    });
    const block = await chain.node.block(hashFromDisplay(hash));
    assertEquals(equalBytes(block!, [...chain.sim.blocks()][100 + i]!), true);
  }
});

Deno.test("a chain that ripens faster says so, and takes a spend a hundred blocks early", async () => {
  await using quick = await startTestChain({ maturity: 5, premine: 0 });
  const [first] = quick.sim.mineTo(ANYBODY, 4);
  const early = await quick.node.send(spendOf(first!));
  assertEquals(early, {
    kind: "refused",
    reason: "bad-txns-premature-spend-of-coinbase",
    missingInputs: false,
  });
  quick.sim.mineBlock();
  assertEquals(await quick.node.send(spendOf(first!)), { kind: "accepted" });
  quick.sim.mineBlock();
  assertEquals(await quick.node.coin(first!.reward.txid, 0, { mempool: false }), null);
});

Deno.test("reorganise(), bringBack() and mineBlock({on}) move the chain to and fro", async () => {
  await using chain = await startTestChain({ maturity: 2 });
  const { sim, node } = chain;
  const [ripe, , last] = sim.mineTo(ANYBODY, 3);
  await node.send(spendOf(ripe!));
  const holding = sim.mineBlock();
  assertEquals(sim.mempoolSize, 0);
  const other = sim.reorganise(2);
  assertEquals(sim.bestHash, other.hash);
  assertEquals(sim.mempoolSize, 1);
  assertEquals(await node.confirmations(hashFromDisplay(holding.hash)), -1);
  sim.forgetMempool();
  assertEquals(sim.mempoolSize, 0);
  const again = sim.bringBack(holding.hash);
  assertEquals(again.height, other.height + 1);
  assertEquals((await node.confirmations(hashFromDisplay(holding.hash)))! > 1, true);
  const beside = sim.mineBlock({ on: last!.hash });
  assertEquals(await node.confirmations(hashFromDisplay(beside.hash)), -1);
  assertThrows(() => sim.mineBlock({ on: "00".repeat(32) }), RangeError, "has no block");
});

Deno.test("mineBlock({include}) holds what nobody sent, and an own block that is wrong is an error", async () => {
  await using chain = await startTestChain({ maturity: 1 });
  const [ripe] = chain.sim.mineTo(ANYBODY, 1);
  const one = spendOf(ripe!, 1000n), other = spendOf(ripe!, 2000n);
  await chain.node.send(one);
  chain.sim.mineBlock({ include: [other], transactions: false });
  assertEquals(chain.sim.mempoolSize, 0);
  assertEquals((await chain.node.send(one)).kind, "refused");
  const error = assertThrows(() => chain.sim.mineBlock({ include: [one] }), Error);
  assertMatch(error.message, /refused its own block/);
  assertEquals(displayHash(chain.sim.mineBlock().reward.txid).length, 64);
});

Deno.test("a node that is starting or gone answers none of a payer's questions, and that is said", async () => {
  await using chain = await startTestChain();
  const { sim, node, nodes } = chain;
  const [mined] = sim.mineTo(ANYBODY, 1);
  const { txid } = mined!.reward;
  const questions: ((node: Node) => Promise<unknown>)[] = [
    (node) => node.block(hashFromDisplay(mined!.hash)),
    (node) => node.coin(txid, 0, { mempool: true }),
    (node) => node.send(spendOf(mined!)),
    (node) => node.testAccept(spendOf(mined!)),
    (node) => node.feeRate(6),
    (node) => node.walletProcessPsbt("cHNidP8="),
  ];
  sim.warmingUp(true);
  for (const ask of questions) {
    assertEquals((await assertRejects(() => ask(node), NodeUnavailable)).why, "warming-up");
  }
  sim.warmingUp(false);
  sim.estimate(2_500n);
  assertEquals(await node.feeRate(6), 2_500n as never);
  await sim[Symbol.asyncDispose]();
  for (const ask of questions) {
    assertEquals((await assertRejects(() => ask(node), NodeUnavailable)).why, "unreachable");
  }
  const answers = await sendToAll(nodes, spendOf(mined!));
  assertEquals(answers.map(({ answer }) => answer.kind), ["unreachable"]);
});
