import { assertEquals } from "@std/assert";
import { seededRandom, systemClock } from "@gopool/runtime";
import { startSimulatedNode } from "./node.ts";
import { COINBASE_MATURITY, POW_LIMIT_BITS } from "./rules.ts";

Deno.test("the node's rewards ripen while it runs: the oldest first, block by block", async () => {
  await using node = await startSimulatedNode({
    memory: true,
    port: 0,
    user: "pool",
    password: "pool",
    difficulty: { fixedBits: POW_LIMIT_BITS },
    transactionsPerBlock: 0,
    premine: 0,
    clock: systemClock,
    random: seededRandom(1),
  });
  for (let i = 0; i < COINBASE_MATURITY - 1; i++) node.mineBlock();
  assertEquals(node.addTransactions(1), 0);
  for (let i = 0; i < 3; i++) {
    node.mineBlock();
    // One reward is ripe more than before; what it is split into may be spent on.
    assertEquals(node.addTransactions(1), 1);
  }
});
