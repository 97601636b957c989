import { seededRandom, systemClock } from "@gopool/runtime";
import { startSimulatedNode } from "@gopool/node/simulated";
import { nodeContract, spendingContract } from "./contract.ts";
import { openNode } from "./open.ts";

/** Regtest's easiest target: a block is two hashes away. */
const EASY_BITS = 0x207fffff;

for (const transactionsPerBlock of [0, 12]) {
  const open = async () => {
    const simulated = await startSimulatedNode({
      memory: true,
      port: 0,
      user: "pool",
      password: "p@ss/word",
      difficulty: { fixedBits: EASY_BITS },
      transactionsPerBlock,
      clock: systemClock,
      random: seededRandom(1),
    });
    const node = openNode({ url: new URL(simulated.url) }, { clock: systemClock });
    return {
      node,
      network: "regtest" as const,
      async [Symbol.asyncDispose]() {
        await node[Symbol.asyncDispose]();
        await simulated[Symbol.asyncDispose]();
      },
    };
  };
  const name = `The simulated node with ${transactionsPerBlock} transactions`;
  nodeContract(name, open);
  spendingContract(name, open);
}
